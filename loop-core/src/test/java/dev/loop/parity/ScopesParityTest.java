package dev.loop.parity;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.timeoutAt;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.loop.CancelScope;
import dev.loop.CancelledException;
import dev.loop.Deadline;
import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.TaskGroup;
import dev.loop.TaskGroupException;
import dev.loop.TimeoutException;
import dev.loop.VoidBody;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Behaviours 52 to 66 of asyncio: timeouts and task groups. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("finally") // a failure that takes the place of a cancel is what is tested
class ScopesParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static Duration now() {
        return Duration.ofNanos(EventLoop.current().time());
    }

    private static Deadline at(int seconds) {
        return Deadline.at(Duration.ofSeconds(seconds).toNanos());
    }

    private static VoidBody<Exception> failing(Exception failure, Duration after) {
        return () -> {
            sleep(after).await();
            throw failure;
        };
    }

    /** Waits for ever, and notes why it had to stop. */
    private VoidBody<RuntimeException> waiting(String name) {
        return () -> {
            try {
                sleep(HOUR).await();
            } catch (CancelledException e) {
                order.add(name + ": " + e.reason());
                throw e;
            }
        };
    }

    // --- timeout

    @Test
    @Tag("unseeded") // the limit and the sleep are two causes at one instant, and the sleeper has to go on first
    void aTimeoutTurnsOnlyItsOwnCancelIntoATimeoutExceptionAndAForeignOneAtTheSameInstantStaysACancel_52() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> sleep(HOUR).await())).isInstanceOf(TimeoutException.class);

            Task<?> task = spawn(() -> timeout(SECOND, () -> sleep(HOUR).await()));
            EventLoop.current().callLater(SECOND, () -> task.cancel("foreign"));
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("foreign");
            assertThat(now()).isEqualTo(Duration.ofSeconds(2));
        });
    }

    @Test
    void ofNestedTimeoutsTheRightOneFiresAlsoAfterTheLoopWasBlockedPastBothDeadlines_53() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                assertThatThrownBy(() -> timeout(HOUR, () -> {
                            try {
                                timeout(SECOND, () -> sleep(HOUR).await());
                            } catch (TimeoutException e) {
                                order.add("inner");
                                throw e;
                            }
                        }))
                        .hasMessageContaining("PT1S");
                assertThat(order).containsExactly("inner");

                assertThatThrownBy(() -> timeout(Duration.ofSeconds(2), () -> {
                            try {
                                timeout(SECOND, () -> {
                                    test.clock().advance(Duration.ofSeconds(5)); // a step that took too long for both
                                    sleep(HOUR).await();
                                });
                            } catch (TimeoutException e) {
                                order.add("inner again");
                            }
                        }))
                        .isInstanceOf(TimeoutException.class)
                        .hasMessageContaining("PT2S");
                assertThat(order).containsExactly("inner");
            });
        }
    }

    @Test
    void aDeadlineMovesEarlierLaterAndAwayAndAfterExpiryOrExitItIsRefusedAndExpiredIsRightAtEachStage_54() {
        TestLoop.run(() -> {
            var later = CancelScope.withDeadline(at(1));
            assertThat(later.expired()).isFalse();
            assertThatThrownBy(() -> later.runOrFail(() -> {
                        later.reschedule(at(3));
                        sleep(Duration.ofSeconds(2)).await();
                        assertThat(later.expired()).isFalse();
                        later.reschedule(Deadline.never());
                        sleep(Duration.ofSeconds(2)).await();
                        later.reschedule(at(5));
                        try {
                            sleep(HOUR).await();
                        } finally {
                            assertThat(later.expired()).isTrue();
                            assertThatIllegalStateException().isThrownBy(() -> later.reschedule(at(9)));
                        }
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(now()).isEqualTo(Duration.ofSeconds(5));
            assertThat(later.expired()).isTrue();
            assertThatIllegalStateException().isThrownBy(() -> later.reschedule(at(9)));

            var unused = CancelScope.withDeadline(at(6));
            unused.run(() -> {});
            assertThatIllegalStateException().isThrownBy(() -> unused.reschedule(at(9)));
            assertThat(unused.expired()).isFalse();
        });
    }

    @Test
    void aTimeoutInThePastStillLetsTheBodyReachItsFirstSuspension_55() {
        TestLoop.run(() -> {
            sleep(SECOND).await();
            assertThatThrownBy(() -> timeoutAt(at(0), () -> {
                        order.add("began");
                        yieldNow();
                        yieldNow();
                        order.add("too far");
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("began");
        });
    }

    @Test
    void exceptionsRaisedInTheBodyDuringExpiryKeepTheirTypeAndALinkToTheTimeoutGroupsIncluded_56() {
        TestLoop.run(() -> {
            var failure = new IOException("in the cleanup");
            Throwable seen = catchThrowable(() -> timeout(SECOND, () -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    failure.addSuppressed(e);
                    throw failure;
                }
            }));
            assertThat(seen).isSameAs(failure);
            assertThat(seen.getSuppressed()).hasSize(2);
            assertThat(seen.getSuppressed()[1]).isInstanceOf(TimeoutException.class);

            Throwable group = catchThrowable(() -> timeout(
                    SECOND,
                    () -> TaskGroup.run(g -> {
                        g.spawn(() -> {
                            try {
                                sleep(HOUR).await();
                            } catch (CancelledException e) {
                                throw new IOException("a child's cleanup", e);
                            }
                        });
                    })));
            assertThat(group).isInstanceOf(TaskGroupException.class).hasCauseInstanceOf(IOException.class);
            assertThat(group.getSuppressed()).singleElement().isInstanceOf(TimeoutException.class);
        });
    }

    @Test
    void inACancelledScopeATimeoutInAFinallyBlockIsCancelledTooUnlessItIsShielded_57() {
        TestLoop.run(() -> {
            Task<?> edge = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    timeout(HOUR, () -> sleep(SECOND).await()); // an edge was delivered: as in asyncio
                    order.add("after the edge");
                }
            });
            yieldNow();
            edge.cancel();
            edge.join().await();

            var scope = CancelScope.create();
            Task<?> level = spawn(() -> scope.run(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    shielded(() -> {
                        timeout(HOUR, () -> sleep(SECOND).await());
                        order.add("shielded");
                        assertThatThrownBy(
                                        () -> timeout(SECOND, () -> sleep(HOUR).await()))
                                .isInstanceOf(TimeoutException.class);
                    });
                    timeout(HOUR, () -> sleep(SECOND).await());
                    order.add("too far");
                }
            }));
            yieldNow();
            scope.cancel();
            level.await();
            assertThat(order).containsExactly("after the edge", "shielded");
            assertThat(now()).isEqualTo(Duration.ofSeconds(3));
        });
    }

    // --- task groups

    @Test
    void oneFailureCancelsSiblingsAndBodyAllAreAwaitedAndTheGroupErrorListsAllNonCancelErrors_58() {
        TestLoop.run(() -> {
            var first = new IOException("first");
            var second = new IOException("second, in the cleanup");
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(group -> {
                        group.spawn("failing", failing(first, SECOND));
                        group.spawn("sibling", waiting("sibling"));
                        group.spawn("slow", () -> {
                            try {
                                sleep(HOUR).await();
                            } finally {
                                shielded(() -> sleep(SECOND).await());
                                throw second;
                            }
                        });
                        waiting("body").run();
                    }));
            assertThat(error.failures()).containsExactly(first, second);
            assertThat(error.getCause()).isSameAs(first);
            assertThat(error.getSuppressed()).containsExactly(second);
            assertThat(order).containsExactlyInAnyOrder("body: failing failed", "sibling: failing failed");
            assertThat(now()).isEqualTo(Duration.ofSeconds(2));
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
    }

    @Test
    void bodyErrorAndChildErrorsAreBothInTheGroupAndAChildsCancelAloneIsNoError_59() {
        TestLoop.run(() -> {
            var child = new IOException("child");
            var body = new IOException("body");
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(group -> {
                        group.spawn(() -> {
                            try {
                                sleep(HOUR).await();
                            } catch (CancelledException e) {
                                throw child;
                            }
                        });
                        yieldNow();
                        throw body;
                    }));
            assertThat(error.failures()).containsExactly(child, body);

            TaskGroup.run(group -> {
                Task<?> cancelled = group.spawn(waiting("child"));
                group.spawn(() -> {
                    sleep(SECOND).await();
                    order.add("sibling goes on");
                });
                yieldNow();
                cancelled.cancel("alone");
            });
            assertThat(order).containsExactly("child: alone", "sibling goes on");
        });
    }

    @Test
    void aParentThatIsCancelledFromOutsideCancelsItsChildrenAndIsCancelledWithoutAGroupUnlessOneFails_60() {
        TestLoop.run(() -> {
            Task<?> parent = spawn(() -> TaskGroup.run(group -> group.spawn(waiting("child"))));
            sleep(SECOND).await();
            parent.cancel("from outside");
            assertThatThrownBy(parent::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertThat(order).containsExactly("child: the task of the group was cancelled");

            var failure = new IOException("in the cleanup");
            Task<?> failing = spawn(() -> TaskGroup.run(group -> group.spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    throw failure;
                }
            })));
            sleep(SECOND).await();
            failing.cancel("from outside");
            assertThatThrownBy(failing::await)
                    .isInstanceOf(TaskGroupException.class)
                    .hasCause(failure);
        });
    }

    @Test
    void anOuterCancelAndAChildErrorAtOnceKeepCancellingBalancedAndTheCancelComesAgainAfterTheGroupError_61() {
        TestLoop.run(() -> {
            Task<?> parent = spawn(() -> {
                assertThatThrownBy(() -> TaskGroup.run(group -> {
                            group.spawn(failing(new IOException("child"), SECOND));
                            sleep(HOUR).await();
                        }))
                        .isInstanceOf(TaskGroupException.class);
                assertThat(currentTask().cancelling()).isEqualTo(1);
                order.add("handled");
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add("again: " + e.reason());
                    assertThat(currentTask().cancelling()).isEqualTo(1);
                    throw e;
                }
            });
            EventLoop.current().callLater(SECOND, () -> parent.cancel("outer"));
            parent.join().await();
            assertThat(parent.isCancelled()).isTrue();
            assertThat(order).containsExactly("handled", "again: outer");
            assertThat(now()).isEqualTo(SECOND);
        });
    }

    @Test
    void whenNestedGroupsAreBothCancelledTheInnerDoesNotSwallowTheOutersCancel_62() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(outer -> {
                        outer.spawn(failing(new IOException("outer"), SECOND));
                        try {
                            TaskGroup.run(inner -> {
                                inner.spawn(failing(new IOException("inner"), SECOND));
                                sleep(HOUR).await();
                            });
                        } catch (TaskGroupException e) {
                            order.add("inner failed");
                        }
                        yieldNow();
                        order.add("too far");
                    }));
            assertThat(error.failures()).hasSize(1);
            assertThat(error).hasRootCauseMessage("outer");
            assertThat(order).containsExactly("inner failed");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND).await();
        });
    }

    @Test
    void aChildThatSwallowsItsCancelDoesNotHangTheExitOnceItEndsAndNoneIsSpawnedDuringTheShutdown_63() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> TaskGroup.run(group -> {
                        group.spawn(failing(new IOException("child"), SECOND));
                        group.spawn(() -> {
                            for (int i = 0; i < 3; i++) {
                                try {
                                    sleep(HOUR).await();
                                } catch (CancelledException e) {
                                    order.add("swallowed");
                                }
                            }
                            assertThatIllegalStateException()
                                    .isThrownBy(() -> group.spawn(() -> order.add("too late")))
                                    .withMessageContaining("is being cancelled");
                        });
                    }))
                    .isInstanceOf(TaskGroupException.class)
                    .satisfies(
                            e -> assertThat(((TaskGroupException) e).failures()).hasSize(1));
            yieldNow();
            assertThat(order).containsExactly("swallowed", "swallowed", "swallowed");
            assertThat(now()).isEqualTo(SECOND);
        });
    }

    @Test
    void aSpawnAfterTheExitIsRefusedAndTheBodyDoesNotRun_64() {
        TestLoop.run(() -> {
            var escaped = new ArrayList<TaskGroup>();
            TaskGroup.run(escaped::add);
            assertThatIllegalStateException()
                    .isThrownBy(() -> escaped.getFirst().spawn(() -> order.add("ran")))
                    .withMessageContaining("has ended");
            yieldNow();
            yieldNow();
            assertThat(order).isEmpty();
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
    }

    @Test
    void cancelEndsTheGroupQuietlyInTheBodyFromAChildAndAfterTheExitAndAnOuterTimeoutIsStillHonoured_65() {
        TestLoop.run(() -> {
            // in the body, twice
            TaskGroup.run(group -> {
                group.spawn(waiting("child"));
                yieldNow();
                group.cancel("enough");
                group.cancel("again");
                yieldNow();
                order.add("too far");
            });
            assertThat(order).containsExactly("child: enough");
            order.clear();

            // before anything has begun
            TaskGroup.run(group -> {
                group.spawn(() -> order.add("never begins"));
                group.cancel();
                assertThatIllegalStateException().isThrownBy(() -> group.spawn(() -> {}));
            });
            assertThat(order).isEmpty();

            // from a child, and after the exit
            var escaped = new ArrayList<TaskGroup>();
            TaskGroup.run(group -> {
                escaped.add(group);
                group.spawn(waiting("sibling"));
                group.spawn(() -> {
                    sleep(SECOND).await();
                    group.cancel("a child says so");
                });
                waiting("body").run();
            });
            escaped.getFirst().cancel();
            assertThat(order).containsExactlyInAnyOrder("sibling: a child says so", "body: a child says so");
            assertThat(currentTask().cancelling()).isZero();
            sleep(SECOND).await();

            // an outer timeout at the same instant is not swallowed
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        TaskGroup.run(group -> {
                            EventLoop.current().callLater(SECOND, group::cancel);
                            sleep(HOUR).await();
                        });
                        order.add("too far");
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(order).doesNotContain("too far");

            // a child that begins eagerly and cancels its own group
            TaskGroup.run(group -> {
                Task<?> child = group.task().eager().spawn(() -> {
                    group.cancel();
                    yieldNow();
                });
                assertThat(child.isCancelled()).isTrue();
                yieldNow();
                order.add("too far");
            });
            assertThat(order).doesNotContain("too far");
        });
    }

    @Test
    @Tag("unseeded") // the task of the group has to end in the very turn that the fatal error stops; else it throws
    // it again at the close
    void aFatalErrorWinsBareAndTheOtherFailuresAreNotLost_66() {
        var test = new TestLoop();
        var fatal = new LinkageError("fatal");
        assertThatThrownBy(() -> test.runMain(() -> TaskGroup.run(group -> {
                    group.spawn(failing(new IOException("child"), SECOND));
                    group.spawn(() -> {
                        try {
                            sleep(HOUR).await();
                        } finally {
                            throw fatal;
                        }
                    });
                })))
                .isSameAs(fatal);
        assertThatThrownBy(test::close)
                .isInstanceOf(AssertionError.class)
                .satisfies(e ->
                        assertThat(e.getSuppressed()).anyMatch(s -> s.toString().contains("child")));
    }
}

package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.moveOn;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.loop.TaskGroup.Policy;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups: the try form, policies, starts, who may do what; ScopesParityTest has asyncio's own behaviours. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("finally") // a failure that takes the place of a cancel is what is tested
class TaskGroupTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static Duration now() {
        return Duration.ofNanos(EventLoop.current().time());
    }

    private static <T> T after(Duration time, T value) {
        sleep(time).await();
        return value;
    }

    private static Void fail(Duration time, String message) throws IOException {
        sleep(time).await();
        throw new IOException(message);
    }

    private Void noted(String name) {
        try {
            return sleep(HOUR).await();
        } finally {
            order.add(name + " ended");
        }
    }

    private static void assertNothingIsLeft() {
        assertThat(EventLoop.current().allTasks()).hasSize(1);
        assertThat(EventLoop.current().timers.size()).isZero();
        assertThat(currentTask().step.scope).isNull();
        assertThat(currentTask().step.shields).isZero();
        assertThat(currentTask().cancelling()).isZero();
        sleep(Duration.ofMillis(1)).await();
    }

    // --- the try form

    @Test
    void joinWaitsForAllAndTheirResultsCanBeUsed() {
        TestLoop.run(() -> {
            try (var group = TaskGroup.open()) {
                var a = group.spawn("a", () -> after(SECOND, 1));
                var b = group.spawn(() -> after(Duration.ofSeconds(2), 2));
                group.join();
                assertThat(a.result() + b.result()).isEqualTo(3);
                assertThat(a.name()).isEqualTo("a");
                assertThat(group.children()).isEmpty();
                var c = group.spawn(() -> after(SECOND, 3)); // it stays open
                group.join();
                assertThat(c.result()).isEqualTo(3);
            }
            assertThat(now()).isEqualTo(Duration.ofSeconds(3));
            assertNothingIsLeft();
        });
    }

    @Test
    void aBlockThatIsLeftWithoutJoinCancelsItsChildrenAndWaitsForThem() {
        TestLoop.run(() -> {
            try (var group = TaskGroup.open()) {
                group.spawn(() -> noted("child"));
                group.spawn(() -> {
                    try {
                        noted("slow child");
                    } finally {
                        shielded(() -> sleep(SECOND).await());
                    }
                });
                yieldNow();
            }
            assertThat(order).containsExactlyInAnyOrder("child ended", "slow child ended");
            assertThat(now()).isEqualTo(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    void joinThrowsAllFailuresAndCloseDoesNotThrowThemAgain() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(TaskGroupException.class, () -> {
                try (var group = TaskGroup.open()) {
                    group.spawn(() -> fail(SECOND, "first"));
                    group.spawn(() -> {
                        try {
                            noted("second");
                        } finally {
                            throw new IOException("second");
                        }
                    });
                    group.join();
                }
            });
            assertThat(error.failures()).extracting(Throwable::getMessage).containsExactly("first", "second");
            assertThat(error.getSuppressed()).hasSize(1); // its own second failure, and nothing of close()
            assertNothingIsLeft();
        });
    }

    @Test
    void everyWaitOfTheBodyThrowsTheFailureOfAChildAFreshExceptionEachTime() {
        TestLoop.run(() -> {
            var seen = new ArrayList<TaskGroupException>();
            try (var group = TaskGroup.open()) {
                group.spawn("child", () -> fail(SECOND, "child"));
                for (int i = 0; i < 2; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (TaskGroupException e) {
                        seen.add(e);
                    }
                }
            }
            assertThat(seen)
                    .hasSize(2)
                    .doesNotHaveDuplicates()
                    .allSatisfy(e -> assertThat(e).hasMessageContaining("child").hasCauseInstanceOf(IOException.class));
            assertThat(now()).isEqualTo(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    void aFailureThatTheBodyHasMetByAwaitingTheChildIsNotThrownAgain() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> {
                        try (var group = TaskGroup.open()) {
                            group.spawn(() -> fail(SECOND, "child")).await();
                        }
                    })
                    .hasRootCauseMessage("child")
                    .isNotInstanceOf(TaskGroupException.class)
                    .hasNoSuppressedExceptions();
            assertNothingIsLeft();
        });
    }

    @Test
    void aFailureThatNobodyHasMetIsThrownByClose() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(TaskGroupException.class, () -> {
                try (var group = TaskGroup.open()) {
                    group.spawn(() -> fail(Duration.ZERO, "child"));
                    EventLoop.current().clock();
                    shielded(() -> sleep(SECOND).await());
                }
            });
            assertThat(error).hasRootCauseMessage("child");
            assertNothingIsLeft();
        });
    }

    @Test
    void theBodysOwnExceptionIsThrownAsItIsWithTheChildrensSuppressed() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> {
                        try (var group = TaskGroup.open()) {
                            group.spawn(() -> {
                                try {
                                    noted("child");
                                } finally {
                                    throw new IOException("child");
                                }
                            });
                            yieldNow();
                            throw new IOException("body");
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessage("body")
                    .satisfies(
                            e -> assertThat(e.getSuppressed()).singleElement().isInstanceOf(TaskGroupException.class));
            assertNothingIsLeft();
        });
    }

    @Test
    void anOuterScopeThatIsCancelledWhileTheBodyJoinsCancelsTheChildrenAndGoesOn() {
        TestLoop.run(() -> {
            assertThat(moveOn(SECOND, () -> {
                        try (var group = TaskGroup.open()) {
                            group.spawn(() -> noted("child"));
                            group.join();
                        }
                        order.add("too far");
                    }))
                    .isFalse();
            assertThat(order).containsExactly("child ended");
            assertThat(now()).isEqualTo(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    void cancelLetsJoinReturnAndOtherWaitsThrow() {
        TestLoop.run(() -> {
            try (var group = TaskGroup.open()) {
                group.spawn(() -> noted("child"));
                yieldNow();
                group.cancel("enough");
                group.join();
                assertThatThrownBy(Async::yieldNow)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("enough");
            }
            assertThat(order).containsExactly("child ended");
            assertNothingIsLeft();
        });
    }

    @Test
    void aGroupThatWasNeverClosedEndsWithItsTaskAndIsReported() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Task<?> task = spawn("careless", () -> {
                    TaskGroup.open().spawn(() -> noted("child"));
                    yieldNow();
                });
                task.await();
                assertThat(order).containsExactly("child ended");
                assertThat(EventLoop.current().allTasks()).hasSize(1);
                yieldNow();
                yieldNow();
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(report.exception()).hasMessageContaining("careless"));
                test.reports().clear();
            });
        }
    }

    @Test
    void aGroupThatWasNeverClosedAndWhoseChildNeverEndsDoesNotOutliveTheLoop() throws InterruptedException {
        var left = new Task<?>[1];
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                left[0] = spawn("careless", () -> {
                    Promise<Void> never = EventLoop.current().promise();
                    TaskGroup.open().spawn("stubborn", () -> shielded(() -> never.await()));
                    yieldNow();
                });
                yieldNow();
                yieldNow();
            });
            test.loop().close();
            assertThat(test.reports())
                    .anySatisfy(report -> assertThat(report.message()).contains("careless"));
            assertThat(test.reports())
                    .anySatisfy(report -> assertThat(report.message()).contains("stubborn"));
            test.reports().clear();
        }
        while (!left[0].isDone()) {
            Thread.onSpinWait(); // it unwinds on a thread of its own
        }
        assertThatThrownBy(() -> left[0].result()).hasMessageContaining("is closed");
    }

    @Test
    void aGroupThatWasOpenedInsideAScopeAndNeverClosedEndsWithTheScope() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                assertThat(moveOn(HOUR, () -> {
                            TaskGroup.open().spawn(() -> noted("child"));
                            yieldNow();
                        }))
                        .isTrue();
                assertThat(order).containsExactly("child ended");
                assertNothingIsLeft();
                assertThat(test.reports()).hasSize(1);
                test.reports().clear();
            });
        }
    }

    @Test
    void onlyTheTaskThatOpenedAGroupJoinsAndClosesIt() {
        TestLoop.run(() -> {
            try (var group = TaskGroup.open()) {
                group.spawn(() -> {
                            assertThatIllegalStateException().isThrownBy(group::join);
                            assertThatIllegalStateException().isThrownBy(group::close);
                        })
                        .await();
                group.join();
            }
            assertThatIllegalStateException().isThrownBy(() -> {
                var failure = new Throwable[1];
                Promise<Throwable> thrown = EventLoop.current().promise();
                EventLoop.current().callSoon(() -> {
                    try {
                        TaskGroup.open();
                    } catch (IllegalStateException e) {
                        thrown.complete(e);
                    }
                });
                failure[0] = thrown.await();
                throw (RuntimeException) failure[0];
            });
        });
    }

    // --- the forms with a body

    @Test
    void callGivesTheBodysResultWhenAllChildrenHaveEnded() {
        TestLoop.run(() -> {
            String value = TaskGroup.call(group -> {
                group.spawn(() -> after(SECOND, 1));
                return "value";
            });
            assertThat(value).isEqualTo("value");
            assertThat(now()).isEqualTo(SECOND);
            String cancelled = TaskGroup.call(group -> {
                group.cancel();
                yieldNow();
                return "value";
            });
            assertThat(cancelled).isNull();
            assertNothingIsLeft();
        });
    }

    @Test
    void anEmptyGroupDoesNotGiveWay() {
        TestLoop.run(() -> {
            spawn(() -> order.add("other"));
            TaskGroup.run(group -> order.add("body"));
            order.add("after");
            assertThat(order).containsExactly("body", "after");
        });
    }

    @Test
    void childrenSpawnSiblingsAlsoWhileTheGroupEnds() {
        TestLoop.run(() -> {
            TaskGroup.run(group -> group.spawn(() -> {
                sleep(SECOND).await();
                group.spawn(() -> {
                    sleep(SECOND).await();
                    group.spawn(() -> after(SECOND, order.add("grandchild")));
                });
            }));
            assertThat(order).containsExactly("grandchild");
            assertThat(now()).isEqualTo(Duration.ofSeconds(3));
            assertNothingIsLeft();
        });
    }

    @Test
    void theFailureOfAnOuterGroupIsNotTheInnerGroups() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(TaskGroupException.class, () -> {
                try (var outer = TaskGroup.open()) {
                    outer.spawn(() -> fail(SECOND, "outer"));
                    TaskGroup.run(inner -> {
                        inner.spawn(() -> noted("inner child"));
                        sleep(HOUR).await();
                    });
                }
            });
            assertThat(error.failures()).extracting(Throwable::getMessage).containsExactly("outer");
            assertThat(order).containsExactly("inner child ended");
            assertNothingIsLeft();
        });
    }

    @Test
    void aChildThatDoesNotEndWithinTheLimitIsReportedByNameAndStillWaitedFor() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                TaskGroup.run(group -> {
                    group.spawn("stubborn", () -> shielded(() -> sleep(HOUR).await()));
                    yieldNow();
                    group.cancel();
                });
                assertThat(now()).isEqualTo(HOUR);
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(report.exception()).hasMessageContaining("stubborn"));
                test.reports().clear();
                assertNothingIsLeft();
            });
        }
    }

    // --- policies

    @Test
    void underASupervisorAFailureIsTheChildsOwnAffair() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                try (var group = TaskGroup.open(Policy.SUPERVISOR)) {
                    var looked = group.spawn(() -> fail(SECOND, "looked at"));
                    var sibling = group.spawn(() -> after(Duration.ofSeconds(2), "sibling"));
                    group.spawn(() -> fail(SECOND, "not looked at"));
                    group.join();
                    assertThat(looked.exception()).hasMessage("looked at");
                    assertThat(sibling.result()).isEqualTo("sibling");
                }
                assertNothingIsLeft();
            });
            test.loop().close();
            assertThat(test.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.exception()).hasMessage("not looked at"));
            test.reports().clear();
        }
    }

    @Test
    void theFirstSuccessCancelsTheOthersAndFailuresDoNotCount() {
        TestLoop.run(() -> {
            try (var group = TaskGroup.open(Policy.FIRST_SUCCESS)) {
                group.spawn(() -> fail(SECOND, "early"));
                var winner = group.spawn(() -> after(Duration.ofSeconds(2), "value"));
                group.spawn(() -> noted("loser"));
                group.join();
                assertThat(group.winner()).isSameAs(winner);
                assertThat(winner.result()).isEqualTo("value");
                assertThat(order).containsExactly("loser ended");
                assertThatIllegalStateException().isThrownBy(() -> group.spawn(() -> {}));
            }
            assertThat(now()).isEqualTo(Duration.ofSeconds(2));
            assertNothingIsLeft();
        });
    }

    @Test
    void withoutAnySuccessAllFailuresAreThrown() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(Policy.FIRST_SUCCESS, group -> {
                        group.spawn(() -> fail(Duration.ofSeconds(2), "second"));
                        group.spawn(() -> fail(SECOND, "first"));
                    }));
            assertThat(error.failures()).extracting(Throwable::getMessage).containsExactly("first", "second");
            assertNothingIsLeft();
        });
    }

    @Test
    void theBodysFailureCountsUnderEveryPolicy() {
        TestLoop.run(() -> {
            for (Policy policy : Policy.values()) {
                assertThatThrownBy(() -> TaskGroup.run(policy, group -> {
                            group.spawn(() -> "value").await();
                            throw new IOException("body");
                        }))
                        .isInstanceOf(TaskGroupException.class)
                        .hasRootCauseMessage("body");
            }
            assertNothingIsLeft();
        });
    }

    // --- starts

    @Test
    void aStartWaitsUntilTheChildIsReadyAndTheChildGoesOn() {
        TestLoop.run(() -> {
            TaskGroup.run(group -> {
                int port = group.<Integer>start("server", started -> {
                            sleep(SECOND).await();
                            started.started(8080);
                            noted("server");
                        })
                        .await();
                assertThat(port).isEqualTo(8080);
                assertThat(now()).isEqualTo(SECOND);
                assertThat(group.children()).extracting(Task::name).containsExactly("server");
                group.cancel();
            });
            assertThat(order).containsExactly("server ended");
            assertNothingIsLeft();
        });
    }

    @Test
    void untilItIsReadyTheChildsEndIsTheStarts() {
        TestLoop.run(() -> TaskGroup.run(group -> {
            group.spawn(() -> after(HOUR, "sibling"));
            assertThatThrownBy(() -> group.start(started -> fail(SECOND, "cannot listen"))
                            .await())
                    .hasRootCauseMessage("cannot listen");
            assertThatThrownBy(() -> group.start("silent", started -> {}).await())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("silent ended without telling");
            Future<Object> start = group.start(started -> noted("starting"));
            yieldNow();
            assertThat(start.cancel("not needed")).isTrue();
            assertThatThrownBy(start::await).isInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("starting ended");
            assertThat(group.isCancelled()).isFalse();
            group.cancel();
        }));
    }

    @Test
    void onceItIsReadyItsFailureIsTheGroups() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(group -> {
                        group.start(started -> {
                                    started.started(null);
                                    assertThatThrownBy(() -> started.started(null))
                                            .isInstanceOf(InvalidStateException.class);
                                    fail(SECOND, "later");
                                })
                                .await();
                        sleep(HOUR).await();
                    }));
            assertThat(error).hasRootCauseMessage("later");
            assertThat(now()).isEqualTo(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    void underASupervisorAFailureAfterTheStartIsReportedIfNobodyLooks() {
        try (var test = new TestLoop()) {
            test.runMain(() -> TaskGroup.run(
                    Policy.SUPERVISOR,
                    group -> group.start(started -> {
                                started.started(null);
                                fail(SECOND, "later");
                            })
                            .await()));
            test.loop().close();
            assertThat(test.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.exception()).hasMessage("later"));
            test.reports().clear();
        }
    }

    @Test
    void aStartWhoseWaitTimesOutCancelsTheChild() {
        TestLoop.run(() -> TaskGroup.run(group -> {
            assertThatThrownBy(() -> timeout(
                            SECOND,
                            () -> group.start(started -> noted("starting")).await()))
                    .isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("starting ended");
            assertThat(now()).isEqualTo(SECOND);
        }));
    }

    @Test
    void aGroupThatIsCancelledWhileAChildStartsEndsTheStart() {
        TestLoop.run(() -> {
            Task<?> starter = spawn(() -> TaskGroup.run(group -> {
                EventLoop.current().callLater(SECOND, () -> group.cancel("over"));
                group.start(started -> noted("starting")).await();
            }));
            starter.await();
            assertThat(order).containsExactly("starting ended");
            assertThat(now()).isEqualTo(SECOND);
        });
    }

    // --- eager children

    @Test
    void anEagerChildThatFailsAtOnceFailsTheGroup() {
        TestLoop.run(() -> {
            var error = catchThrowableOfType(
                    TaskGroupException.class,
                    () -> TaskGroup.run(outer -> outer.task()
                            .eager()
                            .spawn(() -> TaskGroup.run(inner -> {
                                inner.task().eager().spawn(() -> fail(Duration.ZERO, "never gets here"));
                                inner.task().eager().spawn(() -> {
                                    throw new IOException("at once");
                                });
                                yieldNow();
                                order.add("too far");
                            }))));
            assertThat(error).hasRootCauseMessage("at once");
            assertThat(order).isEmpty();
            assertNothingIsLeft();
        });
    }
}

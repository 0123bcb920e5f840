package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.failAfter;
import static dev.loop.Async.moveOn;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.timeoutAt;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Scopes: who is cancelled, what absorbs it, deadlines that move and combine, shields. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("finally") // a failure that takes the place of a cancel is what is tested
class CancelScopeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static Duration now() {
        return Duration.ofNanos(EventLoop.current().time());
    }

    private static Deadline at(int seconds) {
        return Deadline.at(Duration.ofSeconds(seconds).toNanos());
    }

    private static void assertNothingIsLeft() {
        assertThat(EventLoop.current().timers.size()).isZero();
        assertThat(currentTask().step.scope).isNull();
        assertThat(currentTask().step.shields).isZero();
        sleep(Duration.ofMillis(1)).await(); // no cancel is left either
    }

    // --- quiet, and not

    @Test
    void aCancelledScopeEndsItsBodyQuietly() {
        TestLoop.run(() -> {
            var scope = CancelScope.create();
            spawn(() -> {
                sleep(SECOND).await();
                scope.cancel("enough");
            });
            assertThat(scope.run(() -> sleep(HOUR).await())).isFalse();
            assertThat(now()).isEqualTo(SECOND);
            assertThat(scope.isCancelled()).isTrue();
            assertThat(scope.absorbed()).isTrue();
            assertThat(scope.expired()).isFalse();
            assertThat(scope.reason()).isEqualTo("enough");
            assertNothingIsLeft();
        });
    }

    @Test
    void aBodyThatEndsByItselfKeepsItsValueAlsoInACancelledScope() {
        TestLoop.run(() -> {
            var scope = CancelScope.create();
            String value = scope.call(() -> {
                scope.cancel();
                return "value";
            });
            assertThat(value).isEqualTo("value");
            assertThat(scope.isCancelled()).isTrue();
            assertThat(scope.absorbed()).isFalse();
            assertNothingIsLeft();
        });
    }

    @Test
    void callGivesNullIfTheScopeEndedTheBody() {
        TestLoop.run(() -> {
            var scope = CancelScope.within(SECOND);
            String value = scope.call(() -> {
                sleep(HOUR).await();
                return "value";
            });
            assertThat(value).isNull();
            assertThat(scope.absorbed()).isTrue();
            assertThat(scope.expired()).isTrue();
            assertNothingIsLeft();
        });
    }

    @Test
    void aScopeThatWasCancelledBeforeItsEntryLetsTheBodyReachItsFirstWait() {
        TestLoop.run(() -> {
            var scope = CancelScope.create();
            scope.cancel("early");
            assertThat(scope.run(() -> {
                        order.add("began");
                        yieldNow();
                        order.add("too far");
                    }))
                    .isFalse();
            assertThat(order).containsExactly("began");
            assertNothingIsLeft();
        });
    }

    @Test
    void everyWaitInACancelledScopeThrowsAgain() {
        TestLoop.run(() -> {
            var scope = CancelScope.within(SECOND);
            scope.run(() -> {
                for (int i = 0; i < 3; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add(e.reason());
                    }
                }
                yieldNow();
                order.add("too far");
            });
            assertThat(order).containsExactly("not done within PT1S", "not done within PT1S", "not done within PT1S");
            assertThat(now()).isEqualTo(SECOND);
            assertThat(scope.absorbed()).isTrue();
            assertNothingIsLeft();
        });
    }

    @Test
    void runOrFailTellsWhatTookTooLongOrWhyItWasCancelled() {
        TestLoop.run(() -> {
            assertThatThrownBy(() ->
                            failAfter(SECOND, "connecting", () -> sleep(HOUR).await()))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("connecting: not done within PT1S")
                    .hasCauseInstanceOf(CancelledException.class);
            var scope = CancelScope.create();
            scope.cancel("not wanted any more");
            assertThatThrownBy(() -> scope.runOrFail(() -> sleep(HOUR).await()))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("cancelled: not wanted any more");
            assertNothingIsLeft();
        });
    }

    @Test
    void moveOnIsATimeoutThatIsNoError() {
        TestLoop.run(() -> {
            assertThat(moveOn(SECOND, () -> sleep(HOUR).await())).isFalse();
            assertThat(moveOn(SECOND, () -> {})).isTrue();
            assertThat(now()).isEqualTo(SECOND);
            assertNothingIsLeft();
        });
    }

    @Test
    void aFailureOnTheWayOutIsThrownAsItIsAndLinkedToTheTimeout() {
        TestLoop.run(() -> {
            var failure = new IOException("on the way out");
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        try {
                            sleep(HOUR).await();
                        } finally {
                            throw failure;
                        }
                    }))
                    .isSameAs(failure);
            assertThat(failure.getSuppressed())
                    .singleElement()
                    .isInstanceOf(TimeoutException.class)
                    .hasToString("dev.loop.TimeoutException: not done within PT1S");
            assertNothingIsLeft();
        });
    }

    @Test
    void aFailureThatHasNothingToDoWithTheDeadlineIsNotLinkedToIt() {
        TestLoop.run(() -> {
            var failure = new IOException("of its own");
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(failure.getSuppressed()).isEmpty();
        });
    }

    // --- deadlines

    @Test
    void theNearestDeadlineWins() {
        TestLoop.run(() -> {
            var outer = CancelScope.within(SECOND);
            var inner = CancelScope.within(HOUR);
            outer.run(() -> {
                assertThat(CancelScope.nearestDeadline()).isEqualTo(at(1));
                inner.run(() -> {
                    assertThat(CancelScope.nearestDeadline()).isEqualTo(at(1));
                    sleep(HOUR).await();
                });
                order.add("too far");
            });
            assertThat(order).isEmpty();
            assertThat(inner.isCancelled()).isFalse();
            assertThat(inner.absorbed()).isFalse();
            assertThat(outer.absorbed()).isTrue();
            assertThat(CancelScope.nearestDeadline()).isEqualTo(Deadline.never());
            assertNothingIsLeft();
        });
    }

    @Test
    void aShieldHidesTheDeadlinesOutsideOfIt() {
        TestLoop.run(() -> timeout(
                SECOND,
                () -> shielded(() -> {
                    assertThat(CancelScope.nearestDeadline().isNever()).isTrue();
                    timeout(
                            HOUR,
                            () -> assertThat(CancelScope.nearestDeadline()).isEqualTo(Deadline.after(HOUR)));
                })));
    }

    @Test
    void aDeadlineCanBeHandedOn() {
        TestLoop.run(() -> {
            Deadline deadline = Deadline.after(SECOND);
            timeoutAt(deadline, () -> sleep(Duration.ofMillis(600)).await());
            assertThat(deadline.remaining()).isEqualTo(Duration.ofMillis(400));
            assertThatThrownBy(() -> timeoutAt(
                            deadline, () -> sleep(Duration.ofMillis(600)).await()))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("not done by its deadline");
            assertThat(now()).isEqualTo(SECOND);
            assertThat(deadline.hasPassed()).isTrue();
        });
    }

    @Test
    void aDeadlineMovesEarlierLaterAndAway() {
        TestLoop.run(() -> {
            var later = CancelScope.within(SECOND);
            later.run(() -> {
                later.reschedule(at(5));
                sleep(HOUR).await();
            });
            assertThat(now()).isEqualTo(Duration.ofSeconds(5));

            var earlier = CancelScope.within(HOUR);
            spawn(() -> earlier.reschedule(at(7)));
            earlier.run(() -> sleep(HOUR).await());
            assertThat(now()).isEqualTo(Duration.ofSeconds(7));

            var away = CancelScope.within(SECOND);
            assertThat(away.run(() -> {
                        away.reschedule(Deadline.never());
                        sleep(HOUR).await();
                    }))
                    .isTrue();
            assertThat(now()).isEqualTo(HOUR.plusSeconds(7));

            var past = CancelScope.create();
            past.run(() -> {
                past.reschedule(at(0));
                yieldNow();
                yieldNow();
                order.add("too far");
            });
            assertThat(past.expired()).isTrue();
            assertThat(order).isEmpty();
            assertNothingIsLeft();
        });
    }

    @Test
    void aDeadlineThatHasComeOrAScopeThatWasLeftCannotBeRescheduled() {
        TestLoop.run(() -> {
            var scope = CancelScope.within(SECOND);
            scope.run(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    assertThatIllegalStateException().isThrownBy(() -> scope.reschedule(at(100)));
                }
            });
            assertThatIllegalStateException().isThrownBy(() -> scope.reschedule(at(100)));
            var ended = CancelScope.within(SECOND);
            ended.run(() -> {});
            assertThatIllegalStateException().isThrownBy(() -> ended.reschedule(at(100)));
            ended.cancel();
            assertThat(ended.isCancelled()).isFalse();
        });
    }

    @Test
    void aScopeIsEnteredOnceAndByATask() {
        TestLoop.run(() -> {
            var scope = CancelScope.create();
            scope.run(() -> assertThatIllegalStateException().isThrownBy(() -> scope.run(() -> {})));
            assertThatIllegalStateException().isThrownBy(() -> scope.run(() -> {}));
            assertThatIllegalStateException().isThrownBy(scope::shield).withMessageContaining("is shielded before");
            assertThatIllegalStateException()
                    .isThrownBy(() -> scope.about("too late"))
                    .withMessageContaining("is named before");
            Promise<Throwable> refused = EventLoop.current().promise();
            EventLoop.current().callSoon(() -> {
                try {
                    CancelScope.create().run(() -> {});
                } catch (IllegalStateException e) {
                    refused.complete(e);
                }
            });
            assertThat(refused.await()).hasMessageContaining("needs a task");
        });
    }

    // --- whose cancel

    @Test
    void anOuterCancelAtTheSameInstantIsNotSwallowed() {
        TestLoop.run(() -> {
            var outer = CancelScope.within(SECOND);
            var inner = CancelScope.within(SECOND);
            outer.run(() -> {
                inner.run(() -> sleep(HOUR).await());
                order.add("too far");
            });
            assertThat(order).isEmpty();
            assertThat(outer.absorbed()).isTrue();
            assertThat(inner.absorbed()).isFalse();
            assertNothingIsLeft();
        });
    }

    @Test
    @Tag("unseeded") // the limit and the sleep are two causes at one instant, and the sleeper has to go on first
    void anEdgeIsNotTakenForTheScopesOwnCancel() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                var scope = CancelScope.within(SECOND);
                try {
                    scope.run(() -> sleep(HOUR).await());
                } finally {
                    order.add("absorbed " + scope.absorbed());
                }
            });
            sleep(SECOND).await();
            task.cancel("from outside");
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("absorbed false");
        });
    }

    @Test
    void anotherTasksScopeCanBeCancelledByAnybodyOfTheLoop() {
        TestLoop.run(() -> {
            var scope = CancelScope.create();
            Task<Boolean> task = spawn(() -> scope.run(() -> sleep(HOUR).await()));
            yieldNow();
            EventLoop.current().callLater(SECOND, () -> scope.cancel("a callback says so"));
            assertThat(task.await()).isFalse();
            assertThat(scope.reason()).isEqualTo("a callback says so");
            assertThat(now()).isEqualTo(SECOND);
        });
    }

    // --- shields

    @Test
    void aShieldHoldsAScopeFromFurtherOutBackUntilItIsLeft() {
        TestLoop.run(() -> {
            var outer = CancelScope.within(SECOND);
            outer.run(() -> {
                shielded(() -> {
                    sleep(Duration.ofSeconds(5)).await();
                    order.add("cleaned up");
                });
                order.add("left");
                yieldNow();
                order.add("too far");
            });
            assertThat(order).containsExactly("cleaned up", "left");
            assertThat(now()).isEqualTo(Duration.ofSeconds(5));
            assertThat(outer.absorbed()).isTrue();
            assertNothingIsLeft();
        });
    }

    @Test
    void aShieldHoldsAnEdgeBackUntilItIsLeft() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                shielded(() -> {
                    sleep(Duration.ofSeconds(5)).await();
                    order.add("cleaned up, " + currentTask().cancelling());
                });
                order.add("left");
                sleep(HOUR).await();
                order.add("too far");
            });
            sleep(SECOND).await();
            assertThat(task.cancel("now")).isTrue();
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("now");
            assertThat(order).containsExactly("cleaned up, 1", "left");
            assertThat(now()).isEqualTo(Duration.ofSeconds(5));
        });
    }

    @Test
    void aShieldInAFinallyBlockOfACancelledTaskWaits() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    shielded(() -> sleep(SECOND).await());
                    order.add("cleaned up at " + now());
                }
            });
            yieldNow();
            task.cancelAndJoin().await();
            assertThat(order).containsExactly("cleaned up at PT1S");
            assertThat(task.isCancelled()).isTrue();
        });
    }

    @Test
    void aShieldHasADeadlineOfItsOwnAndScopesInsideItWork() {
        TestLoop.run(() -> {
            var outer = CancelScope.within(SECOND);
            outer.run(() -> {
                var shield = CancelScope.within(Duration.ofSeconds(3)).shield();
                assertThat(shield.run(() -> {
                            assertThat(moveOn(
                                            Duration.ofSeconds(2),
                                            () -> sleep(HOUR).await()))
                                    .isFalse();
                            order.add("inner over at " + now());
                            sleep(HOUR).await();
                        }))
                        .isFalse();
            });
            assertThat(order).containsExactly("inner over at PT2S");
            assertThat(now()).isEqualTo(Duration.ofSeconds(3));
            assertNothingIsLeft();
        });
    }

    @Test
    void aShieldHoldsAnInterruptOfACancelBackFromABlockingCall() {
        TestLoop.run(() -> {
            // no JDK wait here: both engines; the blocking twin is in TimeoutInBlockingCallTest
            Task<?> task = spawn(() -> {
                shielded(() -> {
                    yieldNow();
                    yieldNow();
                    order.add("interrupted " + Thread.currentThread().isInterrupted());
                });
                yieldNow();
                order.add("too far");
            });
            yieldNow();
            task.cancel();
            task.join().await();
            assertThat(order).containsExactly("interrupted false");
        });
    }

    @Test
    void theKernelsOwnCancelWaitsForAShieldToo() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                spawn(() -> {
                    shielded(() -> {
                        sleep(SECOND).await();
                        order.add("cleaned up");
                    });
                    sleep(HOUR).await();
                    order.add("too far");
                });
                yieldNow();
            });
        }
        assertThat(order).containsExactly("cleaned up");
    }
}

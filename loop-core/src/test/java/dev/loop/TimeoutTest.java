package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Code with a limit: its instants, its nesting, and which cancel is whose. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimeoutTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertNoTimerIsLeft() {
        assertThat(EventLoop.current().timers.size()).isZero();
        assertThat(currentTask().cancelling()).isZero();
    }

    // --- the plain case

    @Test
    void codeThatEndsInTimeKeepsItsValueAndFreesTheTimer() {
        TestLoop.run(() -> {
            String value = timeout(HOUR, () -> {
                sleep(SECOND).await();
                return "value";
            });
            assertThat(value).isEqualTo("value");
            assertNow(SECOND);
            assertNoTimerIsLeft();
        });
    }

    @Test
    void codeThatIsLateIsCancelledAtItsWaitAtExactlyTheLimit() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        try {
                            sleep(HOUR).await();
                        } catch (CancelledException e) {
                            order.add("saw " + e.reason());
                            throw e;
                        }
                    }))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("PT1S")
                    .hasCauseInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("saw not done within PT1S");
            assertNow(SECOND);
            assertNoTimerIsLeft();
            sleep(SECOND).await(); // and nothing of the cancel is left
        });
    }

    @Test
    void aFailureOfTheCodeIsItsOwn() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        throw new IOException("checked, and thrown as it is");
                    }))
                    .isInstanceOf(IOException.class);
            assertNoTimerIsLeft();
        });
    }

    @Test
    void aLimitThatIsOverAlreadyLetsTheCodeReachItsFirstWait() {
        TestLoop.run(() -> {
            for (Duration over : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                order.clear();
                assertThatThrownBy(() -> timeout(over, () -> {
                            order.add("began");
                            sleep(SECOND).await();
                            order.add("too far");
                        }))
                        .isInstanceOf(TimeoutException.class);
                assertThat(order).containsExactly("began");
                String value = timeout(over, () -> "value without a wait");
                assertThat(value).isEqualTo("value without a wait");
            }
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aLimitForEverNeverComes() {
        TestLoop.run(() -> {
            timeout(
                    Duration.ofSeconds(Long.MAX_VALUE),
                    () -> sleep(Duration.ofDays(10_000)).await());
            assertNow(Duration.ofDays(10_000));
        });
    }

    @Test
    void aLimitThatIsNullIsRefusedBeforeTheCodeRuns() {
        TestLoop.run(() -> {
            assertThatNullPointerException().isThrownBy(() -> timeout(null, () -> order.add("ran")));
            assertThat(order).isEmpty();
            sleep(SECOND).await();
        });
    }

    // --- level

    @Test
    void catchingTheCancelInsideCannotGoOn() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        for (int i = 0; i < 3; i++) {
                            try {
                                sleep(HOUR).await();
                            } catch (RuntimeException e) {
                                order.add("caught " + i);
                            }
                        }
                        yieldNow();
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("caught 0", "caught 1", "caught 2");
            assertNow(SECOND);
        });
    }

    @Test
    void codeThatSwallowsTheCancelAndEndsKeepsItsValue() {
        TestLoop.run(() -> {
            String value = timeout(SECOND, () -> {
                try {
                    sleep(HOUR).await();
                    return "slept";
                } catch (CancelledException e) {
                    return "gave up";
                }
            });
            assertThat(value).isEqualTo("gave up");
            sleep(SECOND).await();
            assertNow(SECOND.multipliedBy(2));
        });
    }

    @Test
    void codeThatAnswersTheCancelWithAnotherFailureKeepsThat() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        try {
                            sleep(HOUR).await();
                        } catch (CancelledException e) {
                            throw new IOException("while giving up", e);
                        }
                    }))
                    .isInstanceOf(IOException.class)
                    .hasCauseInstanceOf(CancelledException.class);
            assertNoTimerIsLeft();
        });
    }

    @Test
    void aTaskThatCatchesEveryCancelInALoopDoesNotHoldTheOthers() {
        TestLoop.run(() -> {
            var others = new int[1];
            Task<?> other = spawn(() -> {
                sleep(SECOND).await();
                for (int i = 0; i < 3; i++) {
                    others[0]++;
                    yieldNow();
                }
            });
            var caught = new int[1];
            Task<?> stubborn = spawn(() -> timeout(SECOND, () -> {
                // bounded, so that the test ends also where this is not so
                while (others[0] < 3 && caught[0] < 100_000) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        caught[0]++;
                    }
                }
            }));
            stubborn.await();
            other.await();
            assertThat(caught[0]).isBetween(1, 99_999);
        });
    }

    @Test
    void anInnerTaskIsCancelledWithTheCodeThatAwaitsItAndMayRefuse() {
        TestLoop.run(() -> {
            Task<String> inner = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    sleep(SECOND).await();
                }
                return "late value";
            });
            String value = timeout(SECOND, () -> inner.await());
            assertThat(value).isEqualTo("late value");
            assertNow(SECOND.multipliedBy(2));
        });
    }
}

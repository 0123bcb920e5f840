package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits inside limits: whose time is up. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NestedTimeoutTest {

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

    @Test
    void theInnerLimitEndsTheInnerCodeOnly() {
        TestLoop.run(() -> {
            timeout(HOUR, () -> {
                assertThatThrownBy(() -> timeout(
                                SECOND, () -> sleep(HOUR.multipliedBy(2)).await()))
                        .isInstanceOf(TimeoutException.class)
                        .hasMessageContaining("PT1S");
                sleep(SECOND).await();
            });
            assertNow(SECOND.multipliedBy(2));
            assertNoTimerIsLeft();
        });
    }

    @Test
    void theOuterLimitEndsBothAndTheInnerOneDoesNotTakeItForItsOwn() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        try {
                            timeout(HOUR, () -> sleep(HOUR).await());
                        } catch (CancelledException e) {
                            order.add("passed through");
                            throw e;
                        }
                    }))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("PT1S");
            assertThat(order).containsExactly("passed through");
            assertNoTimerIsLeft();
        });
    }

    @Test
    void ofTwoLimitsThatPassTogetherTheOuterOneCounts() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> timeout(SECOND, () -> {
                        assertThatThrownBy(
                                        () -> timeout(SECOND, () -> sleep(HOUR).await()))
                                .isInstanceOf(CancelledException.class);
                        order.add("and the rest is cancelled too");
                        sleep(HOUR).await();
                    }))
                    .isInstanceOf(TimeoutException.class);
            assertThat(order).hasSize(1);
            assertNow(SECOND);
        });
    }

    @Test
    void alsoWhenTheLoopWasBusyPastBothLimits() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                assertThatThrownBy(() -> timeout(Duration.ofSeconds(2), () -> {
                            assertThatThrownBy(() -> timeout(SECOND, () -> {
                                        test.clock().advance(Duration.ofSeconds(5)); // a step that takes long
                                        sleep(HOUR).await();
                                    }))
                                    .isInstanceOf(CancelledException.class);
                            sleep(HOUR).await();
                        }))
                        .isInstanceOf(TimeoutException.class)
                        .hasMessageContaining("PT2S");
                assertNow(Duration.ofSeconds(5));
                assertNoTimerIsLeft();
            });
        }
    }

    @Test
    void aHundredLimitsInsideEachOther() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> nested(100))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("PT1S");
            assertNow(SECOND);
            assertNoTimerIsLeft();
        });
    }

    private static void nested(int depth) {
        timeout(Duration.ofSeconds(depth), () -> {
            if (depth > 1) {
                nested(depth - 1);
            } else {
                sleep(HOUR).await();
            }
        });
    }
}

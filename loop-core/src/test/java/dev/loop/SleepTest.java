package dev.loop;

import static dev.loop.Async.allTasks;
import static dev.loop.Async.checkpoint;
import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.sleepUntil;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits for time, and for nothing but one's next turn. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SleepTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
        assertThat(EventLoop.current().timers.size()).isZero();
    }

    @Test
    void aSleepCanBringAValue() {
        TestLoop.run(() -> {
            assertThat(sleep(SECOND, "value").await()).isEqualTo("value");
            assertThat(sleep(SECOND, null).await()).isNull();
            assertNow(SECOND.multipliedBy(2));
        });
    }

    @Test
    void aSleepUntilATimeEndsAtThatTime() {
        TestLoop.run(() -> {
            long start = EventLoop.current().time();
            sleep(SECOND).await();
            sleepUntil(Deadline.at(start + SECOND.multipliedBy(3).toNanos())).await();
            assertNow(SECOND.multipliedBy(3));
            sleepUntil(Deadline.at(start)).await(); // in the past
            sleepUntil(Deadline.at(Long.MIN_VALUE / 2)).await();
            assertNow(SECOND.multipliedBy(3));
        });
    }

    @Test
    void aSleepUntilThePastGivesWayOnce() {
        TestLoop.run(() -> {
            spawn(() -> order.add("other"));
            sleepUntil(Deadline.at(EventLoop.current().time())).await();
            assertThat(order).containsExactly("other");
        });
    }

    @Test
    void aSleepThatNeverEndsHasNoTimer() {
        TestLoop.run(() -> {
            for (Future<?> wait : List.of(sleepUntil(Deadline.never()), sleep(Duration.ofSeconds(Long.MAX_VALUE)))) {
                Task<?> task = spawn(() -> wait.await());
                yieldNow();
                assertThat(EventLoop.current().timers.size()).isZero();
                task.cancel("reason");
                assertThatThrownBy(task::await).hasMessageContaining("reason");
            }
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aCancelFreesTheTimer() {
        TestLoop.run(() -> {
            for (Future<?> wait : List.of(sleep(SECOND, "value"), sleepUntil(Deadline.after(SECOND)))) {
                assertThat(wait.cancel("reason")).isTrue();
                assertThat(wait.cancel()).isFalse();
                assertThatThrownBy(wait::await).isInstanceOf(CancelledException.class);
            }
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void theEndOfASleepAndACancelAtTheSameInstant() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> sleep(SECOND, "value").await());
            yieldNow();
            EventLoop.current().callLater(SECOND, () -> task.cancel("too late"));
            assertThat(task.await()).isEqualTo("value");
        });
    }

    @Test
    void noDelayIsRefused() {
        TestLoop.run(() -> assertThatNullPointerException()
                .isThrownBy(() -> sleep(null, "value").isDone()));
    }

    @Test
    void aCheckpointLetsOthersRunOnce() {
        TestLoop.run(() -> {
            spawn(() -> {
                for (int i = 0; i < 3; i++) {
                    order.add("other " + i);
                    checkpoint();
                }
            });
            order.add("before");
            checkpoint();
            order.add("between");
            checkpoint();
            order.add("after");
        });
        assertThat(order).startsWith("before", "other 0", "between", "other 1", "after");
    }

    @Test
    void aCheckpointIsWhereACancelArrives() {
        TestLoop.run(() -> {
            Task<?> busy = spawn(() -> {
                while (true) {
                    order.add("busy");
                    checkpoint();
                }
            });
            for (int i = 0; i < 3; i++) {
                yieldNow();
            }
            busy.cancel("reason");
            assertThatThrownBy(busy::await).hasMessageContaining("reason");
            assertThat(order).hasSize(3);
        });
    }

    @Test
    void aCheckpointNeedsATask() {
        TestLoop.run(() -> {
            EventLoop.current()
                    .callSoon(() -> assertThatIllegalStateException()
                            .isThrownBy(Async::checkpoint)
                            .withMessageContaining("checkpoint()")
                            .withMessageContaining("spawn"));
            yieldNow();
        });
    }

    @Test
    void allTasksAreThoseThatHaveNotEnded() {
        TestLoop.run(() -> {
            Task<?> other = spawn(() -> sleep(SECOND).await());
            assertThat(allTasks()).containsExactly(currentTask(), other);
            other.await();
            assertThat(allTasks()).containsExactly(currentTask());
        });
    }
}

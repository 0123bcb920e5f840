package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A future with a limit. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitForTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    /** A task that answers its first cancel in its own way. */
    private Task<String> answering(Callable<String> answer) {
        return spawn(() -> {
            try {
                sleep(HOUR).await();
                return "slept";
            } catch (CancelledException e) {
                order.add("cancelled: " + e.reason());
                return answer.call();
            }
        });
    }

    @Test
    void aValueInTimeIsTheOutcomeAndTheTimerIsFree() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            EventLoop.current().callLater(SECOND, () -> promise.complete("value"));
            assertThat(waitFor(promise, HOUR).await()).isEqualTo("value");
            assertNow(SECOND);
            assertThat(EventLoop.current().timers.size()).isZero();
        });
    }

    @Test
    void aFailureInTimeIsTheOutcome() {
        TestLoop.run(() -> {
            Callable<String> body = () -> {
                throw new IOException("io");
            };
            assertThatThrownBy(waitFor(body, HOUR)::await)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
        });
    }

    @Test
    void whenTheTimeIsUpTheInnerOneIsCancelledAndItIsATimeOut() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<String> wait = waitFor(promise, SECOND);
            assertThatThrownBy(wait::await)
                    .isInstanceOf(TimeoutException.class)
                    .hasMessageContaining("PT1S")
                    .hasCauseInstanceOf(CancelledException.class);
            assertThat(promise.isCancelled()).isTrue();
            assertThat(wait.isCancelled()).isFalse();
            assertThat(wait.exception()).isInstanceOf(TimeoutException.class);
            assertNow(SECOND);
        });
    }

    @Test
    void itEndsOnlyWhenTheCancelledOneHasEnded() {
        TestLoop.run(() -> {
            Task<String> inner = answering(() -> {
                sleep(SECOND).await();
                throw new CancelledException("at last");
            });
            assertThatThrownBy(waitFor(inner, SECOND)::await).isInstanceOf(TimeoutException.class);
            assertNow(SECOND.multipliedBy(2));
            assertThat(order).containsExactly("cancelled: not done within PT1S");
        });
    }

    @Test
    void aValueInAnswerToTheCancelWins() {
        TestLoop.run(() -> {
            Task<String> inner = answering(() -> "late value");
            assertThat(waitFor(inner, SECOND).await()).isEqualTo("late value");
        });
    }

    @Test
    void aFailureInAnswerToTheCancelWins() {
        TestLoop.run(() -> {
            Task<String> inner = answering(() -> {
                throw new IllegalArgumentException("boom");
            });
            assertThatThrownBy(waitFor(inner, SECOND)::await).isInstanceOf(IllegalArgumentException.class);
        });
    }

    // --- no time at all

    @Test
    void withoutTimeABodyThatHasNotBegunNeverRuns() {
        TestLoop.run(() -> {
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                Callable<String> body = () -> {
                    order.add("ran");
                    return "value";
                };
                assertThatThrownBy(waitFor(body, none)::await).isInstanceOf(TimeoutException.class);
            }
            assertThat(order).isEmpty();
            Promise<String> promise = EventLoop.current().promise();
            Future<String> wait = waitFor(promise, Duration.ZERO);
            assertThat(promise.isCancelled()).isTrue(); // at once
            assertThat(wait.exception()).isInstanceOf(TimeoutException.class);
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void withoutTimeWhatIsDoneAlreadyGivesItsOutcome() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(waitFor(loop.completed("value"), Duration.ZERO).await()).isEqualTo("value");
            assertThatThrownBy(waitFor(loop.failed(new IllegalArgumentException()), Duration.ofDays(-1))::await)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(loop.timers.size()).isZero();
        });
    }

    @Test
    void aLimitForEverNeverComes() {
        TestLoop.run(() -> {
            Future<?> sleep = sleep(Duration.ofDays(1000));
            waitFor(sleep, Duration.ofSeconds(Long.MAX_VALUE)).await();
            assertNow(Duration.ofDays(1000));
        });
    }

    // --- cancels

    @Test
    void aCancelIsPassedOnAndIsNoTimeOut() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> waitFor(promise, HOUR).await());
            yieldNow();
            task.cancel("from outside");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertThat(promise.isCancelled()).isTrue();
            assertThat(EventLoop.current().timers.size()).isZero();
        });
    }

    @Test
    void aCancelThatMeetsTheInnerOnesEndLosesNeitherTheValueNorTheCancel() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> {
                order.add(waitFor(promise, HOUR).await());
                sleep(SECOND).await();
                order.add("too far");
            });
            yieldNow();
            promise.complete("value");
            task.cancel("from outside");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertThat(order).containsExactly("value");
        });
    }

    @Test
    void aCancelWhileTheTimeOutIsUnderWayIsNotSwallowed() {
        TestLoop.run(() -> {
            Task<String> inner = answering(() -> {
                sleep(HOUR).await();
                return "never";
            });
            Task<?> task = spawn(() -> waitFor(inner, SECOND).await());
            yieldNow();
            sleep(SECOND.multipliedBy(2)).await();
            assertThat(order).hasSize(1);
            task.cancel("from outside");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertNow(SECOND.multipliedBy(2));
        });
    }

    @Test
    void aCancelOfTheInnerOneByOthersIsACancel() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<String> wait = waitFor(promise, HOUR);
            promise.cancel("by others");
            assertThatThrownBy(wait::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("by others");
        });
    }

    // --- what was granted and nobody has read

    @Test
    void anItemOfTheSameInstantIsNotLost() {
        for (boolean itemFirst : new boolean[] {true, false}) {
            TestLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var queue = new Queue<String>();
                Runnable put = () -> assertThat(queue.tryPut("item")).isTrue();
                if (itemFirst) {
                    loop.callLater(SECOND, put);
                }
                Future<String> wait = waitFor(queue.get(), SECOND);
                if (!itemFirst) {
                    loop.callLater(SECOND, put);
                }
                String result;
                try {
                    result = wait.await();
                } catch (TimeoutException e) {
                    yieldNow();
                    result = queue.tryGet();
                }
                assertThat(result).isEqualTo("item");
                assertThat(queue.isEmpty()).isTrue();
            });
        }
    }

    @Test
    void aCancelGivesBackWhatNobodyHasRead() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Future<Lock.Held> wait = waitFor(lock.acquire(), SECOND);
            assertThat(lock.isLocked()).isTrue();
            assertThat(wait.cancel()).isTrue();
            assertThat(wait.isCancelled()).isTrue();
            assertThat(lock.isLocked()).isFalse();

            Future<Lock.Held> read = waitFor(lock.acquire(), SECOND);
            try (var _ = read.await()) {
                assertThat(read.cancel()).isFalse();
                assertThat(lock.isLocked()).isTrue();
            }
        });
    }

    @Test
    void aWaitInsideAWaitGivesBackToo() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            Future<String> wait = waitFor(waitFor(queue.get(), SECOND), SECOND);
            assertThat(queue.tryPut("item")).isTrue();
            assertThat(wait.cancel()).isTrue();
            assertThat(queue.tryGet()).isEqualTo("item");
        });
    }
}

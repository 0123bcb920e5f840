package dev.loop.generator;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes along when a body and its consumer take turns: interrupts, cancels, the length of the step; and what must not get in between. */
@Timeout(value = 15, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratorHandOverTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    @Tag("both-engines")
    void aConsumerThatHasGivenWayBeforeItAsksIsRefusedIfAnotherOneAsksMeanwhile() {
        TestLoop.run(() -> {
            var values = AsyncGenerator.<Integer>yielding(out -> {
                out.yield(1);
                sleep(SECOND).await();
                out.yield(2);
            });
            assertThat(values.next().await()).isEqualTo(1);
            Iterator<Integer> iterator = values.iterator();
            Task<Boolean> first = spawn(() -> {
                for (int i = 0; i < 63; i++) {
                    EventLoop.current().done().await();
                }
                return iterator.hasNext(); // the 64th: it gives way
            });
            Task<Integer> second = spawn(iterator::next);
            assertThatIllegalStateException().isThrownBy(first::await).withMessageContaining("already running");
            assertThat(second.await()).isEqualTo(2);
            values.close();
        });
    }

    @Test
    void anInterruptOfACancelThatTheBodyCouldNotTakeReachesTheConsumersBlockingCall() {
        cancelInALock(false);
    }

    @Test
    void anInterruptOfACancelReachesTheBlockingCallOfABodyThatIsEnteredNext() {
        cancelInALock(true);
    }

    /** A lock cannot be interrupted; what blocks next can. */
    private void cancelInALock(boolean nextIsABody) {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            lock.lock();
            Task<?> consumer = spawn(() -> {
                var locks = Generator.<Integer>yielding(out -> {
                    lock.lock();
                    lock.unlock();
                    if (nextIsABody) {
                        Generator.<Integer>yielding(_ -> new CountDownLatch(1).await())
                                .next();
                    }
                    out.yield(1);
                });
                locks.next();
                new CountDownLatch(1).await();
            });
            yieldNow();
            consumer.cancel("enough");
            yieldNow();
            lock.unlock();
            assertThatExceptionOfType(CancelledException.class).isThrownBy(consumer::await);
        });
    }

    @Test
    void aStepIsAsLongAsAllThatRunsInIt() {
        EventLoop loop = EventLoop.builder().build();
        try (loop) {
            loop.setDebug(true);
            loop.setSlowCallbackDuration(Duration.ofHours(1));
            loop.runUntilComplete(loop.spawn(() -> {
                yieldNow();
                for (int ignored : Generator.<Integer>yielding(out -> {
                    for (int i = 0; i < 20; i++) {
                        long until = System.nanoTime() + 2_000_000;
                        while (System.nanoTime() < until) {
                            Thread.onSpinWait();
                        }
                        out.yield(i);
                    }
                })) {
                    assertThat(ignored).isNotNegative();
                }
                yieldNow();
                assertThat(loop.statistics().longestStep()).isGreaterThanOrEqualTo(Duration.ofMillis(40));
            }));
        }
    }

    @Test
    void oneWithAValueThatWasGivenBackAfterItsEndHasNotEnded() {
        TestLoop.run(() -> {
            var values = AsyncGenerator.<Integer>yielding(out -> out.yield(1));
            Future<?> unread = values.next();
            assertThat(values.next().await()).isNull();
            unread.cancel("nobody wants it");
            assertThat(values.isEnded()).isFalse();
            assertThat(values.next().await()).isEqualTo(1);
            assertThat(values.isEnded()).isTrue();
        });
    }

    @Test
    void aFatalErrorInTheCloseOfAnAbandonedOneEndsTheLoop() {
        assertThatExceptionOfType(StackOverflowError.class)
                .isThrownBy(() -> EventLoop.run(() -> {
                    EventLoop.current().setExceptionHandler((_, _) -> {});
                    abandon(() -> {
                        throw new StackOverflowError("in the end of a body");
                    });
                    while (true) {
                        System.gc();
                        sleep(Duration.ofMillis(1)).await();
                    }
                }))
                .withMessage("in the end of a body");
    }

    private static void abandon(Runnable end) {
        Generator.<Integer>yielding(out -> {
                    try {
                        out.yield(1);
                    } finally {
                        end.run();
                    }
                })
                .next();
    }
}

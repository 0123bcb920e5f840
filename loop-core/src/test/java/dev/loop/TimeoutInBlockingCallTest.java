package dev.loop;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A limit, or a cancel, that meets a blocking call of the JDK: for the virtual-thread engine. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimeoutInBlockingCallTest {

    private static final Duration MOMENT = Duration.ofMillis(5);

    private final List<String> order = new ArrayList<>();

    @Test
    void codeInABlockingCallIsInterruptedAtItsLimit() {
        EventLoop.run(() -> {
            assertThatThrownBy(() -> timeout(MOMENT, () -> new CountDownLatch(1).await()))
                    .isInstanceOf(TimeoutException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            sleep(MOMENT).await();
            Thread.sleep(1);
        });
    }

    @Test
    void anInterruptThatABlockingCallKeepsForLaterIsDroppedWithTheLimit() {
        EventLoop.run(() -> {
            var lock = new ReentrantLock();
            Thread holder = hold(lock, Duration.ofMillis(30));
            // an uninterruptible wait: the flag stays set, and the code ends with a value
            timeout(MOMENT, () -> {
                lock.lock();
                lock.unlock();
            });
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            sleep(MOMENT).await();
            Thread.sleep(1);
            holder.join();
        });
    }

    @Test
    void aBlockingCallThatTurnsTheInterruptIntoAFailureOfItsOwnKeepsThat() {
        EventLoop.run(() -> {
            assertThatThrownBy(() -> timeout(MOMENT, () -> {
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException("wrapped", e);
                        }
                    }))
                    .isInstanceOf(IllegalStateException.class);
            sleep(MOMENT).await();
        });
    }

    @Test
    void aTaskCancelledInABlockingCallMayCleanUp() {
        EventLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    new CountDownLatch(1).await();
                } finally {
                    sleep(MOMENT).await();
                    order.add("cleaned up");
                }
            });
            yieldNow();
            task.cancel("reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(order).containsExactly("cleaned up");
        });
    }

    @Test
    void anEdgeThatAShieldHoldsBackIsNotTakenForTheInterruptOfAScopeInside() {
        EventLoop.run(() -> {
            Task<?> task = spawn(() -> {
                shielded(() -> {
                    boolean ended = moveOn(MOMENT, () -> {
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            order.add("interrupted");
                        }
                        yieldNow();
                    });
                    order.add("ended " + ended);
                });
                order.add("out of the shield");
                yieldNow();
                order.add("too far");
            });
            yieldNow();
            task.cancel("held back");
            assertThatThrownBy(task::await).hasMessageContaining("held back");
            assertThat(order).containsExactly("interrupted", "ended false", "out of the shield");
        });
    }

    private static Thread hold(ReentrantLock lock, Duration time) throws InterruptedException {
        var held = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> {
            lock.lock();
            held.countDown();
            try {
                Thread.sleep(time);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                lock.unlock();
            }
        });
        held.await();
        return holder;
    }
}

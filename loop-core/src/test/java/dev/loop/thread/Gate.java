package dev.loop.thread;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.sync.CapacityLimiter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** A call on another thread that tells the loop that it has begun, and then stays until it is let go. */
final class Gate {
    private final Promise<Thread> begun = EventLoop.current().promise();
    private final CountDownLatch open = new CountDownLatch(1);

    /** The thread, when the call has begun. */
    Future<Thread> begun() {
        return begun;
    }

    void open() {
        open.countDown();
    }

    <T> Callable<T> then(Callable<T> next) {
        return () -> {
            begun.completeThreadsafe(Thread.currentThread());
            open.await();
            return next.call();
        };
    }

    Callable<String> value(String value) {
        return then(() -> value);
    }

    /** As {@link #value}, but an interrupt does not end it. */
    Callable<String> stubborn(String value) {
        return () -> {
            begun.completeThreadsafe(Thread.currentThread());
            boolean closed = true;
            while (closed) {
                try {
                    open.await();
                    closed = false;
                } catch (InterruptedException e) {
                    // it goes on
                }
            }
            return value;
        };
    }

    static void assertFigures(CapacityLimiter limiter, int total, int borrowed, int waiting) {
        assertThat(limiter.total()).isEqualTo(total);
        assertThat(limiter.borrowed()).isEqualTo(borrowed);
        assertThat(limiter.statistics().waiting()).isEqualTo(waiting);
    }
}

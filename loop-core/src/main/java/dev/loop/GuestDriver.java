package dev.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drives a guest: its thread waits for the loop, the host's thread gets a slice of work whenever there is some. They take turns.
 *
 * <pre>
 *   slice with the host -> more is ready: the next slice with the host
 *                       -> nothing is: the helper waits -> slice with the host
 *                       -> stopped, closed, failed: ended
 * </pre>
 */
final class GuestDriver {

    private final EventLoop loop;
    private final Guest guest;
    private final Executor host;
    private final long sliceNanos;
    private final Consumer<@Nullable Throwable> whenOver;

    /** A permit for each wait that the helper shall make. */
    private final Semaphore waits = new Semaphore(0);

    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable Throwable pollFailure;

    GuestDriver(EventLoop loop, Guest guest, Executor host, long sliceNanos, Consumer<@Nullable Throwable> whenOver) {
        this.loop = loop;
        this.guest = guest;
        this.host = host;
        this.sliceNanos = sliceNanos;
        this.whenOver = whenOver;
    }

    void start() {
        Thread.ofPlatform().daemon().name(loop.name() + "-guest-poll").start(this::waitForTheLoop);
        submit();
    }

    /** The helper thread. */
    private void waitForTheLoop() {
        while (true) {
            waits.acquireUninterruptibly();
            if (over.get()) {
                return;
            }
            try {
                while (!guest.await(-1)) {
                    Thread.interrupted(); // with the flag set a selector does not wait
                }
            } catch (Throwable e) {
                pollFailure = e; // the host is told, on its thread
            }
            submit();
        }
    }

    private void submit() {
        var slice = new Slice(Thread.currentThread());
        try {
            host.execute(slice);
        } catch (Throwable e) {
            end(loop.closed ? null : e); // a host that ends right after it has closed its loop is in order
            return;
        }
        slice.submitted = true;
    }

    private final class Slice implements Runnable {
        private final Thread submitter;
        private boolean submitted; // its submitter only

        Slice(Thread submitter) {
            this.submitter = submitter;
        }

        @Override
        public void run() {
            if (Thread.currentThread() == submitter && !submitted) {
                end(new IllegalStateException("the host " + host + " runs what it is given inside of execute():"
                        + " a loop can be the guest of a host that runs it later only"));
                return;
            }
            if (over.get()) {
                return;
            }
            Throwable failure = pollFailure;
            if (failure != null || loop.closed) {
                end(failure);
                return;
            }
            boolean more;
            try {
                more = guest.slice(sliceNanos);
            } catch (Throwable e) {
                end(e);
                return;
            }
            if (guest.isStopped()) {
                end(null);
            } else if (more) {
                submit();
            } else {
                waits.release();
            }
        }
    }

    private void end(@Nullable Throwable error) {
        if (over.compareAndSet(false, true)) {
            guest.ended();
            waits.release();
            whenOver.accept(error);
        }
    }
}

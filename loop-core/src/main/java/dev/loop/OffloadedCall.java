package dev.loop;

import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A blocking call on a helper thread, and the future of its outcome.
 *
 * <pre>
 *   WAITING -> BEGUN -> outcome     a cancel now only abandons it: it may be in the middle of anything
 *   WAITING -> CANCELLED            never runs
 * </pre>
 */
final class OffloadedCall<T extends @Nullable Object> extends Promise<T> implements Runnable {

    private static final int WAITING = 0;
    private static final int BEGUN = 1;
    private static final int CANCELLED = 2;

    private final Offload offload;
    private final Executor threads;
    private final Callable<? extends T> work;

    // any thread
    private final AtomicInteger state = new AtomicInteger(WAITING);

    OffloadedCall(Offload offload, EventLoop loop, Executor threads, Callable<? extends T> work) {
        super(loop);
        this.offload = offload;
        this.threads = threads;
        this.work = work;
    }

    /** The call, on the helper thread. */
    @Override
    public void run() {
        if (!state.compareAndSet(WAITING, BEGUN)) {
            return;
        }
        Object outcome;
        try {
            outcome = Outcome.of(work.call());
        } catch (Throwable e) {
            outcome = Outcome.thrown(e);
        }
        Object result = outcome;
        loop.submit(() -> {
            offload.ended();
            finish(result);
        });
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        boolean cancelled = super.cancel(reason);
        if (cancelled && state.compareAndSet(WAITING, CANCELLED)) {
            offload.ended();
            if (threads instanceof ThreadPoolExecutor pool) {
                pool.remove(this);
            }
        }
        return cancelled;
    }
}

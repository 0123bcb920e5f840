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
 *   WAITING -> BEGUN -> outcome     a cancel now is the hook's to answer: it may be in the middle of anything
 *   WAITING -> CANCELLED            never runs
 * </pre>
 */
final class OffloadedCall<T extends @Nullable Object> extends HookedPromise<T> implements Runnable {

    /** A call that goes on when it is cancelled, while nobody waits for it any more. */
    static final CallHook<?> ABANDONING = new CallHook<@Nullable Object>() {
        @Override
        public boolean stop(Promise<@Nullable Object> promise, @Nullable String reason) {
            return true;
        }

        @Override
        public void ended() {}
    };

    private static final int WAITING = 0;
    private static final int BEGUN = 1;
    private static final int CANCELLED = 2;

    private final Offload offload;
    private final Executor threads;
    private final CallHook<T> hook;
    private final Callable<? extends T> work;

    // any thread
    private final AtomicInteger state = new AtomicInteger(WAITING);

    OffloadedCall(Offload offload, EventLoop loop, Executor threads, CallHook<T> hook, Callable<? extends T> work) {
        super(loop, hook);
        this.offload = offload;
        this.threads = threads;
        this.hook = hook;
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
        loop.submit(() -> ended(result));
    }

    private void ended(Object how) {
        offload.ended();
        hook.ended();
        if (finish(how)) {
            return;
        }
        if (how instanceof Outcome.Failed failed) {
            hook.failedLate(failed.error);
        } else if (!(how instanceof Outcome.Cancelled)) {
            hook.takeBack(value(how));
        }
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (outcome != null || !state.compareAndSet(WAITING, CANCELLED)) {
            return super.cancel(reason);
        }
        offload.ended();
        hook.ended();
        if (threads instanceof ThreadPoolExecutor pool) {
            pool.remove(this);
        }
        return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

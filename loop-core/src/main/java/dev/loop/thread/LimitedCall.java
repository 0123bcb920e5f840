package dev.loop.thread;

import dev.loop.CallHook;
import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Resource;
import dev.loop.sync.CapacityLimiter;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Something that runs outside of the loop when a limiter has a place for it, and keeps the place until it is over, also when nobody
 * waits for it any more.
 *
 * @param <T> what it returns
 */
abstract class LimitedCall<T extends @Nullable Object> implements CallHook<T>, Callable<T> {

    final EventLoop loop;
    private CapacityLimiter.@Nullable Token place; // the loop's thread

    LimitedCall(EventLoop loop) {
        this.loop = loop;
    }

    /** Where it runs. It has its place now, and does so at once. */
    abstract Executor begin();

    /** It is over, and its place is still taken. The rules of {@link CallHook}. */
    void over() {}

    /**
     * Has it run. If it must wait for its place a task does that: it depends on no callback then, as no wait does.
     *
     * @param waiter the name of that task
     */
    final Future<T> submit(CapacityLimiter limiter, String waiter) {
        CapacityLimiter.Token free = limiter.tryAcquire(this);
        if (free != null) {
            return start(free);
        }
        var queued = new Queued(limiter);
        loop.task().name(waiter).eager().spawn(queued::run);
        return queued.outcome;
    }

    private Future<T> start(CapacityLimiter.Token free) {
        place = free;
        try {
            return loop.<T>runInExecutor(begin(), this, this);
        } catch (Throwable e) {
            ended();
            throw e;
        }
    }

    @Override
    public final void ended() {
        over();
        CapacityLimiter.Token p = place;
        if (p != null) {
            p.close();
        }
    }

    /** One that waits for its place, and what its caller has meanwhile. A cancel goes to what it waits for now. */
    private final class Queued implements CancelHook<T> {
        private final Promise<T> outcome = loop.promise(this);
        private final CapacityLimiter limiter;
        private final Future<CapacityLimiter.Token> free;
        private @Nullable Future<T> call;

        Queued(CapacityLimiter limiter) {
            this.limiter = limiter;
            free = limiter.acquire(LimitedCall.this);
        }

        void run() {
            try {
                call = start(free.await());
                outcome.tryComplete(call.await());
            } catch (Throwable e) {
                Future<T> c = call;
                // raw: await() has wrapped what is checked
                Throwable error = c == null || !c.isDone() || c.isCancelled() ? e : c.exception();
                outcome.tryFail(error == null ? e : error);
            }
        }

        @Override
        public @Nullable Resource resource() {
            return call == null ? limiter : null;
        }

        @Override
        public boolean stop(Promise<T> promise, @Nullable String reason) {
            Future<T> c = call;
            return c == null ? free.cancel(reason) : c.cancel(reason);
        }
    }
}

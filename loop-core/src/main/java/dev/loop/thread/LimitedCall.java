package dev.loop.thread;

import dev.loop.CallHook;
import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
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
    private Limiter.@Nullable Permit permit; // the loop's thread

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
    final Future<T> submit(Limiter limiter, String waiter) {
        Limiter.Permit free = limiter.tryAcquire();
        if (free != null) {
            return start(free);
        }
        var queued = new Queued(limiter);
        loop.task().name(waiter).eager().spawn(queued::run);
        return queued.outcome;
    }

    private Future<T> start(Limiter.Permit place) {
        permit = place;
        try {
            return loop.<T>runInExecutor(begin(), this, this);
        } catch (Throwable e) {
            over();
            place.close();
            throw e;
        }
    }

    @Override
    public final void ended() {
        over();
        Limiter.Permit place = permit;
        if (place != null) {
            permit = null;
            place.close();
        }
    }

    /** One that waits for its place, and what its caller has meanwhile. A cancel goes to what it waits for now. */
    private final class Queued implements CancelHook<T> {
        private final Promise<T> outcome = loop.promise(this);
        private final Future<Limiter.Permit> place;
        private @Nullable Future<T> call;

        Queued(Limiter limiter) {
            place = limiter.acquire();
        }

        void run() {
            try {
                Limiter.Permit permit = place.await();
                call = start(permit);
                outcome.tryComplete(call.await());
            } catch (Throwable e) {
                Future<T> c = call;
                // raw: await() has wrapped what is checked
                Throwable error = c == null || !c.isDone() || c.isCancelled() ? e : c.exception();
                outcome.tryFail(error == null ? e : error);
            }
        }

        @Override
        public boolean stop(Promise<T> promise, @Nullable String reason) {
            Future<T> c = call;
            return c == null ? place.cancel(reason) : c.cancel(reason);
        }
    }
}

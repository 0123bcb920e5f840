package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * A callback that is scheduled to run once, and the way to take it back. Made by {@link EventLoop#callSoon} and its kin. It belongs
 * to its loop's thread; one that {@link EventLoop#callSoonThreadsafe} gave may be cancelled by any thread.
 */
public abstract sealed class Handle permits ReadyHandle, ThreadsafeHandle, TimerHandle {

    /** Stands in place of a callback that was cancelled: a field less in what is made most often. */
    @SuppressWarnings("UnnecessaryLambda") // an object to compare with
    private static final Runnable CANCELLED = () -> {};

    final EventLoop loop;

    @Nullable Runnable callback; // null once it has begun

    Context context; // while the callback runs, the current one there

    Handle(EventLoop loop, Context context, Runnable callback) {
        this.loop = loop;
        this.context = context;
        Probe p = loop.probe;
        this.callback = p == null ? callback : p.traced(callback);
    }

    /** Takes the callback back. It does not run, even if it is due in this very turn; after it has begun this does nothing. */
    public void cancel() {
        loop.checkThread();
        if (callback != null) {
            callback = CANCELLED;
        }
    }

    /**
     * Whether it was taken back before it had begun. Any thread may ask; another than the loop's is told what was so a moment ago.
     *
     * @return true after a {@link #cancel()} that was in time
     */
    public boolean isCancelled() {
        return callback == CANCELLED;
    }

    /**
     * The context that the callback was scheduled in and runs in; what the callback itself sets is in it afterwards.
     * Any thread may ask; another than the loop's is told what was so a moment ago.
     *
     * @return the context
     */
    public Context context() {
        return context;
    }

    /** Takes the callback in order to run it; null if it was cancelled. */
    @Nullable Runnable begin() {
        Runnable c = callback;
        if (c == CANCELLED) {
            return null;
        }
        callback = null;
        return c;
    }

    /** Runs the callback, as user code. Throws nothing. */
    final void runCallback() {
        Runnable c = begin();
        if (c != null) {
            loop.callback = this;
            if (loop.carried == null) {
                runCallback(c);
            } else {
                runCallback(c, loop.carried);
            }
            loop.callback = null;
        }
    }

    private void runCallback(Runnable c) {
        try {
            c.run();
        } catch (Throwable e) {
            loop.reports.callbackFailed(this, c, e);
        }
    }

    /** Also what the exception handler logs has what was carried along. */
    private void runCallback(Runnable c, Carried carried) {
        try {
            Context captured = context;
            context = captured.bare;
            carried.call(captured, () -> {
                runCallback(c);
                return null;
            });
        } catch (Throwable e) {
            loop.reports.callbackFailed(this, c, e); // an accessor's
        }
    }

    @Override
    public String toString() {
        Runnable c = callback;
        return "Handle[" + (isCancelled() ? "cancelled" : c != null ? "waiting, " + c : "begun") + "]";
    }
}

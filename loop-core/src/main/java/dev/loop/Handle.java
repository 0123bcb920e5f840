package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * A callback that is scheduled to run once, and the way to take it back. Made by {@link EventLoop#callSoon} and its kin. It belongs
 * to its loop's thread; one that {@link EventLoop#callSoonThreadsafe} gave may be cancelled by any thread.
 */
public abstract sealed class Handle permits ReadyHandle, ThreadsafeHandle, TimerHandle {

    final EventLoop loop;

    @Nullable Runnable callback; // null once it was cancelled or has begun

    boolean cancelled;

    Handle(EventLoop loop, Runnable callback) {
        this.loop = loop;
        Probe p = loop.probe;
        this.callback = p == null ? callback : p.traced(callback);
    }

    /** Takes the callback back. It does not run, even if it is due in this very turn; after it has begun this does nothing. */
    public void cancel() {
        loop.checkThread();
        if (callback != null) {
            callback = null;
            cancelled = true;
        }
    }

    /**
     * Whether it was taken back before it had begun.
     *
     * @return true after a {@link #cancel()} that was in time
     */
    public boolean isCancelled() {
        return cancelled;
    }

    /** Takes the callback in order to run it; null if it was cancelled. */
    @Nullable Runnable begin() {
        Runnable c = callback;
        callback = null;
        return c;
    }

    /** Runs the callback, as user code. Throws nothing. */
    final void runCallback() {
        Runnable c = begin();
        if (c != null) {
            try {
                c.run();
            } catch (Throwable e) {
                loop.reports.callbackFailed(this, c, e);
            }
        }
    }

    @Override
    public String toString() {
        Runnable c = callback;
        return "Handle[" + (c != null ? "waiting, " + c : isCancelled() ? "cancelled" : "begun") + "]";
    }
}

package dev.loop;

import dev.loop.internal.ready.ReadyEntry;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A callback from another thread: a cancel and the beginning race, and one of them wins. */
final class ThreadsafeHandle extends Handle implements ReadyEntry {

    private static final int WAITING = 0;
    private static final int BEGUN = 1;
    private static final int CANCELLED = 2;

    private final AtomicInteger state = new AtomicInteger(WAITING);
    private final Object lane;
    private @Nullable Runnable dropped;

    ThreadsafeHandle(EventLoop loop, Runnable callback) {
        this(loop, callback, null);
    }

    ThreadsafeHandle(EventLoop loop, Runnable callback, @Nullable Runnable dropped) {
        super(loop, loop.captureThreadsafe(), callback);
        this.dropped = dropped;
        lane = loop.arrivalLane();
    }

    /** The loop has closed before this could begin; {@link Shutdown} tells who wants to know when all is over. */
    void refuse() {
        Runnable d = dropped;
        if (d != null && state.compareAndSet(WAITING, CANCELLED)) {
            loop.foreignWaits.add(_ -> {
                try {
                    d.run();
                } catch (Throwable e) {
                    loop.reports.later(new ExceptionContext("a callback that the close has dropped", e, null, this));
                }
                return true;
            });
        }
    }

    @Override
    public void cancel() {
        state.compareAndSet(WAITING, CANCELLED);
    }

    @Override
    public boolean isCancelled() {
        return state.get() == CANCELLED;
    }

    @Override
    @Nullable Runnable begin() {
        if (!state.compareAndSet(WAITING, BEGUN)) {
            return null;
        }
        dropped = null; // an entry that is still referred to holds nothing
        return super.begin();
    }

    @Override
    public boolean isCallback() {
        return true;
    }

    @Override
    public Object lane() {
        return lane;
    }

    @Override
    public void run() {
        runCallback();
    }
}

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

    ThreadsafeHandle(EventLoop loop, Runnable callback) {
        super(loop, loop.captureThreadsafe(), callback);
        lane = loop.arrivalLane();
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
        return state.compareAndSet(WAITING, BEGUN) ? super.begin() : null;
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

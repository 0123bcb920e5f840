package dev.loop.reactor;

import dev.loop.Context;
import dev.loop.EventLoop;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.scheduler.Schedulers;

/**
 * One piece of work of a scheduler or worker, and the way to take it back. It runs on the loop virtual thread; any thread may
 * dispose it.
 *
 * <pre>
 *   WAITING -> RUNNING -> ENDED
 *              RUNNING -> WAITING     periodic
 *   WAITING -> DISPOSED
 *              RUNNING -> DISPOSED    periodic
 * </pre>
 */
class Work implements Runnable, Disposable, Scannable {

    static final int WAITING = 0;
    static final int RUNNING = 1;
    static final int ENDED = 2;
    static final int DISPOSED = 3;

    final EventLoop loop;
    final LoopScheduler scheduler;
    private final Context context; // of the call that schedules it
    final Disposable.Composite owner;
    final AtomicInteger state = new AtomicInteger(WAITING);
    private volatile @Nullable Runnable
            task; // dropped at the end, so that an entry which is still queued holds nothing

    Work(LoopScheduler scheduler, Disposable.Composite owner, Runnable task) {
        this.scheduler = scheduler;
        this.loop = scheduler.loop();
        this.context = loop.captureContext();
        this.owner = owner;
        this.task = Schedulers.onSchedule(Objects.requireNonNull(task, "task"));
    }

    /** Has it disposed with its owner; false if that was disposed already, or the scheduler is at its end. */
    final boolean enlist() {
        if (!scheduler.begin(this)) {
            return false;
        }
        return owner.add(this); // or disposes it
    }

    /** Whether the end of the scheduler does not wait for it. */
    boolean isEndless() {
        return false;
    }

    @Override
    public void run() {
        if (!state.compareAndSet(WAITING, RUNNING)) {
            return;
        }
        try {
            runTask();
        } finally {
            state.set(ENDED);
            drop();
        }
    }

    /** Throws what the task throws: the loop reports it as it does for any callback. */
    final void runTask() {
        Runnable t = task;
        if (t == null) {
            return; // periodic, and disposed by another thread at this moment
        }
        context.run(() -> {
            try {
                t.run();
            } catch (Throwable e) {
                ReactorErrors.told(e);
                throw e;
            }
        });
    }

    @Override
    public void dispose() {
        if (state.compareAndSet(WAITING, DISPOSED)) {
            drop();
        }
    }

    final void drop() {
        task = null;
        owner.remove(this);
        scheduler.ended(this);
    }

    /** True as well when it has run to its end: there is nothing to take back. */
    @Override
    public boolean isDisposed() {
        return state.get() >= ENDED;
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.TERMINATED) {
            return state.get() == ENDED;
        }
        return key == Attr.CANCELLED ? state.get() == DISPOSED : null;
    }

    @Override
    public String toString() {
        return "Work[" + task + " on " + loop.name() + "]";
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.scheduler.Scheduler;

/**
 * One order of work on the loop. Callbacks of the loop's own thread and of other threads reach it on different ways, and could
 * overtake each other; so each callback runs whatever is first in this worker's own queue. Thread-safe.
 */
final class LoopWorker implements Scheduler.Worker, Scannable {

    private final LoopScheduler scheduler;
    private final EventLoop loop;
    private final Disposable.Composite pending = Disposables.composite();
    private final Queue<Work> queue = new ConcurrentLinkedQueue<>();

    LoopWorker(LoopScheduler scheduler) {
        this.scheduler = scheduler;
        this.loop = scheduler.loop();
    }

    @Override
    public Disposable schedule(Runnable task) {
        var work = new Work(scheduler, pending, task);
        if (!work.enlist()) {
            throw rejection();
        }
        queue.add(work); // before its callback: there are never more callbacks than entries
        if (!CallbackThread.submit(loop, this::runFirst)) {
            throw rejected(work);
        }
        return work;
    }

    private void runFirst() {
        Work work = queue.poll();
        if (work != null) {
            work.run();
        }
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return delay <= 0 ? schedule(task) : startTimed(new TimedWork(scheduler, pending, task, unit.toNanos(delay)));
    }

    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return startTimed(new TimedWork(scheduler, pending, task, unit.toNanos(initialDelay), unit.toNanos(period)));
    }

    private TimedWork startTimed(TimedWork work) {
        if (!work.enlist()) {
            throw rejection();
        }
        if (!work.start()) {
            throw rejected(work);
        }
        return work;
    }

    @Override
    public void dispose() {
        pending.dispose();
        scheduler.forget(this);
    }

    @Override
    public boolean isDisposed() {
        return pending.isDisposed();
    }

    private RejectedExecutionException rejected(Work work) {
        queue.remove(work);
        work.dispose();
        return rejection();
    }

    private RejectedExecutionException rejection() {
        return scheduler.isDisposed()
                ? scheduler.rejection()
                : Exceptions.failWithRejected(
                        "a worker of " + scheduler + " was disposed: createWorker() gives a new one");
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.NAME) {
            return scheduler + ".worker";
        }
        if (key == Attr.TERMINATED || key == Attr.CANCELLED) {
            return isDisposed();
        }
        return key == Attr.PARENT ? scheduler : null;
    }
}

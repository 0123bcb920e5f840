package dev.loop.reactor;

import dev.loop.EventLoop;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * An event loop as a Reactor scheduler. Work runs on the loop virtual thread, as a callback, and never inside the call that
 * schedules it; what a worker is given without a delay runs in the order of the calls, whichever threads they come from. Each
 * piece runs in the {@link dev.loop.Context} of the call that has scheduled it.
 *
 * <p>Delays and periods run on the loop's timers, so they are virtual under a test loop. Work that throws is told to
 * {@link reactor.core.scheduler.Schedulers#onHandleError Reactor's hook} and to the loop's exception handler, and periodic work
 * goes on. {@link reactor.core.publisher.Mono#block() block()} is refused in a callback of any loop, from the first use of this
 * package on; in a task it is legal and parks only that task.
 *
 * <p>All methods are thread-safe.
 */
public final class LoopScheduler implements Scheduler, Scannable {

    /** Values are weak too: a scheduler holds its loop, and would keep it in the map for ever. */
    private static final Map<EventLoop, WeakReference<LoopScheduler>> SHARED = new WeakHashMap<>();

    private final EventLoop loop;
    private final Disposable.Composite pending = Disposables.composite();
    private final GracefulEnd graceful;

    private LoopScheduler(EventLoop loop) {
        this.loop = loop;
        graceful = new GracefulEnd(loop, pending);
    }

    /**
     * The scheduler of a loop. It is one for all who ask, until somebody disposes it; then it is a new one.
     *
     * @param loop where the work runs; it need not run yet
     * @return its scheduler
     */
    public static LoopScheduler of(EventLoop loop) {
        Objects.requireNonNull(loop, "loop");
        synchronized (SHARED) {
            WeakReference<LoopScheduler> known = SHARED.get(loop);
            LoopScheduler scheduler = known == null ? null : known.get();
            if (scheduler == null || scheduler.graceful.hasBegun() || scheduler.pending.isDisposed()) {
                scheduler = new LoopScheduler(loop);
                SHARED.put(loop, new WeakReference<>(scheduler));
            }
            return scheduler;
        }
    }

    /**
     * The loop.
     *
     * @return where the work runs
     */
    public EventLoop loop() {
        return loop;
    }

    /**
     * Has work run in the next turn. What one thread gives runs in the order of its calls; for an order between threads, take a
     * {@link #createWorker() worker}.
     *
     * @param task the work
     * @return takes the work back, if it has not begun
     * @throws RejectedExecutionException if this was disposed or the loop has closed
     */
    @Override
    public Disposable schedule(Runnable task) {
        var work = new Work(this, pending, task);
        enlist(work);
        if (!CallbackThread.submit(loop, work)) {
            throw rejected(work);
        }
        return work;
    }

    /**
     * Has work run after a time. On another thread than the loop's, the time counts from the turn that hears of it.
     *
     * @param task the work
     * @param delay the time; zero or negative means the next turn
     * @param unit its unit
     * @return takes the work back, if it has not begun
     * @throws RejectedExecutionException if this was disposed or the loop has closed
     */
    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return delay <= 0 ? schedule(task) : startTimed(new TimedWork(this, pending, task, unit.toNanos(delay)));
    }

    /**
     * Has work run again and again at a fixed rate: runs that are late are caught up with, one in each turn. A run that throws is
     * reported, and the next ones come all the same.
     *
     * @param task the work
     * @param initialDelay the time until the first run; zero or negative means the next turn
     * @param period the time from one run to the next; zero or negative means each turn
     * @param unit the unit of both
     * @return ends the repetition
     * @throws RejectedExecutionException if this was disposed or the loop has closed
     */
    @Override
    public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
        return startTimed(new TimedWork(this, pending, task, unit.toNanos(initialDelay), unit.toNanos(period)));
    }

    /**
     * The wall time of the loop's clock.
     *
     * @param unit the unit to tell it in
     * @return the time since the start of 1970
     */
    @Override
    public long now(TimeUnit unit) {
        return unit.convert(Duration.between(Instant.EPOCH, loop.clock().now()));
    }

    /**
     * A queue of work in one order, which can be disposed as a whole.
     *
     * @return a worker of this scheduler; it rejects all work if this was disposed or the loop has closed
     */
    @Override
    public Worker createWorker() {
        var worker = new LoopWorker(this);
        pending.add(worker); // disposes it, if this is disposed
        return worker;
    }

    /** Takes back all work that has not begun, and its workers' too; later work is rejected. The loop goes on. */
    @Override
    public void dispose() {
        pending.dispose();
    }

    /**
     * Ends it when it has done what it has: from the subscription on it takes no work any more, periodic work is taken back, and what
     * else was scheduled, with a delay or without, runs as it would. Give it a time-out, as a delay may be long, and {@link
     * #dispose()} then.
     *
     * @return empty when the last work has run, and this is disposed; any number may subscribe
     */
    @Override
    public Mono<Void> disposeGracefully() {
        return Mono.defer(() -> {
                    graceful.begin();
                    return loop.isClosed() ? Mono.<Void>empty() : Monos.from(loop, graceful::whenIdle);
                })
                .onErrorComplete(_ -> loop.isClosed()); // it has ended with the loop
    }

    /**
     * Whether it takes work no more.
     *
     * @return true after {@link #dispose()}, from the beginning of {@link #disposeGracefully()} on, and when the loop has closed
     */
    @Override
    public boolean isDisposed() {
        return graceful.hasBegun() || pending.isDisposed() || loop.isClosed();
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.NAME) {
            return toString();
        }
        if (key == Attr.TERMINATED || key == Attr.CANCELLED) {
            return isDisposed();
        }
        return key == Attr.CAPACITY ? 1 : null;
    }

    @Override
    public String toString() {
        return "LoopScheduler[" + loop.name() + (isDisposed() ? ", disposed]" : "]");
    }

    // --- for the workers

    /** Some work is about to be scheduled; false if it is too late. */
    boolean begin(Work work) {
        return graceful.add(work);
    }

    void ended(Work work) {
        graceful.remove(work);
    }

    void forget(Disposable worker) {
        pending.remove(worker);
    }

    private TimedWork startTimed(TimedWork work) {
        enlist(work);
        if (!work.start()) {
            throw rejected(work);
        }
        return work;
    }

    private void enlist(Work work) {
        if (!work.enlist()) {
            throw rejection();
        }
    }

    private RejectedExecutionException rejected(Work work) {
        work.dispose();
        return rejection();
    }

    RejectedExecutionException rejection() {
        return Exceptions.failWithRejected(
                loop.isClosed()
                        ? loop.name() + " is closed: its scheduler takes no work any more"
                        : "the LoopScheduler of " + loop.name()
                                + " was disposed: LoopScheduler.of(loop) gives a new one");
    }
}

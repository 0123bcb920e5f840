package dev.loop.io.netty;

import dev.loop.EventLoop;
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Netty's executor on a loop: commands are its callbacks, timers are its timers, and it has nothing of its own. */
abstract class LoopExecutor extends AbstractEventExecutor {

    private final EventLoop loop;
    private final Ticker ticker;
    private final Set<LoopTimer<?>> timers = new LinkedHashSet<>(); // the loop's thread only

    LoopExecutor(EventLoop loop) {
        this.loop = loop;
        ticker = new LoopTicker(loop);
    }

    /** Whether it still takes commands; asked once for each. Any thread. */
    abstract boolean admits();

    /**
     * The loop behind this.
     *
     * @return the loop whose thread runs it
     */
    public EventLoop loop() {
        return loop;
    }

    @Override
    public boolean inEventLoop(Thread thread) {
        return loop.isCallbackThread(thread);
    }

    /** Whether the caller is a task, a callback or the kernel of the loop: somebody who may call its methods. */
    boolean onLoopThread() {
        return loop.isCallbackThread(Thread.currentThread()) || EventLoop.currentOrNull() == loop;
    }

    @Override
    public Ticker ticker() {
        return ticker;
    }

    // --- commands and timers

    /**
     * Runs a command as a callback of the loop, in its order.
     *
     * @throws RejectedExecutionException if this has terminated or the loop has closed
     */
    @Override
    public void execute(Runnable command) {
        Objects.requireNonNull(command, "command");
        if (!admits()) {
            throw new RejectedExecutionException(this + " has terminated; it does not take " + command);
        }
        try {
            if (onLoopThread()) {
                loop.callSoon(command);
            } else {
                loop.callSoonThreadsafe(command);
            }
        } catch (IllegalStateException e) {
            throw new RejectedExecutionException(loop + " is closed; it does not take " + command, e);
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(Executors.callable(command), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return new LoopTimer<V>(this, callable, 0).start(Math.max(0, unit.toNanos(delay)));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return repeat(command, initialDelay, period, unit, 1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return repeat(command, initialDelay, delay, unit, -1);
    }

    private ScheduledFuture<?> repeat(Runnable command, long initialDelay, long period, TimeUnit unit, int sign) {
        Objects.requireNonNull(command, "command");
        if (initialDelay < 0) {
            throw new IllegalArgumentException("the initial delay is negative: " + initialDelay + " " + unit);
        }
        long nanos = unit.toNanos(period);
        if (nanos <= 0) {
            throw new IllegalArgumentException("the period is not positive: " + period + " " + unit);
        }
        return new LoopTimer<>(this, Executors.callable(command), sign * nanos).start(unit.toNanos(initialDelay));
    }

    void started(LoopTimer<?> timer) {
        timers.add(timer);
    }

    void ended(LoopTimer<?> timer) {
        timers.remove(timer);
    }

    /**
     * How many timers of Netty run. On the loop's thread only.
     *
     * @return the count
     */
    public int timers() {
        return timers.size();
    }

    void cancelTimers() {
        for (LoopTimer<?> timer : new ArrayList<>(timers)) {
            timer.cancel(false);
        }
    }

    // --- waiting for tasks of one's own would wait for ever

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        refuseInEventLoop("invokeAny");
        return super.invokeAny(tasks);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        refuseInEventLoop("invokeAny");
        return super.invokeAny(tasks, timeout, unit);
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
            throws InterruptedException {
        refuseInEventLoop("invokeAll");
        return super.invokeAll(tasks);
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit) throws InterruptedException {
        refuseInEventLoop("invokeAll");
        return super.invokeAll(tasks, timeout, unit);
    }

    private void refuseInEventLoop(String what) {
        if (inEventLoop()) {
            throw new RejectedExecutionException(what + " in a callback of " + loop + " would wait for itself");
        }
    }
}

package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Owns a loop and the thread that runs it: runs main tasks on it, one after another, and closes it. It belongs to the thread
 * that made it.
 */
public final class Runner implements AutoCloseable {

    private final EventLoop loop;
    final RunSignals signals;

    private @Nullable Context context; // what the last main task has left to the next; null before the first

    Runner(RunnerBuilder builder) {
        loop = builder.loops.get();
        signals = new RunSignals(loop, builder.signals);
    }

    /**
     * A runner with a new loop.
     *
     * @return the runner
     */
    public static Runner create() {
        return builder().build();
    }

    /**
     * A new runner with choices.
     *
     * @return a builder
     */
    public static RunnerBuilder builder() {
        return new RunnerBuilder();
    }

    /**
     * A runner with a loop of the caller's making, which it closes.
     *
     * @param loops gives the loop
     * @return the runner
     */
    public static Runner create(Supplier<EventLoop> loops) {
        return builder().loop(loops).build();
    }

    /**
     * The loop, for instance to set its exception handler before it runs.
     *
     * @return the loop
     */
    public EventLoop loop() {
        return loop;
    }

    /**
     * Runs a task until it ends. Other tasks and timers of the loop go on in a later call. If this thread is interrupted
     * meanwhile, the task is cancelled, and the flag is set again at the end. The first task has the {@link Context} of this
     * thread; each later one begins with what the one before has left of it. What signals of the process do is said at
     * {@link RunnerBuilder#signals}.
     *
     * @param main the body of the task
     * @param <T> what it returns
     * @return what the body returned
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @throws InterruptedRunException if a signal or a {@link EventLoop#requestShutdown} has ended the task
     * @throws IllegalStateException on a thread that runs a loop already, on a virtual thread, or if the loop was shut down or closed
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T run(Callable<? extends T> main) {
        if (EventLoop.currentOrNull() != null) {
            throw new IllegalStateException("this thread runs " + EventLoop.current()
                    + " already: spawn a task on it instead of running another loop inside");
        }
        loop.carrier.checkHost();
        if (loop.shutdown.isCancelling() && !loop.isClosed()) {
            throw new IllegalStateException(loop + " was shut down (" + loop.shutdown.reason() + "): close it");
        }
        Context c = context;
        Task<T> task = c == null ? loop.spawn("main", main) : c.call(() -> loop.<T>spawn("main", main));
        loop.main(task.step);
        signals.listen(task.step);
        try {
            return loop.runUntilComplete(task);
        } catch (IllegalStateException e) { // a CancelledException is one
            throw whatEnded(task, e);
        } finally {
            signals.leave();
            context = task.step.context.bare;
            loop.main(null);
        }
    }

    /** What is thrown: the signal or the shutdown, if nothing else has ended the task. */
    private RuntimeException whatEnded(Task<?> main, RuntimeException thrown) {
        Object outcome = main.outcome;
        if (outcome == null && loop.shutdown.isOver()) {
            return new InterruptedRunException(
                    "the main task had not ended when the run was aborted: " + loop.shutdown.reason(), signals.last());
        }
        if (outcome instanceof Outcome.Cancelled && thrown instanceof CancelledException) {
            if (loop.shutdown.isCancelling()) {
                return new InterruptedRunException("shut down: " + loop.shutdown.reason(), signals.last());
            }
            if (signals.haveCancelled(main.step) && main.step.uncancel() == 0) {
                return new InterruptedRunException("interrupted by " + signals.reason(), signals.last());
            }
        }
        return thrown;
    }

    /**
     * Runs a task until it ends.
     *
     * @param main the body of the task
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @see #run(Callable)
     */
    public void run(VoidBody<? extends Exception> main) {
        run(EventLoop.callable(main));
    }

    /**
     * Cancels what is left on the loop, waits for it, and closes the loop. A signal that would cancel the main task cuts the wait for the
     * hooks of {@link EventLoop#onClose} short, and the next one that for all else. Harmless when repeated.
     */
    @Override
    public void close() {
        signals.listen(null);
        try {
            loop.close();
        } finally {
            signals.leave();
        }
    }
}

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

    private @Nullable Context context; // what the last main task has left to the next; null before the first

    private Runner(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * A runner with a new loop.
     *
     * @return the runner
     */
    public static Runner create() {
        return new Runner(EventLoop.create());
    }

    /**
     * A runner with a loop of the caller's making, which it closes.
     *
     * @param loops gives the loop
     * @return the runner
     */
    public static Runner create(Supplier<EventLoop> loops) {
        return new Runner(loops.get());
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
     * thread; each later one begins with what the one before has left of it.
     *
     * @param main the body of the task
     * @param <T> what it returns
     * @return what the body returned
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T run(Callable<? extends T> main) {
        if (EventLoop.currentOrNull() != null) {
            throw new IllegalStateException("this thread runs " + EventLoop.current()
                    + " already: spawn a task on it instead of running another loop inside");
        }
        loop.carrier.checkHost();
        Context c = context;
        Task<T> task = c == null ? loop.spawn("main", main) : c.call(() -> loop.<T>spawn("main", main));
        loop.main(task.step);
        try {
            return loop.runUntilComplete(task);
        } finally {
            context = task.step.context.bare;
            loop.main(null);
        }
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

    /** Cancels what is left on the loop, waits for it, and closes the loop. Harmless when repeated. */
    @Override
    public void close() {
        loop.close();
    }
}

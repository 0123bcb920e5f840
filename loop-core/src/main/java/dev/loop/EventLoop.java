package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.spi.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A single-threaded event loop: one platform thread, one poller, and on them tasks, callbacks, timers and channels that share
 * state without a lock.
 *
 * <p>It belongs to its thread: while it runs, only its tasks and callbacks may call it, except the methods that say
 * <em>thread-safe</em>; a call from elsewhere is refused. While it does not run, whoever owns it may call.
 *
 * <h2>The laws of this package</h2>
 *
 * <ol>
 *   <li>The platform thread only polls, keeps timers and mounts coroutines. User code never runs on it: tasks have coroutines of
 *       their own, callbacks share one, the <em>loop virtual thread</em>.
 *   <li>What wakes a task (a promise, a deadline, a ready channel, a cancel) takes no lock and needs no user code to run first.
 *   <li>Nothing that was completed is run inside the call that completed it; it becomes an entry of the ready queue, which is one
 *       FIFO.
 *   <li>Another thread reaches the loop through the inbox, and no other way.
 * </ol>
 */
@CheckReturnValue
public final class EventLoop extends Scheduling implements AutoCloseable {

    EventLoop(LoopBuilder builder) {
        super(builder);
    }

    // --- making and finding loops

    /**
     * A new loop on the system clock and a selector. Close it, or give it to a {@link Runner}.
     *
     * @return a loop that does not run yet
     */
    public static EventLoop create() {
        return builder().build();
    }

    /**
     * A new loop with a clock, a poller or a name of its own.
     *
     * @return a builder
     */
    public static LoopBuilder builder() {
        return new LoopBuilder();
    }

    /**
     * Runs a task on a new loop until it ends, then cancels what is left and closes the loop. On the main thread of the JVM a SIGINT
     * (Ctrl-C) cancels the task and a SIGTERM begins an orderly end; see {@link RunnerBuilder#signals}.
     *
     * @param main the body of the task
     * @param <T> what it returns
     * @return what the body returned
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @throws InterruptedRunException if a signal or a {@link #requestShutdown} has ended the task
     * @throws IllegalStateException on a thread that runs a loop already, or on a virtual thread
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object> T run(Callable<? extends T> main) {
        try (var runner = Runner.create()) {
            return runner.run(main);
        }
    }

    /**
     * Runs a task on a new loop until it ends, then cancels what is left and closes the loop.
     *
     * @param main the body of the task
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     */
    public static void run(VoidBody<? extends Exception> main) {
        run(callable(main));
    }

    /**
     * The loop of the task or callback that calls.
     *
     * @return the loop
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static EventLoop current() {
        EventLoop loop = currentOrNull();
        if (loop == null) {
            throw new IllegalStateException("no event loop runs on " + Thread.currentThread()
                    + ": call this in a task or callback, or start one with EventLoop.run(…)");
        }
        return loop;
    }

    /**
     * The loop of the task or callback that calls, if there is one.
     *
     * @return the loop, or null
     */
    public static @Nullable EventLoop currentOrNull() {
        return Turns.loopOf(Thread.currentThread());
    }

    // --- running

    /**
     * Runs turns until {@link #stop()}. On a loop that was stopped before, exactly one.
     *
     * @throws IllegalStateException on a loop that runs, has closed or is driven by a host, on a thread that runs a loop, or on a
     *     virtual thread
     */
    public void runForever() {
        checkNotClosed();
        Guest g = guest;
        if (g != null) {
            g.refuseWhileDriven();
        }
        turns.runUntilStopped();
    }

    /**
     * Runs turns until a future of this loop is done.
     *
     * @param future what to wait for
     * @param <T> its value
     * @return its value
     * @throws IllegalStateException if the loop was stopped first
     * @throws RuntimeException its failure, as {@link Future#await()} throws it
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T runUntilComplete(Future<T> future) {
        if (future.loop != this) {
            throw new IllegalArgumentException(future + " belongs to " + future.loop + ", not to " + this);
        }
        checkNotClosed();
        if (future.outcome == null) {
            // an entry of its own: what else was waiting for the future runs in the same turn
            var over = new boolean[1];
            Listener stop = _ -> ready.add(() -> {
                if (!over[0]) {
                    turns.stop();
                }
            });
            future.addListener(stop);
            try {
                runForever();
            } finally {
                over[0] = true; // what is queued already must not stop a later run
                future.removeListener(stop);
            }
        }
        if (future.outcome == null) {
            throw new IllegalStateException("the event loop was stopped before the future was done: " + future);
        }
        return future.take();
    }

    /** Has the loop stop when this turn's batch is over. What the batch adds runs when the loop is run again. */
    public void stop() {
        checkThread();
        turns.stop();
    }

    /**
     * Closes the loop: runs the hooks of {@link #onClose} (see {@link LoopBuilder#drainLimit}), then cancels what is left and runs until
     * that has ended, for ten seconds at most (see {@link LoopBuilder#closeLimit}); whatever has not ended then is
     * reported and goes on outside, where each of its waits fails. Harmless when repeated.
     *
     * @throws IllegalStateException while the loop runs
     * @throws Error a fatal error that has come meanwhile; the loop is closed all the same
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (carrier.isEntered()) {
            throw new IllegalStateException(this + " cannot be closed while it runs: stop it first");
        }
        Guest g = guest;
        if (g != null) {
            g.closing();
        }
        shutdown.close();
        turns.rethrowFatal();
    }

    /**
     * Has a task run when this loop shuts down or closes, before the tasks that are left are cancelled: what belongs to the loop and
     * must end with it ends there. Such hooks run in the reverse order of their registration, one after another, so that each can
     * rely on what was there before it. One that hangs is cancelled and reported after the {@linkplain LoopBuilder#drainLimit drain
     * limit}, and the others run then, all at once.
     *
     * @param body what closes; it may await. A failure of it is reported.
     * @return takes it back, when run on the loop
     */
    @CanIgnoreReturnValue
    public Runnable onClose(VoidBody<? extends Exception> body) {
        checkUsable();
        return shutdown.addHook(capture().wrap(callable(body)));
    }

    /**
     * Closes all asynchronous generators of this loop that have begun and not ended, as {@code aclose()} does. The close of the loop
     * does so too, when its tasks have ended. One that begins later is reported, and closed by the close of the loop.
     *
     * @return done when all have ended; a failure of one is told to the exception handler
     * @see dev.loop.Resumable
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> shutdownAsyncGenerators() {
        checkUsable();
        return generators.shutdown();
    }

    /**
     * Has an asynchronous generator closed by {@link #shutdownAsyncGenerators()} and by the close of this loop, after the tasks. It is
     * for those who make generators, when one begins.
     *
     * @param close closes it, in a task that may await; says in {@code toString} what it closes
     * @return to be run on the loop when the generator has ended
     */
    public Runnable trackAsyncGenerator(VoidBody<? extends Exception> close) {
        checkUsable();
        return generators.add(Objects.requireNonNull(close, "close"));
    }

    /**
     * Asks for an orderly end, in two phases. First {@link #shutdownRequested()} is done and the hooks of {@link #onClose} run, while all
     * tasks go on: a server stops to accept, answers what it has begun, and its main task ends. If the main task has not ended within
     * the {@linkplain LoopBuilder#drainLimit drain limit}, or at once if there is neither a hook nor anybody who has asked to be told,
     * every task is cancelled, and {@link Runner#run} ends with an {@link InterruptedRunException}. A loop that runs without a main
     * task stops when its last task has ended. The close carries on where this is then. Thread-safe; only the first request counts.
     *
     * @param reason why, for people
     */
    public void requestShutdown(String reason) {
        Objects.requireNonNull(reason, "reason");
        submit(() -> shutdown.request(reason));
    }

    /**
     * Waits for an orderly end to begin: a {@link #requestShutdown}, a SIGTERM that a {@link Runner} was sent, or the close. Programs that
     * have something to bring to its end await this, and then let their main task end. Thread-safe, in that any thread may call.
     *
     * @return the reason; a wait of one's own, which fails if the loop has closed
     */
    public Future<String> shutdownRequested() {
        return shutdown.requested();
    }

    /**
     * Whether the loop is on its way to its end. Thread-safe.
     *
     * @return true from the first request or the beginning of the close
     */
    public boolean isShutdownRequested() {
        return shutdown.isRequested();
    }

    /**
     * Whether turns run now. Thread-safe, and only true of the moment.
     *
     * @return true inside run methods, and while a host drives the loop by {@link GuestMode#start}
     */
    public boolean isRunning() {
        Guest g = guest;
        return carrier.isEntered() || (g != null && g.isDriven());
    }

    /**
     * The way to have this loop driven by a thread that somebody else owns.
     *
     * @return the loop's guest mode, always the same object
     */
    public GuestMode guest() {
        Guest g = guest;
        if (g == null) {
            guest = g = new Guest(this);
        }
        return g.mode;
    }

    /**
     * Whether the loop has closed. Thread-safe.
     *
     * @return true after {@link #close()}
     */
    public boolean isClosed() {
        return closed;
    }

    /**
     * The loop's time. Thread-safe if its clock is, as the system's.
     *
     * @return nanoseconds of its monotonic clock; only differences mean anything
     */
    public long time() {
        return now();
    }

    /**
     * The loop's clock. Thread-safe.
     *
     * @return the clock
     */
    public Clock clock() {
        return clock;
    }

    /**
     * The name, which is also the beginning of its threads' names. Thread-safe.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * The tasks that have not ended, in the order of their creation. Thread-safe: another thread gets them as they were at one
     * moment of its call, also of a loop that is stuck in a step, and is never blocked by what the loop waits for.
     *
     * @return a copy
     */
    public List<Task<?>> allTasks() {
        List<TaskStep> steps = isCurrent() ? tasks.snapshot() : TaskList.snapshotFromOutside(this);
        return steps.stream().<Task<?>>map(step -> step.task).toList();
    }

    /**
     * This loop as an executor of the JDK: what it is given runs as callbacks, in the order of the calls, from any thread. A failure
     * goes to the {@linkplain #exceptionHandler exception handler}.
     *
     * @return an executor, to be used by any thread; after the loop's close it throws
     *     {@link java.util.concurrent.RejectedExecutionException}
     */
    public Executor asExecutor() {
        return command -> {
            if (!inbox.push(new ThreadsafeHandle(this, Objects.requireNonNull(command, "command")))) {
                throw new RejectedExecutionException(name + " is closed");
            }
        };
    }

    /**
     * Sets where {@link #runInExecutor(Callable)} and {@link Async#toThread} run blocking code from now on. What runs already ends where
     * it is.
     *
     * @param threads the loop's from now on: its close shuts it down
     * @throws RejectedExecutionException after {@link #shutdownDefaultExecutor}
     */
    public void setDefaultExecutor(ExecutorService threads) {
        checkUsable();
        offload.use(Objects.requireNonNull(threads, "threads"));
    }

    /**
     * Has the default executor end: it takes nothing more, and what it has taken goes on to its end. A loop's close does not wait for
     * helper threads, whose calls nobody can stop; who wants that awaits this first.
     *
     * @param limit how long to wait; after that the exception handler is told, and the calls go on
     * @return done when the last thread has ended, or after the limit
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> shutdownDefaultExecutor(Duration limit) {
        checkUsable();
        return offload.shutdown(limit);
    }

    /**
     * Who is told of failures that have nobody else to go to.
     *
     * @return the handler, or null if they are logged
     */
    public @Nullable ExceptionHandler exceptionHandler() {
        checkThread();
        return reports.handler();
    }

    /**
     * Sets who is told of failures that have nobody else to go to.
     *
     * @param handler the handler; null to have them logged as errors
     */
    public void setExceptionHandler(@Nullable ExceptionHandler handler) {
        checkThread();
        reports.handler(handler);
    }

    /**
     * Tells the exception handler, in a callback of its own, of a failure that has nobody else to go to.
     *
     * @param context what happened
     */
    public void callExceptionHandler(ExceptionContext context) {
        checkThread();
        reports.later(Objects.requireNonNull(context, "context"));
    }

    /**
     * Whether this thread runs the loop's callbacks: the loop virtual thread, on which nothing may block. Thread-safe.
     *
     * @param thread any thread
     * @return true for the one thread on which callbacks run
     */
    public boolean isCallbackThread(Thread thread) {
        return turns.callbacks.isThread(thread);
    }

    /**
     * The context of the calling code, with what this loop carries along: what {@link #callSoonThreadsafe} would take. It is for
     * those who keep work in a queue of their own; all else that is scheduled does it by itself. Thread-safe.
     *
     * @return as {@link Context#current()}, for this loop
     */
    public Context captureContext() {
        return captureThreadsafe();
    }

    /**
     * How much of what the loop waits for lies outside of it and its clock: tasks in blocking JDK calls, work on helper threads,
     * stages of the JDK, submissions to a portal that are on their way, open portals whose end is awaited. It is for pollers, which ask
     * on whichever thread polls, while the loop stands still.
     *
     * @return the count
     */
    public int externalWork() {
        int awaited = portals.isEmpty()
                ? 0
                : (int) portals.stream().filter(LoopPortal::isAwaitedOpen).count();
        return jdkWaits + offload.running() + stages + arrivals.get() + awaited;
    }

    /**
     * A way into this loop for other threads, which can have tasks run here and wait for them. Thread-safe; each call gives a portal
     * of its own, to be closed on its own.
     *
     * @return an open portal
     */
    public LoopPortal portal() {
        return new LoopPortal(this);
    }

    /**
     * Refuses a call by code that may not touch this loop now: the first line of every method of what belongs to a loop. While the
     * loop does not run, whoever owns it may call.
     *
     * @throws WrongThreadException while the loop runs, on a thread that runs none of its tasks and callbacks
     */
    public void checkThread() {
        refuseOtherThreads();
    }

    @Override
    public String toString() {
        return "EventLoop[" + name + (closed ? ", closed]" : "]");
    }
}

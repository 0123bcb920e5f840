package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.spi.Clock;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
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
public final class EventLoop extends Kernel implements AutoCloseable {

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
     * Runs a task on a new loop until it ends, then cancels what is left and closes the loop.
     *
     * @param main the body of the task
     * @param <T> what it returns
     * @return what the body returned
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
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

    static Callable<@Nullable Void> callable(VoidBody<? extends Exception> body) {
        Objects.requireNonNull(body, "body");
        return () -> {
            body.run();
            return null;
        };
    }

    // --- scheduling

    /**
     * Has a callback run in the next turn. Callbacks and tasks run in one order, first come, first served.
     *
     * @param callback runs on the loop virtual thread
     * @return the way to take it back
     */
    @CanIgnoreReturnValue
    public Handle callSoon(Runnable callback) {
        checkUsable();
        var handle = new ReadyHandle(this, Objects.requireNonNull(callback, "callback"));
        ready.add(handle);
        return handle;
    }

    /**
     * Has a callback run in one of the next turns. Thread-safe; wakes the loop if it sleeps.
     *
     * @param callback runs on the loop virtual thread
     * @return the way to take it back, from any thread
     * @throws IllegalStateException if the loop has closed
     */
    @CanIgnoreReturnValue
    public Handle callSoonThreadsafe(Runnable callback) {
        var handle = new ThreadsafeHandle(this, Objects.requireNonNull(callback, "callback"));
        if (!inbox.push(handle)) {
            throw closedException();
        }
        return handle;
    }

    /**
     * Has a callback run when some time has passed; never earlier, and equal deadlines in the order of the calls.
     *
     * @param delay from now; zero or negative means the next turn; too long for nanoseconds means never
     * @param callback runs on the loop virtual thread
     * @return the way to take it back
     */
    @CanIgnoreReturnValue
    public TimerHandle callLater(Duration delay, Runnable callback) {
        return callAt(now() + Durations.nanos(delay), callback);
    }

    /**
     * Has a callback run at a time.
     *
     * @param when on the scale of {@link #time()}; in the past means the next turn
     * @param callback runs on the loop virtual thread
     * @return the way to take it back
     */
    @CanIgnoreReturnValue
    public TimerHandle callAt(long when, Runnable callback) {
        checkUsable();
        return new TimerCallback(this, when, Objects.requireNonNull(callback, "callback"));
    }

    /**
     * Starts a task. Its first step runs in the next turn.
     *
     * @param body what it does
     * @param <T> what the body returns
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> Task<T> spawn(Callable<? extends T> body) {
        return spawn(nextTaskName(), body);
    }

    /**
     * Starts a task. Its first step runs in the next turn.
     *
     * @param body what it does
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public Task<@Nullable Void> spawn(VoidBody<? extends Exception> body) {
        return spawn(callable(body));
    }

    /**
     * Starts a task with a name, which its thread gets too.
     *
     * @param name the name
     * @param body what it does
     * @param <T> what the body returns
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> Task<T> spawn(String name, Callable<? extends T> body) {
        checkUsable();
        var task = new Task<T>(this, Objects.requireNonNull(name, "name"), Objects.requireNonNull(body, "body"));
        tasks.add(task.step);
        task.step.admit(ready);
        return task;
    }

    /**
     * Starts a task with a name, which its thread gets too.
     *
     * @param name the name
     * @param body what it does
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public Task<@Nullable Void> spawn(String name, VoidBody<? extends Exception> body) {
        return spawn(name, callable(body));
    }

    /**
     * A future to be completed by hand.
     *
     * @param <T> its value
     * @return a pending promise
     */
    public <T extends @Nullable Object> Promise<T> promise() {
        return new Promise<>(this);
    }

    /**
     * A future to be completed by hand, whose cancel stops the work behind it or takes its value back.
     *
     * @param hook is asked by every cancel; one hook may serve many promises
     * @param <T> its value
     * @return a pending promise
     */
    public <T extends @Nullable Object> Promise<T> promise(CancelHook<T> hook) {
        return new HookedPromise<>(this, Objects.requireNonNull(hook, "hook"));
    }

    /**
     * The future of something that is done already and has no value. It is one object for the whole loop.
     *
     * @return a future whose value is null
     */
    public Future<@Nullable Void> done() {
        return done;
    }

    /**
     * The future of a value that is there already.
     *
     * @param value the value
     * @param <T> its type
     * @return a future that is done
     */
    public <T extends @Nullable Object> Future<T> completed(T value) {
        var future = new Promise<T>(this);
        future.outcome = Outcome.of(value);
        return future;
    }

    /**
     * The future of something that has failed already.
     *
     * @param error the failure; a {@link CancelledException} makes it cancelled
     * @param <T> the type of the value that it does not have
     * @return a future that is done
     */
    public <T extends @Nullable Object> Future<T> failed(Throwable error) {
        var future = new Promise<T>(this);
        future.finish(Outcome.thrown(Objects.requireNonNull(error, "error")));
        return future;
    }

    /**
     * Completes after a time.
     *
     * @param delay from now; zero or negative completes in the next turn
     * @return the wait; a cancel frees the timer
     */
    public Future<@Nullable Void> sleep(Duration delay) {
        checkUsable();
        return new SleepFuture(this, delay);
    }

    /**
     * Runs blocking code on a helper thread.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, it is abandoned.
     */
    public <T extends @Nullable Object> Future<T> runInExecutor(Callable<? extends T> blocking) {
        checkUsable();
        return offload.submit(Objects.requireNonNull(blocking, "blocking"));
    }

    /**
     * Watches a channel: the way to non-blocking I/O of one's own.
     *
     * @param channel in non-blocking mode; it stays the caller's
     * @param interest bits of {@link dev.loop.spi.Interest}
     * @param handler is called on the platform thread and bound to its rules
     * @return the registration
     */
    public Registration register(SelectableChannel channel, int interest, ReadinessHandler handler) {
        checkUsable();
        return poller.register(channel, interest, handler);
    }

    // --- running

    /**
     * Runs turns until {@link #stop()}. On a loop that was stopped before, exactly one.
     *
     * @throws IllegalStateException on a loop that runs or has closed, on a thread that runs a loop, or on a virtual thread
     */
    public void runForever() {
        checkNotClosed();
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
     * Closes the loop: cancels what is left and runs until that has ended, for ten seconds at most (see
     * {@link LoopBuilder#closeLimit}); whatever has not ended then is
     * reported and goes on outside, where each of its waits fails. Harmless when repeated.
     *
     * @throws IllegalStateException while the loop runs
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (carrier.isEntered()) {
            throw new IllegalStateException(this + " cannot be closed while it runs: stop it first");
        }
        Shutdown.close(this);
    }

    /**
     * Has a task run when this loop closes, before the tasks that are left are cancelled: what belongs to the loop and must end with
     * it ends there. The tasks of all who have asked run at once, and the close waits for them within its limit.
     *
     * @param body what closes; it may await. A failure of it is reported.
     * @return takes it back, when run on the loop
     */
    @CanIgnoreReturnValue
    public Runnable onClose(VoidBody<? extends Exception> body) {
        checkUsable();
        Callable<@Nullable Void> closer = callable(body);
        closers.add(closer);
        return () -> {
            checkThread();
            closers.remove(closer);
        };
    }

    /**
     * Whether turns run now. Thread-safe, and only true of the moment.
     *
     * @return true inside run methods
     */
    public boolean isRunning() {
        return carrier.isEntered();
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
     * The loop's time.
     *
     * @return nanoseconds of its monotonic clock; only differences mean anything
     */
    public long time() {
        return now();
    }

    /**
     * The loop's clock.
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
     * The tasks that have not ended, in the order of their creation.
     *
     * @return a copy
     */
    public List<Task<?>> allTasks() {
        checkThread();
        return tasks.snapshot().stream().<Task<?>>map(step -> step.task).toList();
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
     * How much of what the loop waits for lies outside of it and its clock: tasks in blocking JDK calls, work on helper threads,
     * stages of the JDK.
     *
     * @return the count
     */
    public int externalWork() {
        return jdkWaits + offload.running() + stages;
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

package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What tasks and callbacks ask of their loop: to run something, now or later, and to make the futures that they wait for. It is a
 * part of {@link EventLoop}, whose documentation shows these methods as its own.
 */
@CheckReturnValue
abstract sealed class Scheduling extends Inspection permits EventLoop {

    Scheduling(LoopBuilder builder) {
        super(builder);
    }

    private EventLoop self() {
        return (EventLoop) this;
    }

    /**
     * Has a callback run in the next turn. Callbacks and tasks run in one order, first come, first served.
     *
     * @param callback runs on the loop virtual thread
     * @return the way to take it back
     */
    @CanIgnoreReturnValue
    public Handle callSoon(Runnable callback) {
        checkUsable();
        var handle = new ReadyHandle(self(), Objects.requireNonNull(callback, "callback"));
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
        return submit(new ThreadsafeHandle(self(), Objects.requireNonNull(callback, "callback")));
    }

    /**
     * As {@link #callSoonThreadsafe(Runnable)}, for a caller that somebody waits for: what a close in between would drop without a
     * word is told.
     *
     * @param callback runs on the loop virtual thread
     * @param dropped runs in place of it if the loop closes before it could begin, on the thread that closes the loop, when all is
     *     over; what it throws goes to the exception handler
     * @return the way to take back both, from any thread
     * @throws IllegalStateException if the loop has closed
     */
    @CanIgnoreReturnValue
    public Handle callSoonThreadsafe(Runnable callback, Runnable dropped) {
        return submit(new ThreadsafeHandle(
                self(), Objects.requireNonNull(callback, "callback"), Objects.requireNonNull(dropped, "dropped")));
    }

    private Handle submit(ThreadsafeHandle handle) {
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
     * @param when on the scale of {@link EventLoop#time()}; in the past means the next turn
     * @param callback runs on the loop virtual thread
     * @return the way to take it back
     */
    @CanIgnoreReturnValue
    public TimerHandle callAt(long when, Runnable callback) {
        checkUsable();
        return new TimerCallback(self(), when, Objects.requireNonNull(callback, "callback"));
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
        if (taskFactory != null) {
            return task().name(name).spawn(body);
        }
        checkUsable();
        var task = new Task<T>(self(), Objects.requireNonNull(name, "name"), Objects.requireNonNull(body, "body"));
        start(task.step, false);
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
     * A task with settings of its own: a name, an eager start, code around its body.
     *
     * @return the settings, to be ended by {@link TaskBuilder#spawn(Callable)}
     */
    public TaskBuilder task() {
        return new TaskBuilder(self());
    }

    /**
     * Sets what prepares every new task.
     *
     * @param factory the factory; null for none
     */
    public void setTaskFactory(@Nullable TaskFactory factory) {
        refuseOtherThreads();
        taskFactory = factory;
    }

    /**
     * What prepares every new task.
     *
     * @return the factory, or null
     */
    public @Nullable TaskFactory taskFactory() {
        refuseOtherThreads();
        return taskFactory;
    }

    /**
     * A future to be completed by hand. Making one is thread-safe.
     *
     * @param <T> its value
     * @return a pending promise
     */
    public <T extends @Nullable Object> Promise<T> promise() {
        return new Promise<>(self());
    }

    /**
     * A future to be completed by hand, whose cancel stops the work behind it or takes its value back. Making one is
     * thread-safe.
     *
     * @param hook is asked by every cancel; one hook may serve many promises
     * @param <T> its value
     * @return a pending promise
     */
    public <T extends @Nullable Object> Promise<T> promise(CancelHook<T> hook) {
        return new HookedPromise<>(self(), Objects.requireNonNull(hook, "hook"));
    }

    /**
     * The future of something that is done already and has no value. It is one object for the whole loop.
     * Asking for it is thread-safe.
     *
     * @return a future whose value is null
     */
    public Future<@Nullable Void> done() {
        return done;
    }

    /**
     * The future of a value that is there already. Making one is thread-safe.
     *
     * @param value the value
     * @param <T> its type
     * @return a future that is done
     */
    public <T extends @Nullable Object> Future<T> completed(T value) {
        var future = new Promise<T>(self());
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
        refuseOtherThreads();
        var future = new Promise<T>(self());
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
        return this.<@Nullable Void>sleep(delay, null);
    }

    /**
     * Completes with a value after a time.
     *
     * @param delay from now; zero or negative completes in the next turn; too long for nanoseconds never
     * @param result the value
     * @param <T> its type
     * @return the wait; a cancel frees the timer
     */
    public <T extends @Nullable Object> Future<T> sleep(Duration delay, T result) {
        checkUsable();
        return new SleepFuture<>(self(), Deadline.after(self(), delay), result);
    }

    /**
     * Completes at a time.
     *
     * @param deadline when; one that has passed completes in the next turn, {@link Deadline#never()} never
     * @return the wait; a cancel frees the timer
     */
    public Future<@Nullable Void> sleepUntil(Deadline deadline) {
        checkUsable();
        return new SleepFuture<@Nullable Void>(self(), deadline, null);
    }

    /**
     * Runs blocking code on a helper thread.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, it is abandoned.
     * @throws java.util.concurrent.RejectedExecutionException after {@link EventLoop#shutdownDefaultExecutor}
     */
    public <T extends @Nullable Object> Future<T> runInExecutor(Callable<? extends T> blocking) {
        checkUsable();
        return offload.submit(Objects.requireNonNull(blocking, "blocking"));
    }

    /**
     * Runs blocking code on a thread of an executor.
     *
     * @param threads where it runs; it stays the caller's
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, it is abandoned. Work that the executor drops, as its
     *     {@code shutdownNow} does, never ends.
     * @throws java.util.concurrent.RejectedExecutionException if the executor refuses
     */
    public <T extends @Nullable Object> Future<T> runInExecutor(Executor threads, Callable<? extends T> blocking) {
        checkUsable();
        return offload.submit(Objects.requireNonNull(threads, "threads"), Objects.requireNonNull(blocking, "blocking"));
    }

    /**
     * Runs blocking code on a thread of an executor, for those who can do more about a cancel than to abandon it.
     *
     * @param threads where it runs; it stays the caller's
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param hook is asked by a cancel of a call that has begun, and is told when the call is over; of one that the executor refuses
     *     it hears nothing
     * @param <T> what it returns
     * @return its outcome; as {@link #runInExecutor(Executor, Callable)}, but what a cancel does is the hook's to say
     * @throws java.util.concurrent.RejectedExecutionException if the executor refuses
     */
    public <T extends @Nullable Object> Future<T> runInExecutor(
            Executor threads, Callable<? extends T> blocking, CallHook<T> hook) {
        checkUsable();
        return offload.submit(
                Objects.requireNonNull(threads, "threads"),
                Objects.requireNonNull(blocking, "blocking"),
                Objects.requireNonNull(hook, "hook"));
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

    static Callable<@Nullable Void> callable(VoidBody<? extends Exception> body) {
        Objects.requireNonNull(body, "body");
        return () -> {
            body.run();
            return null;
        };
    }
}

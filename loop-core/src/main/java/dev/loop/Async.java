package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The loop of the calling task or callback, as static methods under the names that asyncio has given them; made to be imported
 * statically. On a thread that runs no loop they throw {@link IllegalStateException}.
 */
@CheckReturnValue
public final class Async {

    private Async() {}

    /**
     * Starts a task on this loop. Its first step runs in the next turn.
     *
     * @param body what it does
     * @param <T> what the body returns
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object> Task<T> spawn(Callable<? extends T> body) {
        return EventLoop.current().spawn(body);
    }

    /**
     * Starts a task on this loop. Its first step runs in the next turn.
     *
     * @param body what it does
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public static Task<@Nullable Void> spawn(VoidBody<? extends Exception> body) {
        return EventLoop.current().spawn(body);
    }

    /**
     * Starts a task with a name on this loop.
     *
     * @param name the name, which its thread gets too
     * @param body what it does
     * @param <T> what the body returns
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object> Task<T> spawn(String name, Callable<? extends T> body) {
        return EventLoop.current().spawn(name, body);
    }

    /**
     * Starts a task with a name on this loop.
     *
     * @param name the name, which its thread gets too
     * @param body what it does
     * @return the task; the loop keeps it alive, so it need not be kept
     */
    @CanIgnoreReturnValue
    public static Task<@Nullable Void> spawn(String name, VoidBody<? extends Exception> body) {
        return EventLoop.current().spawn(name, body);
    }

    /**
     * Completes after a time, while other tasks run.
     *
     * @param delay from now; zero or negative completes in the next turn
     * @return the wait; a cancel frees the timer
     */
    public static Future<@Nullable Void> sleep(Duration delay) {
        return EventLoop.current().sleep(delay);
    }

    /**
     * Completes with a value after a time, while other tasks run.
     *
     * @param delay from now; zero or negative completes in the next turn; too long for nanoseconds never
     * @param result the value
     * @param <T> its type
     * @return the wait; a cancel frees the timer
     */
    public static <T extends @Nullable Object> Future<T> sleep(Duration delay, T result) {
        return EventLoop.current().sleep(delay, result);
    }

    /**
     * Completes at a time, while other tasks run.
     *
     * @param deadline when; one that has passed completes in the next turn, {@link Deadline#never()} never
     * @return the wait; a cancel frees the timer
     */
    public static Future<@Nullable Void> sleepUntil(Deadline deadline) {
        return EventLoop.current().sleepUntil(deadline);
    }

    /**
     * A place where a cancel arrives and where others run, for code that computes for long without a wait of its own. It is
     * {@link #yieldNow()} under the name that says why it is there.
     *
     * @throws CancelledException if the task is being cancelled
     */
    public static void checkpoint() {
        step("checkpoint()").yieldNow();
    }

    /**
     * Gives way once: everything that is ready now runs before this task goes on. It is asyncio's {@code sleep(0)}, and a place
     * where a cancel arrives.
     *
     * @throws CancelledException if the task is being cancelled
     */
    public static void yieldNow() {
        step("yieldNow()").yieldNow();
    }

    /**
     * Waits for all of these: the values in the order of the arguments, or the first failure or cancel. A failure leaves the
     * others running; their later failures count as looked at. A cancel is passed on to all, and ends when they have ended.
     *
     * @param futures of this loop; one that stands here twice is counted twice
     * @param <T> what they have in common
     * @return an unmodifiable list of the values
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <T extends @Nullable Object> Future<List<T>> gather(Future<? extends T>... futures) {
        return new Gather<>(EventLoop.current(), Arrays.asList(futures));
    }

    /**
     * Waits for all of these; as {@link #gather(Future[])}.
     *
     * @param futures of this loop
     * @param <T> what they have in common
     * @return an unmodifiable list of the values
     */
    public static <T extends @Nullable Object> Future<List<T>> gather(
            Collection<? extends Future<? extends T>> futures) {
        return new Gather<T>(EventLoop.current(), futures);
    }

    /**
     * Waits for all of these and tells how each has ended. Neither a failure nor a cancel of one of them ends the wait, and all of
     * them count as looked at. A cancel of the wait is passed on to all; when they have ended it is cancelled, whatever they made of
     * it.
     *
     * @param futures of this loop; one that stands here twice is counted twice
     * @param <T> what they have in common
     * @return an unmodifiable list of the results, in the order of the arguments
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <T extends @Nullable Object> Future<List<Result<T>>> gatherResults(Future<? extends T>... futures) {
        return new GatherResults<>(EventLoop.current(), Arrays.asList(futures));
    }

    /**
     * Waits for all of these and tells how each has ended; as {@link #gatherResults(Future[])}.
     *
     * @param futures of this loop
     * @param <T> what they have in common
     * @return an unmodifiable list of the results, in the order of the arguments
     */
    public static <T extends @Nullable Object> Future<List<Result<T>>> gatherResults(
            Collection<? extends Future<? extends T>> futures) {
        return new GatherResults<T>(EventLoop.current(), futures);
    }

    /**
     * Waits until all of these are done: asyncio's {@code wait}, whose name {@link Object#wait()} has taken. It neither reads nor
     * cancels any of them: a failure still wants to be looked at, and a cancel of the wait leaves them alone.
     *
     * @param futures of this loop, at least one; one that stands here twice is counted once
     * @param <F> the kind of future
     * @return those that are done and those that are not, in the order of the arguments
     */
    public static <F extends Future<?>> Future<Waited<F>> waitOn(Collection<? extends F> futures) {
        return new WaitOn<>(EventLoop.current(), futures, null, WaitCondition.ALL_COMPLETED);
    }

    /**
     * Waits until some of these are done; as {@link #waitOn(Collection)}.
     *
     * @param futures of this loop, at least one; one that stands here twice is counted once
     * @param until when the wait is over
     * @param <F> the kind of future
     * @return those that are done and those that are not, in the order of the arguments
     */
    public static <F extends Future<?>> Future<Waited<F>> waitOn(Collection<? extends F> futures, WaitCondition until) {
        return new WaitOn<>(EventLoop.current(), futures, null, until);
    }

    /**
     * Waits until all of these are done or the time is up; as {@link #waitOn(Collection)}. The end of the time is no failure, and
     * cancels nothing.
     *
     * @param futures of this loop, at least one; one that stands here twice is counted once
     * @param limit how long; zero or negative looks at them in the next turn
     * @param <F> the kind of future
     * @return those that are done and those that are not, in the order of the arguments
     */
    public static <F extends Future<?>> Future<Waited<F>> waitOn(Collection<? extends F> futures, Duration limit) {
        return waitOn(futures, limit, WaitCondition.ALL_COMPLETED);
    }

    /**
     * Waits until some of these are done or the time is up; as {@link #waitOn(Collection, Duration)}.
     *
     * @param futures of this loop, at least one; one that stands here twice is counted once
     * @param limit how long; zero or negative looks at them in the next turn
     * @param until when the wait is over before that
     * @param <F> the kind of future
     * @return those that are done and those that are not, in the order of the arguments
     */
    public static <F extends Future<?>> Future<Waited<F>> waitOn(
            Collection<? extends F> futures, Duration limit, WaitCondition until) {
        return new WaitOn<>(EventLoop.current(), futures, Objects.requireNonNull(limit, "limit"), until);
    }

    /**
     * These futures in the order in which they end.
     *
     * @param futures of this loop; one that stands here twice is counted once
     * @param <T> their value
     * @return what gives one after another, also to a {@code for} loop in a task
     */
    public static <T extends @Nullable Object> AsCompleted<T> asCompleted(Collection<? extends Future<T>> futures) {
        return new AsCompleted<>(EventLoop.current(), futures, null);
    }

    /**
     * These futures in the order in which they end, with a limit for all of them together; as {@link #asCompleted(Collection)}. What
     * was done in time is given away after that too; the others are not cancelled.
     *
     * @param futures of this loop; one that stands here twice is counted once
     * @param limit how long; zero or negative ends in the next turn
     * @param <T> their value
     * @return what gives one after another, and then a {@link TimeoutException} for each that was not done
     */
    public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
            Collection<? extends Future<T>> futures, Duration limit) {
        return new AsCompleted<>(EventLoop.current(), futures, Objects.requireNonNull(limit, "limit"));
    }

    /**
     * Tries the same in several ways and takes what comes first. Each attempt is a task; the next one begins when the delay is over
     * or the one before it has failed. The first value wins: the other attempts are cancelled for good, and the race ends when they
     * have ended. A cancel of the race does the same with all of them.
     *
     * <p>A value that a loser has all the same is dropped: an attempt that opens something closes it when it is cancelled.
     *
     * @param attempts at least one, in the order in which they begin; a body that is not reached never runs
     * @param delay how long each has before the next one begins as well; too long for nanoseconds means that only a failure lets the
     *     next one begin
     * @param <T> the value
     * @return the value of the winner; if all fail, a {@link RaceException} with every failure
     */
    public static <T extends @Nullable Object> Future<T> staggeredRace(
            List<? extends Callable<? extends T>> attempts, Duration delay) {
        return new StaggeredRace<>(EventLoop.current(), attempts, delay);
    }

    /**
     * A future with a limit. When the time is up it is cancelled, and the wait ends when it has ended: with a
     * {@link TimeoutException}, or with its value or failure if it has one all the same. So a wait can take longer than the
     * limit. A cancel of the wait is passed on to it.
     *
     * @param future what to wait for
     * @param limit how long; zero or negative cancels at once what is not done, and the body of a task that has not begun never
     *     runs
     * @param <T> its value
     * @return its value, within the limit
     */
    public static <T extends @Nullable Object> Future<T> waitFor(Future<T> future, Duration limit) {
        future.loop.checkThread();
        return new WaitFor<>(future, limit);
    }

    /**
     * Starts a task with a limit; as {@link #waitFor(Future, Duration)}.
     *
     * @param body what the task does
     * @param limit how long it may take
     * @param <T> what the body returns
     * @return its value, within the limit
     */
    public static <T extends @Nullable Object> Future<T> waitFor(Callable<? extends T> body, Duration limit) {
        return new WaitFor<>(EventLoop.current().<T>spawn(body), limit);
    }

    /**
     * A future whose cancel does not reach the one inside, which goes on; if that fails later, the loop's exception handler is
     * told. If the one inside is cancelled, so is this.
     *
     * @param future what to protect
     * @param <T> its value
     * @return its value, unless this is cancelled first
     */
    public static <T extends @Nullable Object> Future<T> shield(Future<T> future) {
        future.loop.checkThread();
        return new Shield<>(future);
    }

    /**
     * Runs code in this task with a limit. When the time is up, every wait inside throws until the code is left, and leaving it
     * throws a {@link TimeoutException}. Code that ends with a value or a failure of its own all the same keeps it. A cancel from
     * further out is never taken for the time-out.
     *
     * @param limit how long; zero or negative lets the code reach its first wait
     * @param body the code, run in place
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the body returned
     * @throws X as the body does
     * @throws TimeoutException if the limit, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object, X extends Throwable> T timeout(Duration limit, Body<T, X> body)
            throws X {
        return CancelScope.within(limit).callOrFail(body);
    }

    /**
     * Runs code in this task with a limit; as {@link #timeout(Duration, Body)}.
     *
     * @param limit how long; zero or negative lets the code reach its first wait
     * @param body the code, run in place
     * @param <X> what it throws
     * @throws X as the body does
     * @throws TimeoutException if the limit, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void timeout(Duration limit, VoidBody<X> body) throws X {
        CancelScope.within(limit).runOrFail(body);
    }

    /**
     * Runs code in this task with a deadline; as {@link #timeout(Duration, Body)}. To move the deadline meanwhile, and to ask
     * whether it came, make a {@link CancelScope}.
     *
     * @param deadline when it must be done; if that has passed the code reaches its first wait
     * @param body the code, run in place
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the body returned
     * @throws X as the body does
     * @throws TimeoutException if the deadline, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object, X extends Throwable> T timeoutAt(Deadline deadline, Body<T, X> body)
            throws X {
        return CancelScope.withDeadline(deadline).callOrFail(body);
    }

    /**
     * Runs code in this task with a deadline; as {@link #timeoutAt(Deadline, Body)}.
     *
     * @param deadline when it must be done; if that has passed the code reaches its first wait
     * @param body the code, run in place
     * @param <X> what it throws
     * @throws X as the body does
     * @throws TimeoutException if the deadline, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void timeoutAt(Deadline deadline, VoidBody<X> body) throws X {
        CancelScope.withDeadline(deadline).runOrFail(body);
    }

    /**
     * Runs code in this task with a limit; as {@link #timeout(Duration, Body)}, and the message says what took too long.
     *
     * @param limit how long; zero or negative lets the code reach its first wait
     * @param what what the code does, in a few words, such as {@code connecting to the store}
     * @param body the code, run in place
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the body returned
     * @throws X as the body does
     * @throws TimeoutException if the limit, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object, X extends Throwable> T failAfter(
            Duration limit, String what, Body<T, X> body) throws X {
        return CancelScope.within(limit).about(what).callOrFail(body);
    }

    /**
     * Runs code in this task with a limit; as {@link #failAfter(Duration, String, Body)}.
     *
     * @param limit how long; zero or negative lets the code reach its first wait
     * @param what what the code does, in a few words
     * @param body the code, run in place
     * @param <X> what it throws
     * @throws X as the body does
     * @throws TimeoutException if the limit, and nothing else, ended the body
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void failAfter(Duration limit, String what, VoidBody<X> body) throws X {
        CancelScope.within(limit).about(what).runOrFail(body);
    }

    /**
     * Runs code in this task for some time and then moves on: as {@link #timeout(Duration, VoidBody)}, but running out of time is
     * no error. For code with a result use {@link CancelScope#call}.
     *
     * @param after how long; zero or negative lets the code reach its first wait
     * @param body the code, run in place
     * @param <X> what it throws
     * @return whether the code ran to its end; false if it ran out of time
     * @throws X as the body does
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <X extends Throwable> boolean moveOn(Duration after, VoidBody<X> body) throws X {
        return CancelScope.within(after).run(body);
    }

    /**
     * Runs code in this task out of the reach of cancels from outside: cleaning up that has to wait for something. A cancel that
     * comes meanwhile is delivered at the first wait after it. Give it a limit of its own, with {@link #timeout(Duration, Body)}
     * inside; nothing else ends it.
     *
     * @param body the code, run in place
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the body returned
     * @throws X as the body does
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object, X extends Throwable> T shielded(Body<T, X> body) throws X {
        return CancelScope.create().shield().callOrFail(body);
    }

    /**
     * Runs code in this task out of the reach of cancels from outside; as {@link #shielded(Body)}.
     *
     * @param body the code, run in place
     * @param <X> what it throws
     * @throws X as the body does
     * @throws IllegalStateException outside of a task
     */
    public static <X extends Throwable> void shielded(VoidBody<X> body) throws X {
        CancelScope.create().shield().runOrFail(body);
    }

    /**
     * Runs blocking code on a helper thread.
     *
     * @param blocking runs outside of the loop; it must not touch the loop's state
     * @param <T> what it returns
     * @return its outcome. A cancel keeps it from starting; once it runs, it is abandoned.
     */
    public static <T extends @Nullable Object> Future<T> toThread(Callable<? extends T> blocking) {
        return EventLoop.current().runInExecutor(blocking);
    }

    /**
     * The tasks of this loop that have not ended.
     *
     * @return a copy, in the order of their creation
     */
    public static List<Task<?>> allTasks() {
        return EventLoop.current().allTasks();
    }

    /**
     * The task that calls.
     *
     * @return the task
     * @throws IllegalStateException in a callback, or on a thread that runs no loop
     */
    public static Task<?> currentTask() {
        return step("currentTask()").task;
    }

    static TaskStep step(String what) {
        EventLoop loop = EventLoop.current();
        TaskStep step = loop.current;
        if (step == null) {
            throw new IllegalStateException(what + " in a callback of " + loop + ": it needs a task; spawn one");
        }
        return step;
    }
}

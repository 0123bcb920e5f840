package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A coroutine that the loop drives: plain Java code that runs on the loop's thread, one step at a time, from wait to wait. It is
 * the future of what its body returns. Made by {@link Async#spawn} or {@link EventLoop#spawn}.
 *
 * <p>Its first step runs in the next turn, not inside {@code spawn}. It belongs to its loop's thread; {@link #name()} may be
 * asked by any thread. The loop holds on to it until it is done.
 *
 * @param <T> what the body returns
 */
public final class Task<T extends @Nullable Object> extends Future<T> {

    final TaskStep step;

    Task(EventLoop loop, String name, java.util.concurrent.Callable<? extends T> body) {
        super(loop);
        step = new TaskStep(this, name, body);
    }

    /**
     * The name, which is also that of its thread.
     *
     * @return the name
     */
    public String name() {
        return step.name;
    }

    /**
     * The context that it runs in now: that of its spawner at first, then what it has set in there.
     *
     * @return the context
     */
    public Context context() {
        loop.checkThread();
        return step.context;
    }

    /**
     * Asks the task to end, once: the wait that it is in, or the next one, throws a {@link CancelledException}; if its body
     * catches that, the task goes on. Before its first step the body never runs. A task that sits in a blocking JDK call is
     * interrupted.
     *
     * <p>If what it awaits is done already, the task gets that outcome, and the cancel arrives at its next wait. A body that
     * ends with a value before that keeps its value.
     *
     * @param reason why, for people; null for none
     * @return false if the task is done
     */
    @Override
    @CanIgnoreReturnValue
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        return step.cancel(reason);
    }

    /**
     * How many cancels were asked for and not taken back by {@link #uncancel()}.
     *
     * @return the count
     */
    public int cancelling() {
        loop.checkThread();
        return step.cancelRequests;
    }

    /**
     * Takes back one cancel request. At zero a cancel that was not delivered yet is dropped.
     *
     * @return how many requests are left, never below zero
     */
    @CanIgnoreReturnValue
    public int uncancel() {
        loop.checkThread();
        return step.uncancel();
    }

    /**
     * The end of this task. Unlike {@link #await()} it never throws the task's outcome, and it only waits: a failure that nobody
     * looks at is still reported. A cancel of the join leaves the task alone.
     *
     * @return completes when the task has ended, in whatever way
     * @throws IllegalStateException in the task itself, which would wait for ever
     */
    public Future<@Nullable Void> join() {
        loop.checkThread();
        if (loop.current == step) {
            throw new IllegalStateException(
                    "a task cannot join itself, it would wait for its own end for ever: " + this);
        }
        return outcome != null ? loop.done() : new Join(this);
    }

    /**
     * Ends the task for good, without a reason, and waits until it has; as {@link #cancelAndJoin(String)}.
     *
     * @return completes when the task has ended, in whatever way
     * @throws IllegalStateException in the task itself, which would wait for ever
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> cancelAndJoin() {
        return cancelAndJoin(null);
    }

    /**
     * Ends the task for good and waits until it has: every wait of its body throws from now on, so that a {@code catch} cannot make it
     * go on, as with {@link #cancel(String)}. It does not count in {@link #cancelling()}, and {@link #uncancel()} does not take it
     * back. Like {@link #join()} it throws nothing of the task's, and a cancel of the join leaves the task to its end. It is how the
     * loop itself cancels; whoever need not wait ignores the result.
     *
     * @param reason why, for people; null for none
     * @return completes when the task has ended, in whatever way
     * @throws IllegalStateException in the task itself, which would wait for ever; nothing is cancelled then
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> cancelAndJoin(@Nullable String reason) {
        Future<@Nullable Void> end = join();
        step.cancelRoot(reason);
        return end;
    }

    /**
     * What the task waits for now.
     *
     * @return the future in whose {@link #await()} it is parked; null before its first step, while it is ready or runs, in a blocking
     *     JDK call, and when it is done
     */
    public @Nullable Future<?> awaiting() {
        loop.checkThread();
        return step.awaiting();
    }

    /**
     * How long the task has waited for that: since the turn in which the wait began.
     *
     * @return on the loop's clock; null if it is {@linkplain #awaiting() parked} in no wait
     */
    public @Nullable Duration awaitingFor() {
        loop.checkThread();
        return step.awaiting() == null ? null : Duration.ofNanos(step.awaitedNanos());
    }

    /**
     * The scopes that the task is in, with their deadlines and shields, those of its groups and time-outs among them.
     *
     * @return a copy, the innermost first
     */
    public List<CancelScope> scopes() {
        loop.checkThread();
        var scopes = new ArrayList<CancelScope>();
        for (CancelScope scope = step.scope; scope != null; scope = scope.parent) {
            scopes.add(scope);
        }
        return List.copyOf(scopes);
    }

    /**
     * How the task sits in a blocking call of the JDK: {@link Thread.State#TIMED_WAITING} if real time ends it.
     *
     * @return what its thread does at this moment; null if the task is in no such call, and always on the portable hand-off, where
     *     such a call holds the loop
     */
    public Thread.@Nullable State blockedState() {
        loop.checkThread();
        return step.blockedState();
    }

    /**
     * How often the task has given way to others or met a cancel. Only the difference of two calls means anything: if there is none,
     * nothing else ran on the loop in between.
     *
     * @return a count that never goes down
     */
    public int checkpoints() {
        loop.checkThread();
        return step.checkpoints();
    }

    /**
     * Where the task stands: the frames of its body and of what that has called, the innermost first, without those of the loop and
     * of the JDK's virtual threads that are around them.
     *
     * @return a copy; empty before its first step and when it is done
     */
    public List<StackTraceElement> stack() {
        loop.checkThread();
        return TaskFrames.of(step);
    }

    @Override
    String described(String state) {
        return "Task[" + name() + ", " + state + "]";
    }
}

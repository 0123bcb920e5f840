package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * What a blocking call on another thread asks and tells while it goes on: how it is stopped, and that it is over. Given to
 * {@link EventLoop#runInExecutor(java.util.concurrent.Executor, java.util.concurrent.Callable, CallHook)}.
 *
 * <p>{@link #stop} is asked only about a call that has begun; one that has not is cancelled without it. A value that comes after its
 * future was cancelled goes to {@link #takeBack}, as one does that nobody has read.
 *
 * <p>The methods are bound to the rules of {@link CancelHook}: they run on the loop's thread, possibly the platform thread, and must not
 * block, take a lock that user code can hold, log, run user code or throw.
 *
 * @param <T> what the call returns
 */
public interface CallHook<T extends @Nullable Object> extends CancelHook<T> {

    /**
     * The call is over: it has returned or thrown on its thread, or was cancelled before it began. Once for each call, before its
     * outcome is known to anybody; never if the loop closes first.
     */
    void ended();

    /**
     * The call has failed after its future was cancelled, so that nobody is going to see why. By default it is dropped.
     *
     * @param error the failure
     */
    default void failedLate(Throwable error) {}
}

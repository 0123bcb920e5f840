package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * What a promise asks when somebody cancels it: the way to stop the work behind it, and to take back a value that nobody wants.
 * Given to {@link EventLoop#promise(CancelHook)}.
 *
 * <p>Its methods are called on the loop's thread, inside the cancel, possibly on the platform thread: they must not block, take a
 * lock that user code can hold, log, run user code or throw. What needs one of those they hand to {@link EventLoop#callSoon}.
 *
 * @param <T> the value of the promise
 */
public interface CancelHook<T extends @Nullable Object> {

    /**
     * Stops the work behind a promise that is pending.
     *
     * @param promise the promise; it is pending, and may be completed here
     * @param reason why, for people; null for none
     * @return true to have the promise end as cancelled now; false to refuse, and the promise ends when the work does
     */
    boolean stop(Promise<T> promise, @Nullable String reason);

    /**
     * What a cancel that {@link #stop} has refused tells its caller: true if the promise is going to end as cancelled all the same,
     * when something has been put right before. By default, false: the work goes on, and its outcome follows.
     *
     * @return whether such a cancel counts as one that was accepted
     */
    default boolean endsLater() {
        return false;
    }

    /**
     * What the promise waits for, while it is pending, if that is something that tasks hold.
     *
     * @return what {@link Future#resource()} gives; by default null
     */
    default @Nullable Resource resource() {
        return null;
    }

    /**
     * Takes back a value that was delivered and that nobody has read: a connection is closed, an item goes back to where it came
     * from. It is called at most once for a promise.
     *
     * @param value the value
     * @return true if it was taken back, and the promise becomes cancelled; false to leave it where it is, as the default does
     */
    default boolean takeBack(T value) {
        return false;
    }
}

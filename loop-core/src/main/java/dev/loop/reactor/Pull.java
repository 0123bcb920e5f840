package dev.loop.reactor;

import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/**
 * Where the items of one subscriber come from, one wait after another. All methods are called on the loop virtual thread, in the
 * subscriber's context, except {@link #close()}.
 */
interface Pull<T> {

    /**
     * Begins the wait for the next item; called when the one before it has ended.
     *
     * @return the wait; a cancel of it gives back what it was granted
     */
    Future<? extends @Nullable T> next() throws Exception;

    /** Whether there is nothing more, as far as that is known without a wait. */
    default boolean isExhausted() {
        return false;
    }

    /** Whether what a wait has failed with, or {@link #next()} has thrown, is the end and no failure. */
    default boolean isEnd(Throwable failure) {
        return false;
    }

    /** What the subscriber is told of a failure. */
    default Throwable error(Throwable failure) {
        return failure;
    }

    /** Whether a value of null is the end. */
    default boolean isEndedByNull() {
        return false;
    }

    /** The items have ended, or nobody wants more of them; then the wait has been cancelled. In a task or callback of the loop, once. */
    default void close() {}
}

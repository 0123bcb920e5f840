package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * How a task that was started with {@link TaskGroup#start} tells that it is ready.
 *
 * @param <T> what it hands to whoever waits for it, such as the address that it listens on
 */
@FunctionalInterface
public interface Started<T extends @Nullable Object> {

    /**
     * Tells that the task is ready; from now on it is a child of the group like any other. To be called once, by code of the loop.
     *
     * @param value what the one who waits gets
     * @throws InvalidStateException if it was told before
     */
    void started(T value);

    /**
     * What such a task does.
     *
     * @param <T> what it tells
     */
    @FunctionalInterface
    interface Body<T extends @Nullable Object> {

        /**
         * Runs the task.
         *
         * @param started to be told when the task is ready
         * @throws Exception as the task does; before it is ready that is the outcome of the start, and later the group's affair
         */
        void run(Started<T> started) throws Exception;
    }
}

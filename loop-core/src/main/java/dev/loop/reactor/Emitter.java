package dev.loop.reactor;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/**
 * The way from a task to the subscriber of a {@link Fluxes#task} Flux. It belongs to its loop's thread.
 *
 * @param <T> the items
 */
@CheckReturnValue
public interface Emitter<T> {

    /**
     * Hands one item to the subscriber. Several waits are served in their order.
     *
     * @param item not null
     * @return done when the subscriber has asked for it; a cancel before that withdraws it
     * @throws dev.loop.CancelledException if the subscriber has cancelled
     * @throws IllegalStateException if the body has ended
     */
    Future<@Nullable Void> emit(T item);

    /**
     * What such a task does.
     *
     * @param <T> the items
     */
    @FunctionalInterface
    interface Body<T> {

        /**
         * Runs the task; its end is the end of the Flux.
         *
         * @param out where to put the items
         * @throws Exception makes the Flux fail
         */
        void run(Emitter<T> out) throws Exception;
    }
}

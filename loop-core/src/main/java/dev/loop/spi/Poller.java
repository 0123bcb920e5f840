package dev.loop.spi;

import java.io.Closeable;
import java.nio.channels.SelectableChannel;

/**
 * Where an event loop waits: for channels to become ready, for time to pass, or for another thread's wakeup.
 *
 * <p>All methods belong to the loop's platform thread, except {@link #wakeup()}, which any thread may call, and {@link #await},
 * which in guest mode a thread of its own may call.
 */
public interface Poller extends Closeable {

    /**
     * Registers a channel. It is in non-blocking mode already and not registered with this poller.
     *
     * @param channel the channel to watch
     * @param ops what to watch for, bits of {@link Interest}; may be {@link Interest#NONE}
     * @param handler is called in {@link #poll} when it is ready
     * @return the registration
     * @throws IllegalArgumentException if the channel is in blocking mode or cannot do one of {@code ops}
     * @throws java.io.UncheckedIOException if the channel is closed
     */
    Registration register(SelectableChannel channel, int ops, ReadinessHandler handler);

    /**
     * Waits until a channel is ready, the time is up or {@link #wakeup()} was called, and calls the handlers of the channels
     * that are ready. A handler that throws ends the poll with that failure; what else is ready is told by the next poll.
     *
     * @param timeoutNanos how long to wait at most, in nanoseconds: 0 does not wait, negative waits without limit. An
     *     implementation may wait longer by its resolution, never shorter without a cause.
     * @throws java.io.UncheckedIOException if the operating system refuses, for good
     */
    void poll(long timeoutNanos);

    /**
     * Waits as {@link #poll} does, but calls no handler: what is ready is told by the next poll. Guest mode needs it, and nothing
     * else. One thread at a time waits here; meanwhile the loop's thread does not poll, but it may register channels, change and
     * cancel registrations, which takes effect in the wait that is going on, or ends it.
     *
     * @param timeoutNanos as for {@link #poll}
     * @return whether a channel is ready; false also without a cause
     * @throws java.io.UncheckedIOException if the operating system refuses, for good
     * @throws UnsupportedOperationException by default: this poller is for loops that own their thread
     */
    default boolean await(long timeoutNanos) {
        throw new UnsupportedOperationException(
                getClass().getName() + " cannot wait for a loop in guest mode: Poller.await is not implemented there");
    }

    /** Ends a {@link #poll} or {@link #await} that waits now, or else the next one, at once. Thread-safe. */
    void wakeup();

    /**
     * How many channels are registered. May look at each of them.
     *
     * @return the count of registrations that are not cancelled
     */
    int registrations();

    /** Ends all registrations and frees what the operating system lent. The channels are left open. */
    @Override
    void close();
}

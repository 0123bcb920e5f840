package dev.loop.spi;

import java.io.Closeable;
import java.nio.channels.SelectableChannel;

/**
 * Where an event loop waits: for channels to become ready, for time to pass, or for another thread's wakeup.
 *
 * <p>All methods belong to the loop's platform thread, except {@link #wakeup()}, which any thread may call.
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

    /** Ends a {@link #poll} that waits now, or else the next one, at once. Thread-safe. */
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

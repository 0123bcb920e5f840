package dev.loop.spi;

import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/**
 * One channel registered with one {@link Poller}. To be used by the loop's thread only, except {@link #isValid()}.
 */
public interface Registration {

    /**
     * The channel that is registered.
     *
     * @return the channel
     */
    SelectableChannel channel();

    /**
     * The bits of {@link Interest} that are watched now.
     *
     * @return the interest set
     */
    int interest();

    /**
     * Changes what is watched. Does nothing, and makes no system call, if the set is already this one or the registration is
     * cancelled.
     *
     * @param ops bits of {@link Interest}
     */
    void interest(int ops);

    /** Ends the registration; the handler is not called again. The channel is left open. Harmless when repeated. */
    void cancel();

    /**
     * Ends the registration and lets go of the channel now, not at the next poll: if the channel is closed right after this, its
     * descriptor is free at once, and a listener's port with it. It may cost a system call, so it is for the few channels for which
     * that matters. Inside a poll it is {@link #cancel()}. Harmless when repeated.
     */
    default void cancelNow() {
        cancel();
    }

    /**
     * Whether the registration still watches its channel.
     *
     * @return false once it was cancelled or its channel or poller closed
     */
    boolean isValid();

    /**
     * The poller's own object behind this registration, for libraries that insist on it (Netty casts to
     * {@link java.nio.channels.SelectionKey}).
     *
     * @param type the type that is wanted
     * @param <T> the type that is wanted
     * @return the object, or null if this poller has none of that type
     */
    <T> @Nullable T unwrap(Class<T> type);
}

package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/**
 * An end of a {@link Channel} to send through. The channel closes when the last sender that is open is closed, so each producer has
 * one of its own, and closes it when it has nothing more to send.
 *
 * <p>One that is collected while it is open is closed then, and the loop's exception handler is told: a safety net that works at some
 * time, not a way to close it. It belongs to its loop's thread.
 *
 * @param <T> the items
 */
@CheckReturnValue
public final class Sender<T> implements AutoCloseable {

    private final Channel<T> channel;
    private final ChannelEnd end;

    Sender(Channel<T> channel, ChannelEnd end) {
        this.channel = channel;
        this.end = end;
        end.watch(this);
    }

    /**
     * Sends an item, as {@link Channel#send} does.
     *
     * @param item not null
     * @return done when the item is in the channel or was granted to a receive; it also fails with a {@link ChannelClosedException} if
     *     this end was closed
     */
    public Future<@Nullable Void> send(T item) {
        Future<@Nullable Void> now = sendNow(item);
        return now != null ? now : channel.parkSend(item);
    }

    @Nullable Future<@Nullable Void> sendNow(T item) {
        return end.isOpen() ? channel.sendNow(item) : channel.loop().failed(end.closed());
    }

    /**
     * Sends an item if that needs no wait, as {@link Channel#trySend} does.
     *
     * @param item not null
     * @return false if there is no room, or, at a rendezvous, no receiver that waits
     * @throws ChannelClosedException if the channel or this end was closed
     */
    public boolean trySend(T item) {
        requireOpen();
        return channel.trySend(item);
    }

    /**
     * Opens one more end to send through, for another producer. It is closed on its own.
     *
     * @return a sender of the same channel
     * @throws ChannelClosedException if the channel or this end was closed
     */
    public Sender<T> another() {
        requireOpen();
        return channel.sender();
    }

    private void requireOpen() {
        if (!end.isOpen()) {
            throw end.closed();
        }
    }

    /**
     * The channel that this sends to.
     *
     * @return the channel
     */
    public Channel<T> channel() {
        return channel;
    }

    /**
     * Whether this end was closed; the channel can be closed without that.
     *
     * @return true if so
     */
    public boolean isClosed() {
        return !end.isOpen();
    }

    /** Closes this end: the sends that have begun go on, others are refused. Harmless when repeated. */
    @Override
    public void close() {
        end.close();
    }

    /**
     * Closes this end and, because of a failure, the whole channel, as {@link Channel#close(Throwable)} does.
     *
     * @param failure why nothing comes any more
     */
    public void close(Throwable failure) {
        if (end.isOpen()) {
            channel.close(failure);
            end.close();
        }
    }

    @Override
    public String toString() {
        return "Sender[" + (end.open ? "" : "closed, ") + channel + "]";
    }
}

package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * An end of a {@link Channel} to receive through. When the last receiver that is open is closed, whoever sends is told at once that
 * nobody takes it, so each consumer has one of its own, and closes it when it wants no more.
 *
 * <p>One that is collected while it is open is closed then, and the loop's exception handler is told: a safety net that works at some
 * time, not a way to close it. It belongs to its loop's thread.
 *
 * @param <T> the items
 */
@CheckReturnValue
public final class Receiver<T> implements Iterable<T>, AutoCloseable {

    private final Channel<T> channel;
    private final ChannelEnd end;

    Receiver(Channel<T> channel, ChannelEnd end) {
        this.channel = channel;
        this.end = end;
        end.watch(this);
    }

    /**
     * Receives the next item, as {@link Channel#receive} does.
     *
     * @return the item; it also fails with a {@link ChannelClosedException} if this end was closed
     */
    public Future<T> receive() {
        Future<T> now = receiveNow();
        return now != null ? now : parkReceive();
    }

    Future<T> parkReceive() {
        return channel.parkReceive(this);
    }

    @Nullable Future<T> receiveNow() {
        return end.isOpen() ? channel.receiveNow(this) : channel.loop().failed(end.closed());
    }

    /**
     * Receives the next item if there is one, as {@link Channel#tryReceive} does.
     *
     * @return the item, or null if there is none now
     * @throws ChannelClosedException if the channel was closed and nothing is left in it, or this end was closed
     */
    public @Nullable T tryReceive() {
        requireOpen();
        return channel.tryReceive();
    }

    /**
     * The items as they come, for a {@code for} loop in a task, as {@link Channel#iterator} gives them; it ends when this end was closed,
     * too.
     *
     * @return an iterator that waits
     */
    @Override
    public Iterator<T> iterator() {
        return new TakingIterator<>(this::receive, Channel::isOrderlyEnd);
    }

    /**
     * Opens one more end to receive through, for another consumer: they share the items. It is closed on its own.
     *
     * @return a receiver of the same channel
     * @throws ChannelClosedException if this end was closed
     */
    public Receiver<T> another() {
        requireOpen();
        return channel.receiver();
    }

    private void requireOpen() {
        if (!end.isOpen()) {
            throw end.closed();
        }
    }

    /**
     * The channel that this receives from.
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

    /** Closes this end: the receives that have begun go on, unless it is the last one; others are refused. Harmless when repeated. */
    @Override
    public void close() {
        end.close();
    }

    @Override
    public String toString() {
        return "Receiver[" + (end.open ? "" : "closed, ") + channel + "]";
    }
}

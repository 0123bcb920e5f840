package dev.loop.io.channel;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.TimerHandle;
import dev.loop.WaitQueue;
import dev.loop.io.ByteStream;
import dev.loop.io.StreamClosedException;
import dev.loop.spi.Interest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The accepting of connections on one listening socket: what the listeners for each kind of address are built on. It owns the
 * channel and its registration, and belongs to its loop's thread.
 *
 * <p>It takes a connection from the system only for somebody who waits for one. If the system gives none although one is there (the
 * descriptors are used up, say), it tells the loop's exception handler once and pauses: the waits go on, and nothing spins.
 *
 * @param <S> the streams that it makes of connections
 */
@CheckReturnValue
public final class AcceptChannel<S extends ByteStream> {

    /** How long it pauses after a failure. */
    public static final Duration PAUSE = Duration.ofSeconds(1);

    /** Where connections come from: the channel, or a test. */
    @FunctionalInterface
    interface Source {
        @Nullable SocketChannel accept() throws IOException;
    }

    /**
     * Makes a stream of a new connection.
     *
     * @param <S> the stream
     */
    @FunctionalInterface
    public interface Factory<S> {

        /**
         * Sets up a channel that was just accepted.
         *
         * @param channel in blocking mode, as it came; the stream owns it
         * @return the stream
         * @throws IOException if the connection has gone already
         */
        S stream(SocketChannel channel) throws IOException;
    }

    private final EventLoop loop;
    private final ServerSocketChannel channel;
    private final Source source;
    private final Factory<? extends S> factory;
    private final String name;
    private final Watch watch;
    private final Watch.Side side = this::ready;

    private final WaitQueue<S, @Nullable Void> waiters;
    private final ArrayDeque<S> returned =
            new ArrayDeque<>(); // granted to a wait that was cancelled before it was read

    private boolean open = true;
    private @Nullable TimerHandle pause; // set while it pauses
    private boolean reported; // of the failures in a row, the first was told

    /**
     * Accepts on a channel, which it owns from now on.
     *
     * @param loop whose thread it belongs to
     * @param channel in non-blocking mode, registered nowhere, and bound
     * @param factory makes streams of connections
     * @param name what it is called in messages
     */
    public AcceptChannel(EventLoop loop, ServerSocketChannel channel, Factory<? extends S> factory, String name) {
        this(loop, channel, channel::accept, factory, name);
    }

    AcceptChannel(
            EventLoop loop, ServerSocketChannel channel, Source source, Factory<? extends S> factory, String name) {
        this.loop = loop;
        this.channel = channel;
        this.source = source;
        this.factory = factory;
        this.name = name;
        watch = new Watch(loop, channel);
        waiters = new WaitQueue<>(loop, (stream, _, _) -> takeBack(stream));
    }

    /**
     * Waits for the next connection.
     *
     * @return the stream; as {@link dev.loop.io.Listener#accept()}
     */
    public Future<S> accept() {
        loop.checkThread();
        if (!open) {
            return loop.failed(closedException());
        }
        S next = returned.pollFirst();
        if (next == null && waiters.isEmpty() && pause == null) {
            next = take();
        }
        if (next != null) {
            return waiters.granted(next, null);
        }
        Future<S> wait = waiters.park(null);
        armIfWanted();
        return wait;
    }

    private boolean ready() {
        if (waiters.isEmpty()) {
            return false;
        }
        grant();
        return pause == null;
    }

    /** Takes a connection for each wait, as far as there are some. */
    private void grant() {
        while (!waiters.isEmpty()) {
            S next = take();
            if (next == null) {
                return;
            }
            waiters.grant(next);
        }
    }

    private void armIfWanted() {
        if (open && pause == null && !waiters.isEmpty()) {
            watch.arm(Interest.ACCEPT, side);
        }
    }

    /** The next connection, or null if there is none now. */
    private @Nullable S take() {
        while (true) {
            SocketChannel connection;
            try {
                connection = source.accept();
            } catch (IOException e) {
                pause(e);
                return null;
            }
            if (connection == null) {
                return null;
            }
            reported = false;
            try {
                return factory.stream(connection);
            } catch (IOException e) {
                // gone between its arrival and now: as if it had never come
                closeQuietly(connection);
            }
        }
    }

    private void closeQuietly(SocketChannel connection) {
        try {
            connection.close();
        } catch (IOException e) {
            report("a connection to " + name + " that was gone does not close", e);
        }
    }

    private void pause(IOException e) {
        watch.disarm(Interest.ACCEPT);
        pause = loop.callLater(PAUSE, this::resume);
        if (!reported) {
            reported = true;
            report("accepting on " + name + " failed, and is tried again every second: " + e.getMessage(), e);
        }
    }

    private void report(String message, IOException e) {
        loop.callExceptionHandler(new ExceptionContext(message, new UncheckedIOException(message, e), null, null));
    }

    private void resume() {
        pause = null;
        if (open) {
            grant();
            armIfWanted();
        }
    }

    /** A connection that its wait no longer wants goes to the next, or is kept for it. */
    private void takeBack(S stream) {
        if (!open) {
            stream.close();
        } else if (!waiters.grant(stream)) {
            returned.addFirst(stream);
        }
    }

    /**
     * Stops accepting and frees the address. Waits fail; connections that nobody has read are closed. Harmless when repeated.
     */
    public void close() {
        loop.checkThread();
        if (!open) {
            return;
        }
        open = false;
        TimerHandle timer = pause;
        if (timer != null) {
            timer.cancel();
        }
        returned.forEach(ByteStream::close);
        returned.clear();
        while (!waiters.isEmpty()) {
            waiters.fail(closedException());
        }
        watch.closeNow();
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not close: " + e.getMessage(), e);
        }
    }

    /**
     * Whether it still accepts.
     *
     * @return false once it was closed
     */
    public boolean isOpen() {
        return open;
    }

    /**
     * How many waits for a connection there are.
     *
     * @return the count
     */
    public int waiting() {
        return waiters.size();
    }

    private StreamClosedException closedException() {
        return new StreamClosedException(name + " was closed, so it accepts no connection");
    }

    /** For tests: whether the poller is asked for connections now. */
    boolean isArmed() {
        return watch.armed() != 0;
    }

    @Override
    public String toString() {
        return name;
    }
}

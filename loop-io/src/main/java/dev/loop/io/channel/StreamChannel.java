package dev.loop.io.channel;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.ByteStream;
import dev.loop.io.NetworkException;
import dev.loop.io.StreamClosedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One socket as a stream: what the streams of each kind of address are built on. It owns the channel and its registration.
 *
 * <p>The channel's I/O is done by the task that reads or writes, or inside the poll: never by the loop virtual thread, so that a
 * callback that is stuck holds nobody's bytes. It belongs to its loop's thread.
 */
@CheckReturnValue
public final class StreamChannel implements ByteStream {

    private final EventLoop loop;
    private final SocketChannel channel;
    private final Watch watch;
    private final ReadSide reading;
    private final WriteSide writing;
    private @Nullable ConnectSide connecting;
    private final SocketAddress peer;
    private boolean open = true;

    /**
     * A stream on a channel, which it owns from now on.
     *
     * @param loop whose thread it belongs to
     * @param channel in non-blocking mode, registered nowhere, connected or about to be
     * @param peer the other side's address
     */
    public StreamChannel(EventLoop loop, SocketChannel channel, SocketAddress peer) {
        this.loop = loop;
        this.channel = channel;
        this.peer = peer;
        watch = new Watch(loop, channel);
        reading = new ReadSide(this, loop, channel, watch);
        writing = new WriteSide(this, loop, channel, watch);
    }

    /**
     * Connects; to be called once, on a channel that is not connected.
     *
     * @return done when connected. If it fails or is cancelled, the socket is closed.
     */
    public Future<@Nullable Void> connect() {
        loop.checkThread();
        var attempt = new ConnectSide(this, loop, channel, watch, peer);
        connecting = attempt;
        return attempt.connect();
    }

    @Override
    public Future<Integer> read(ByteBuffer buffer) {
        return reading.read(buffer);
    }

    @Override
    public Future<@Nullable Void> write(ByteBuffer buffer) {
        return writing.write(buffer);
    }

    @Override
    public Future<@Nullable Void> closeOutput() {
        loop.checkThread();
        if (!open) {
            return loop.failed(new StreamClosedException(this + " was closed on this side already"));
        }
        if (writing.closeOutput()) {
            try {
                channel.shutdownOutput();
            } catch (IOException e) {
                return loop.failed(failure("half-close", e));
            }
        }
        return loop.done();
    }

    @Override
    public void close() {
        loop.checkThread();
        if (!open) {
            return;
        }
        open = false;
        reading.close();
        writing.close();
        ConnectSide attempt = connecting;
        if (attempt != null) {
            attempt.close();
        }
        watch.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(this + " does not close: " + e.getMessage(), e);
        }
    }

    @Override
    public void abort() {
        loop.checkThread();
        if (open) {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException | UnsupportedOperationException e) {
                // it has no linger (a Unix socket), or has failed already: an ordinary close is all that is left
            }
            close();
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /**
     * The other side's address.
     *
     * @return the address
     */
    public SocketAddress peer() {
        return peer;
    }

    /**
     * This side's address.
     *
     * @return the address
     * @throws NetworkException if the socket is not open
     */
    public SocketAddress local() {
        loop.checkThread();
        try {
            return channel.getLocalAddress();
        } catch (IOException e) {
            throw failure("query of its address", e);
        }
    }

    /**
     * The value of a socket option.
     *
     * @param option for instance one of {@link StandardSocketOptions}
     * @param <T> its type
     * @return its value
     * @throws NetworkException if the system refuses
     * @throws UnsupportedOperationException if this kind of socket does not have it
     */
    public <T extends @Nullable Object> T option(SocketOption<T> option) {
        loop.checkThread();
        try {
            return channel.getOption(option);
        } catch (IOException e) {
            throw optionFailed(option, e);
        }
    }

    /**
     * Sets a socket option.
     *
     * @param option for instance one of {@link StandardSocketOptions}
     * @param value its value
     * @param <T> its type
     * @throws NetworkException if the system refuses
     * @throws UnsupportedOperationException if this kind of socket does not have it
     */
    public <T> void option(SocketOption<T> option, T value) {
        loop.checkThread();
        try {
            channel.setOption(option, value);
        } catch (IOException e) {
            throw optionFailed(option, e);
        }
    }

    private NetworkException optionFailed(SocketOption<?> option, IOException e) {
        return new NetworkException("the option " + option.name() + " of " + this + ": " + e, peer, e);
    }

    /** What a failed operation of the channel is to the user. */
    NetworkException failure(String what, IOException e) {
        return NetworkErrors.whileTalking(what, peer, e);
    }

    @Override
    public String toString() {
        return "the connection with " + Addresses.text(peer);
    }
}

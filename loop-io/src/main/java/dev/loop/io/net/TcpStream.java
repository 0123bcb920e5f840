package dev.loop.io.net;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.ByteStream;
import dev.loop.io.channel.Addresses;
import dev.loop.io.channel.StreamChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection. TCP_NODELAY is on unless it is switched off. It belongs to its loop's thread; one task at a time may read it,
 * and one may write it.
 *
 * {@snippet file="dev/loop/io/net/SnippetsTest.java" region="client"}
 */
@CheckReturnValue
public final class TcpStream implements ByteStream {

    private final StreamChannel channel;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;

    /** Takes over a connected channel. */
    TcpStream(StreamChannel channel, InetSocketAddress local, InetSocketAddress remote) {
        this.channel = channel;
        this.local = local;
        this.remote = remote;
    }

    /** Makes a stream of a channel that is connected. */
    static TcpStream accepted(EventLoop loop, SocketChannel channel, SocketOptions options) throws IOException {
        channel.configureBlocking(false);
        options.applyTo(channel);
        var remote = (InetSocketAddress) channel.getRemoteAddress();
        var local = (InetSocketAddress) channel.getLocalAddress();
        return new TcpStream(new StreamChannel(loop, channel, remote), local, remote);
    }

    /**
     * Connects to a host; tries all of its addresses, in the resolver's order.
     *
     * @param host a name, or an address as a literal
     * @param port 1 to 65535
     * @return the connection, which is the caller's to close; a cancel, also of one that nobody has read yet, closes the socket. It
     *     fails with an {@link dev.loop.io.UnresolvedHostException}, a {@link dev.loop.io.ConnectionRefusedException}, a
     *     {@link dev.loop.io.ConnectTimeoutException} or another {@link dev.loop.io.NetworkException}; if several addresses failed
     *     in different ways its message names them all, and its suppressed exceptions tell each.
     * @throws IllegalArgumentException if the port is out of range or the host empty
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<TcpStream> connect(String host, int port) {
        return connect(host, port, ConnectOptions.DEFAULT);
    }

    /**
     * Connects to a host within a time.
     *
     * @param host a name, or an address as a literal
     * @param port 1 to 65535
     * @param timeout for the whole of it: the name's resolution and all addresses
     * @return the connection; as {@link #connect(String, int)}
     */
    public static Future<TcpStream> connect(String host, int port, Duration timeout) {
        return connect(host, port, ConnectOptions.DEFAULT.withTimeout(timeout));
    }

    /**
     * Connects to a host.
     *
     * @param host a name, or an address as a literal
     * @param port 1 to 65535
     * @param options how
     * @return the connection; as {@link #connect(String, int)}
     */
    public static Future<TcpStream> connect(String host, int port, ConnectOptions options) {
        if (port < 1 || port > Addresses.MAX_PORT) {
            throw new IllegalArgumentException(
                    "port " + port + " is out of range: a server's port is 1 to " + Addresses.MAX_PORT);
        }
        return new TcpConnector(EventLoop.current(), host, port, options).connect();
    }

    @Override
    public Future<Integer> read(ByteBuffer buffer) {
        return channel.read(buffer);
    }

    @Override
    public Future<@Nullable Void> write(ByteBuffer buffer) {
        return channel.write(buffer);
    }

    @Override
    public Future<@Nullable Void> closeOutput() {
        return channel.closeOutput();
    }

    @Override
    public void close() {
        channel.close();
    }

    @Override
    public void abort() {
        channel.abort();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    /**
     * The other side's address. It can be asked after the close too.
     *
     * @return the address
     */
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    /**
     * This side's address. It can be asked after the close too.
     *
     * @return the address
     */
    public InetSocketAddress localAddress() {
        return local;
    }

    /**
     * The value of a socket option.
     *
     * @param option for instance one of {@link java.net.StandardSocketOptions}
     * @param <T> its type
     * @return its value
     * @throws dev.loop.io.NetworkException if the system refuses
     * @throws UnsupportedOperationException if TCP does not have it
     */
    public <T extends @Nullable Object> T option(SocketOption<T> option) {
        return channel.option(option);
    }

    /**
     * Sets a socket option.
     *
     * @param option for instance one of {@link java.net.StandardSocketOptions}
     * @param value its value
     * @param <T> its type
     * @throws dev.loop.io.NetworkException if the system refuses
     * @throws UnsupportedOperationException if TCP does not have it
     */
    public <T> void option(SocketOption<T> option, T value) {
        channel.option(option, value);
    }

    @Override
    public String toString() {
        return "TcpStream[" + Addresses.text(local) + " -> " + Addresses.text(remote) + (isOpen() ? "]" : ", closed]");
    }
}

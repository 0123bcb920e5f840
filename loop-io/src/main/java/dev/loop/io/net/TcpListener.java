package dev.loop.io.net;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.io.ConnectionTasks;
import dev.loop.io.Listener;
import dev.loop.io.StreamHandler;
import dev.loop.io.UnresolvedHostException;
import dev.loop.io.channel.AcceptChannel;
import dev.loop.io.channel.Addresses;
import dev.loop.io.channel.NetworkErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A TCP port that is listened on. It belongs to its loop's thread, and closes with its loop at the latest.
 *
 * {@snippet file="dev/loop/io/net/SnippetsTest.java" region="server"}
 */
@CheckReturnValue
public final class TcpListener implements Listener<TcpStream> {

    private final EventLoop loop;
    private final InetSocketAddress address;
    private final AcceptChannel<TcpStream> accepting;
    private final ConnectionTasks<TcpStream> tasks;
    private final Runnable notAtTheLoopsEnd;

    private TcpListener(EventLoop loop, ServerSocketChannel channel, InetSocketAddress address, SocketOptions options) {
        this.loop = loop;
        this.address = address;
        accepting = new AcceptChannel<>(
                loop, channel, connection -> TcpStream.accepted(loop, connection, options), toString());
        tasks = new ConnectionTasks<>(loop, this, stream -> Addresses.text(stream.remoteAddress()));
        notAtTheLoopsEnd = loop.onClose(this::close); // a port must not outlive its loop
    }

    /**
     * Listens on an address of this machine, with {@link ListenOptions#DEFAULT}.
     *
     * @param host an address as a literal, {@code 0.0.0.0} or {@code ::} for all of them, {@code localhost}, or a name; a name is
     *     resolved off the loop, and for that the calling task waits
     * @param port 0 to 65535; 0 takes any that is free, see {@link #address()}
     * @return the listener; the system keeps connections waiting from now on
     * @throws dev.loop.io.AddressInUseException if something else listens there
     * @throws UnresolvedHostException if the name has no address
     * @throws dev.loop.io.NetworkException if the system refuses otherwise
     * @throws IllegalArgumentException if the port is out of range or the host empty
     * @throws IllegalStateException if the calling thread runs no loop; with a host name, outside of a task
     */
    public static TcpListener bind(String host, int port) {
        return bind(host, port, ListenOptions.DEFAULT);
    }

    /**
     * Listens on an address of this machine; as {@link #bind(String, int)}.
     *
     * @param host an address as a literal, or a name
     * @param port 0 to 65535; 0 takes any that is free
     * @param options how
     * @return the listener
     */
    public static TcpListener bind(String host, int port, ListenOptions options) {
        checkPort(port);
        EventLoop loop = EventLoop.current();
        List<InetAddress> addresses = SystemResolver.known(host);
        if (addresses == null) {
            if (loop.isCallbackThread(
                    Thread.currentThread())) { // before a helper thread asks for what nobody could wait for
                throw new IllegalStateException(
                        "bind(\"" + host + "\", " + port
                                + ") in a callback would wait for a name server and hold every callback behind it: spawn a task");
            }
            try {
                addresses = Resolver.system().resolve(loop, host).await();
            } catch (UnresolvedHostException e) {
                throw SystemResolver.withPort(e, port);
            }
        }
        return bind(loop, new InetSocketAddress(addresses.getFirst(), port), options);
    }

    /**
     * Listens on an address of this machine, for a loop that may not run yet.
     *
     * @param loop whose tasks serve the connections
     * @param address the address, resolved
     * @param options how
     * @return the listener
     * @throws dev.loop.io.NetworkException if the system refuses; as {@link #bind(String, int)}
     * @throws IllegalArgumentException if the address is not resolved
     */
    public static TcpListener bind(EventLoop loop, InetSocketAddress address, ListenOptions options) {
        loop.checkThread();
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(
                    Addresses.text(address)
                            + " is not resolved, and a name server would hold the loop: bind(host, port) in a task resolves it");
        }
        try {
            ServerSocketChannel channel = ServerSocketChannel.open();
            try {
                channel.configureBlocking(false);
                options.options().applyTo(channel);
                channel.bind(address, options.backlog());
                var bound = (InetSocketAddress) channel.getLocalAddress();
                return new TcpListener(loop, channel, bound, options.options());
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw NetworkErrors.whileBinding("listen on", address, e);
        } catch (UnsupportedAddressTypeException e) {
            var cause = new IOException("this kind of address is switched off here", e);
            throw NetworkErrors.whileBinding("listen on", address, cause);
        }
    }

    private static void checkPort(int port) {
        if (port < 0 || port > Addresses.MAX_PORT) {
            throw new IllegalArgumentException("port " + port + " is out of range: use 1 to " + Addresses.MAX_PORT
                    + ", or 0 for any that is free");
        }
    }

    /**
     * The address that it listens on. It can be asked after the close too.
     *
     * @return the address with the port that it got
     */
    public InetSocketAddress address() {
        return address;
    }

    @Override
    public Future<TcpStream> accept() {
        return accepting.accept();
    }

    @Override
    @CanIgnoreReturnValue
    public Task<@Nullable Void> serve(StreamHandler<? super TcpStream> handler) {
        return tasks.serve(handler);
    }

    @Override
    public Future<Integer> shutdown(Duration grace) {
        close();
        return tasks.shutdown(grace);
    }

    @Override
    public void close() {
        accepting.close();
        notAtTheLoopsEnd.run();
    }

    @Override
    public boolean isOpen() {
        return accepting.isOpen();
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        loop.checkThread();
        return new Statistics(accepting.waiting(), tasks.running());
    }

    @Override
    public String toString() {
        return "TcpListener[" + Addresses.text(address) + "]";
    }

    /**
     * How a listener stands.
     *
     * @param accepting how many waits for a connection there are
     * @param serving how many connections have a handler that has not ended
     */
    public record Statistics(int accepting, int serving) {}
}

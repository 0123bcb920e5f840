package dev.loop.io.net;

import dev.loop.Async;
import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.NetworkException;
import dev.loop.io.UnresolvedHostException;
import dev.loop.io.channel.Addresses;
import dev.loop.io.channel.NetworkErrors;
import dev.loop.io.channel.StreamChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@link TcpStream#connect}: a task that resolves the name and tries one address after another, and the promise that its
 * caller has. The promise is not the task, because a connection that was made and that nobody wants any more must be closed.
 */
final class TcpConnector implements CancelHook<TcpStream> {

    private final EventLoop loop;
    private final String host;
    private final int port;
    private final ConnectOptions options;
    private final Promise<TcpStream> promise;
    private @Nullable Future<?> resolving;
    private @Nullable Task<?> task;
    private InetSocketAddress trying;

    TcpConnector(EventLoop loop, String host, int port, ConnectOptions options) {
        this.loop = loop;
        this.host = host;
        this.port = port;
        this.options = options;
        promise = loop.promise(this);
        trying = InetSocketAddress.createUnresolved(host, port);
    }

    Future<TcpStream> connect() {
        Future<List<InetAddress>> addresses = options.resolver().resolve(loop, host);
        resolving = addresses;
        task = loop.spawn("connect to " + Addresses.text(host, port), () -> run(addresses));
        return promise;
    }

    private void run(Future<List<InetAddress>> addresses) {
        TcpStream stream;
        try {
            Duration limit = options.timeout();
            stream = limit == null ? tryAll(addresses) : Async.timeout(limit, () -> tryAll(addresses));
        } catch (TimeoutException e) {
            promise.tryFail(timedOut(e));
            return;
        } catch (RuntimeException | Error e) {
            promise.tryFail(e);
            return;
        }
        if (!promise.tryComplete(stream)) {
            stream.close();
        }
    }

    private TcpStream tryAll(Future<List<InetAddress>> resolved) {
        List<InetAddress> addresses;
        try {
            addresses = resolved.await();
        } catch (UnresolvedHostException e) {
            throw SystemResolver.withPort(e, port);
        }
        if (addresses.isEmpty()) {
            throw new UnresolvedHostException(host, port, new UnknownHostException("the resolver gave no address"));
        }
        var failures = new ArrayList<NetworkException>();
        for (InetAddress ip : addresses) {
            var address = new InetSocketAddress(ip, port);
            trying = address;
            try {
                return tryOne(address);
            } catch (NetworkException e) {
                failures.add(e);
            }
        }
        throw merged(failures);
    }

    private TcpStream tryOne(InetSocketAddress address) {
        StreamChannel stream = open(address);
        stream.connect().await();
        try {
            return new TcpStream(stream, (InetSocketAddress) stream.local(), address);
        } catch (NetworkException e) {
            stream.close();
            throw e;
        }
    }

    private StreamChannel open(InetSocketAddress address) {
        try {
            SocketChannel channel = SocketChannel.open();
            try {
                channel.configureBlocking(false);
                options.options().applyTo(channel);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            return new StreamChannel(loop, channel, address);
        } catch (IOException e) {
            throw NetworkErrors.whileConnecting(address, e);
        }
    }

    /** One failure stays what it is. Of several, a refusal says most: it is the only one that came from a host. */
    private NetworkException merged(List<NetworkException> failures) {
        if (failures.size() == 1) {
            return failures.getFirst();
        }
        InetSocketAddress address = InetSocketAddress.createUnresolved(host, port);
        String message = "none of the " + failures.size() + " addresses of " + Addresses.text(address)
                + " can be connected to: "
                + failures.stream().map(Throwable::getMessage).collect(Collectors.joining("; "));
        var cause = new IOException("every address failed; see the suppressed exceptions");
        NetworkException merged = failures.stream().anyMatch(ConnectionRefusedException.class::isInstance)
                ? new ConnectionRefusedException(message, address, cause)
                : new NetworkException(message, address, cause);
        failures.forEach(merged::addSuppressed);
        return merged;
    }

    private ConnectTimeoutException timedOut(TimeoutException e) {
        var cause = new SocketTimeoutException("not connected within " + options.timeout());
        cause.initCause(e);
        return new ConnectTimeoutException(
                "no connection with " + Addresses.text(host, port) + " within " + options.timeout()
                        + (trying.isUnresolved()
                                ? " (its name was being resolved)"
                                : " (trying " + Addresses.text(trying) + ")")
                        + ": check that it is up and reachable, or allow more time",
                trying,
                cause);
    }

    @Override
    public boolean stop(Promise<TcpStream> cancelled, @Nullable String reason) {
        Task<?> t = task;
        Future<?> r = resolving;
        if (t != null && r != null) {
            t.cancel(reason);
            r.cancel(reason); // if the task had not begun, nobody else would look at how it ends
        }
        return true;
    }

    @Override
    public boolean takeBack(TcpStream stream) {
        stream.close();
        return true;
    }
}

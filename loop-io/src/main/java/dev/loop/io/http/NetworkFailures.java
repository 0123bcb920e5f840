package dev.loop.io.http;

import dev.loop.io.ConnectionResetException;
import dev.loop.io.NetworkException;
import dev.loop.io.UnresolvedHostException;
import dev.loop.io.channel.NetworkErrors;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import reactor.netty.ChannelBindException;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.PrematureCloseException;

/** What Netty and Reactor Netty throw, as this library's exceptions, which name the address. */
final class NetworkFailures {

    private NetworkFailures() {}

    /** A failure of a request; what is no failure of the network stays as it is. */
    static Throwable of(URI uri, Throwable error) {
        InetSocketAddress address = InetSocketAddress.createUnresolved(uri.getHost(), port(uri));
        String server = uri.getHost() + ":" + address.getPort();
        return switch (error) {
            case UnknownHostException e -> new UnresolvedHostException(uri.getHost(), address.getPort(), e);
            case ConnectException e -> NetworkErrors.whileConnecting(address, e);
            case NoRouteToHostException e -> NetworkErrors.whileConnecting(address, e);
            case SSLException e ->
                new NetworkException("TLS with " + server + " failed: " + e.getMessage(), address, e);
            case PrematureCloseException e ->
                new ConnectionResetException(
                        server + " closed the connection before its answer to " + uri + " was complete", address, e);
            case IOException e -> NetworkErrors.whileTalking("request for " + uri, address, e);
            case AbortedException e ->
                NetworkErrors.whileTalking("request for " + uri, address, new IOException(e.getMessage(), e));
            case ReadTimeoutException e ->
                new ResponseTimeoutException(
                        server + " did not answer the request for " + uri
                                + " in time: raise responseTimeout if it needs longer",
                        address,
                        timedOut(e));
            case TimeoutException e ->
                new NetworkException(
                        "no connection to " + server + " became free in time: " + e.getMessage(), address, timedOut(e));
            default -> error;
        };
    }

    /** A failure to open a port. */
    static Throwable ofBind(Throwable error) {
        if (!(error instanceof ChannelBindException bind)) {
            return error;
        }
        InetSocketAddress address = InetSocketAddress.createUnresolved(bind.localHost(), Math.max(0, bind.localPort()));
        Throwable cause = bind.getCause();
        if (cause instanceof UnresolvedAddressException) {
            var unknown = new UnknownHostException(bind.localHost());
            unknown.initCause(cause);
            return new UnresolvedHostException(bind.localHost(), address.getPort(), unknown);
        }
        IOException why;
        if (cause == null) {
            why = new BindException("Address already in use"); // the one cause that Reactor Netty keeps to itself
        } else {
            why = cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
        }
        return NetworkErrors.whileBinding("listen on", address, why);
    }

    private static int port(URI uri) {
        int port = uri.getPort();
        return port >= 0 ? port : uri.getScheme().toLowerCase(Locale.ROOT).equals("https") ? 443 : 80;
    }

    private static SocketTimeoutException timedOut(Throwable cause) {
        var e = new SocketTimeoutException(cause.getMessage());
        e.initCause(cause);
        return e;
    }
}

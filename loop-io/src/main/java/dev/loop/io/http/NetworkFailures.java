package dev.loop.io.http;

import dev.loop.io.AddressInUseException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.NetworkException;
import dev.loop.io.UnresolvedHostException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
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
            case io.netty.channel.ConnectTimeoutException e ->
                new ConnectTimeoutException(
                        server + " did not accept a connection in time: check the address, and that the host is up", address, e);
            case ConnectException e when saysRefused(e) ->
                new ConnectionRefusedException(
                        server + " refused the connection: check the port, and that the server runs", address, e);
            case ReadTimeoutException e ->
                new ResponseTimeoutException(
                        server + " did not answer the request for " + uri + " in time: raise responseTimeout if it needs longer",
                        address,
                        timedOut(e));
            case PrematureCloseException e ->
                new ConnectionResetException(server + " closed the connection before its answer was complete", address, e);
            case SSLException e -> new NetworkException("TLS with " + server + " failed: " + e.getMessage(), address, e);
            case IOException e when AbortedException.isConnectionReset(e) ->
                new ConnectionResetException(server + " reset the connection: " + e.getMessage(), address, e);
            case IOException e -> new NetworkException("the request for " + uri + " failed: " + e.getMessage(), address, e);
            case AbortedException e ->
                new ConnectionResetException(
                        server + " closed the connection: " + e.getMessage(), address, new IOException(e.getMessage(), e));
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
        String where = bind.localHost() + ":" + bind.localPort();
        Throwable cause = bind.getCause();
        if (cause instanceof UnresolvedAddressException) {
            var unknown = new UnknownHostException(bind.localHost());
            unknown.initCause(cause);
            return new UnresolvedHostException(bind.localHost(), Math.max(0, bind.localPort()), unknown);
        }
        // Reactor Netty drops the cause where it knows it: the address is in use
        IOException why = cause == null
                ? new BindException("Address already in use")
                : cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
        return String.valueOf(why.getMessage()).contains("in use")
                ? new AddressInUseException(
                        "cannot listen on " + where + ": the address is in use; choose another port (0 takes a free one)",
                        address,
                        why)
                : new NetworkException("cannot listen on " + where + ": " + why.getMessage(), address, why);
    }

    private static int port(URI uri) {
        int port = uri.getPort();
        return port >= 0 ? port : uri.getScheme().toLowerCase(Locale.ROOT).equals("https") ? 443 : 80;
    }

    private static boolean saysRefused(ConnectException e) {
        return String.valueOf(e.getMessage()).contains("refused");
    }

    private static SocketTimeoutException timedOut(Throwable cause) {
        var e = new SocketTimeoutException(cause.getMessage());
        e.initCause(cause);
        return e;
    }
}

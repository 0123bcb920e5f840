package dev.loop.io.http;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.netty.NettyLoopResources;
import dev.loop.reactor.Monos;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * Reactor Netty's HTTP server on a loop: its connections, its handlers, and the tasks and timers of the loop run on one thread.
 *
 * {@snippet file="dev/loop/io/http/SnippetsTest.java" region="server"}
 */
@CheckReturnValue
public final class HttpServers {

    private HttpServers() {}

    /**
     * A server that will run on a loop, configured no further: Reactor Netty's own methods do the rest.
     *
     * @param loop where it runs; if that runs already, one of its tasks or callbacks must be the caller
     * @return a server that is not bound yet
     */
    public static HttpServer on(EventLoop loop) {
        NettyLoopResources netty = NettyLoopResources.forLoop(loop);
        return HttpServer.create().runOn(netty, false).channelGroup(netty.serverConnections());
    }

    /**
     * Opens the port of a server. A host name, rather than an address, is looked up in the calling thread.
     *
     * @param server made by {@link #on}; a task or callback of its loop must be the caller
     * @return the running server; its {@code address()} tells the port if that was 0. Fails with
     *     {@link dev.loop.io.AddressInUseException} if another listener has it, with
     *     {@link dev.loop.io.UnresolvedHostException} if the host has no address, with {@link dev.loop.io.NetworkException} if the
     *     address is none of this machine's or not permitted.
     */
    public static Future<DisposableServer> bind(HttpServer server) {
        Mono<DisposableServer> bound =
                server.bind().cast(DisposableServer.class).onErrorMap(NetworkFailures::ofBind);
        return Futures.present(Monos.toFuture(bound));
    }

    /**
     * Stops a server in order: no more connections are accepted, idle ones are closed, requests in flight may finish, and what has
     * not finished in time is cut off, which cancels its tasks.
     *
     * @param server made by {@link #on}; a task or callback of its loop must be the caller
     * @param grace how long requests in flight may take; zero cuts them off at once
     * @return how many requests were cut off
     * @throws IllegalArgumentException if the grace period is negative
     */
    public static Future<Integer> stop(DisposableServer server, Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("the grace period is negative: " + grace);
        }
        EventLoop loop = EventLoop.current();
        var stop = new ServerStop(server, NettyLoopResources.forLoop(loop).serverConnections(), grace);
        return loop.spawn("stop " + server.channel(), stop::run);
    }
}

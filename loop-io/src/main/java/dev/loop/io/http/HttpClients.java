package dev.loop.io.http;

import dev.loop.EventLoop;
import dev.loop.io.netty.NettyLoopResources;
import reactor.netty.http.client.HttpClient;

/**
 * Reactor Netty's HTTP client on a loop. What it returns is awaited in a task by {@code Monos.await(…)}, or by
 * {@link Http#reply} for a short answer.
 */
public final class HttpClients {

    private HttpClients() {}

    /**
     * A client whose connections, pool, name resolver and timers belong to a loop and end with it. All clients of a loop share the
     * pool and the resolver; else it has Reactor Netty's defaults, so without a limit on a response's time: set
     * {@code responseTimeout}.
     *
     * @param loop where it runs; if that runs already, one of its tasks or callbacks must be the caller
     * @return a client, to be configured further by its own methods
     */
    public static HttpClient on(EventLoop loop) {
        NettyLoopResources netty = NettyLoopResources.forLoop(loop);
        // the resolver first: runOn() puts one of its own into a static map if there is none yet, and that stays there
        // for ever
        return HttpClient.create(netty.connectionProvider())
                .resolver(netty.resolver())
                .runOn(netty, false);
    }
}

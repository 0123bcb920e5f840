package dev.loop.io.http;

import dev.loop.EventLoop;
import java.util.function.Consumer;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServerRoutes;

/** A server on a free port of a new loop, and a test as a task of the same loop. */
final class TestServer {

    private TestServer() {}

    /** What a test does, with the URL of the server, which does not end in a slash. */
    @FunctionalInterface
    interface Body {
        void run(String url) throws Exception;
    }

    static void serve(Consumer<HttpServerRoutes> routes, Body body) {
        EventLoop.run(() -> {
            DisposableServer server = start(routes);
            body.run("http://127.0.0.1:" + server.port());
        });
    }

    /** On the current loop. */
    static DisposableServer start(Consumer<HttpServerRoutes> routes) {
        return HttpServers.bind(HttpServers.on(EventLoop.current())
                        .host("127.0.0.1")
                        .port(0)
                        .route(routes))
                .await();
    }

    static String get(String url) {
        return Http.get(url).await().text();
    }
}

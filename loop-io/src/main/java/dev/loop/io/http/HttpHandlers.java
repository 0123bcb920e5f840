package dev.loop.io.http;

import java.util.Objects;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Coroutines as handlers of Reactor Netty's server, for {@code handle} and for routes:
 *
 * {@snippet file="dev/loop/io/http/SnippetsTest.java" region="handlers"}
 *
 * <p>Each request has a task of its own on the server's loop, so handlers share state with all that runs there without a lock, and
 * one that waits holds nobody up. When the client is gone before its answer was complete, the task is cancelled.
 *
 * <p>If a handler fails, the client gets a 500 with an identifier and nothing else, and one line in the log has that identifier and
 * the failure. If the response has begun, the connection is closed instead. A task that somebody cancels answers 503.
 */
public final class HttpHandlers {

    private HttpHandlers() {}

    /**
     * A handler that returns the response's body.
     *
     * @param body what answers a request
     * @return for {@code HttpServer.handle} and {@code HttpServerRoutes}; it must run on a loop, as those of {@link HttpServers#on}
     *     do
     */
    public static BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> coroutine(HttpCoroutine body) {
        Objects.requireNonNull(body, "body");
        return (request, response) -> new ExchangeMono(body, request, response);
    }

    /**
     * A handler that writes the response itself.
     *
     * @param body what answers a request
     * @return for {@code HttpServer.handle} and {@code HttpServerRoutes}; it must run on a loop, as those of {@link HttpServers#on}
     *     do
     */
    public static BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> writing(HttpWriter body) {
        Objects.requireNonNull(body, "body");
        return coroutine((request, response) -> {
            body.handle(request, response);
            return null;
        });
    }
}

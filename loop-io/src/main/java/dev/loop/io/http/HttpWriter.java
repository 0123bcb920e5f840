package dev.loop.io.http;

import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Answers a request as a coroutine that writes the response itself. */
@FunctionalInterface
public interface HttpWriter {

    /**
     * Answers one request. The response is complete when this returns; one that was not begun is sent without a body.
     *
     * @param request what the client asks
     * @param response what it gets, written by {@code Monos.await(response.send…(…).then())}
     * @throws Exception whatever fails; the client gets a 500 without any of it, or the end of the connection if the response has
     *     begun
     */
    void handle(HttpServerRequest request, HttpServerResponse response) throws Exception;
}

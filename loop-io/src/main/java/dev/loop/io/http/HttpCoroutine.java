package dev.loop.io.http;

import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** Answers a request as a coroutine: plain code in a task of its own that may await. */
@FunctionalInterface
public interface HttpCoroutine {

    /**
     * Answers one request.
     *
     * @param request what the client asks; its body is read by {@code Monos.await(request.receive().aggregate().asString())} and its
     *     kin
     * @param response status, headers and cookies are set here before the body is returned
     * @return the body: a {@link String} (UTF-8), a {@code byte[]}, a {@code ByteBuf}, what {@code response.send…(…)} returns, or a
     *     {@link org.reactivestreams.Publisher} of strings, {@code byte[]}s or {@code ByteBuf}s, which is streamed with back-pressure;
     *     null for no body, or if the response has been written already
     * @throws Exception whatever fails; the client gets a 500 without any of it
     */
    @Nullable Object handle(HttpServerRequest request, HttpServerResponse response) throws Exception;
}

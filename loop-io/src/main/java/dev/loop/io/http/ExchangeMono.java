package dev.loop.io.http;

import dev.loop.EventLoop;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** One request and its answer, as what Reactor Netty subscribes to. */
final class ExchangeMono extends Mono<Void> {

    private final HttpCoroutine body;
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    ExchangeMono(HttpCoroutine body, HttpServerRequest request, HttpServerResponse response) {
        this.body = body;
        this.request = request;
        this.response = response;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> actual) {
        EventLoop loop = EventLoop.currentOrNull();
        if (loop == null) {
            Operators.error(
                    actual,
                    new IllegalStateException("a coroutine handler was called on " + Thread.currentThread()
                            + ", which runs no loop: make the server with HttpServers.on(loop)"));
            return;
        }
        var exchange = new Exchange(loop, body, request, response, actual);
        actual.onSubscribe(exchange);
        exchange.start();
    }
}

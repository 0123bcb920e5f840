package dev.loop.io.http;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.reactor.Monos;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/**
 * The short way to an HTTP answer:
 *
 * {@snippet file="dev/loop/io/http/SnippetsTest.java" region="client"}
 *
 * <p>Failures name the address and the cause, and are {@link java.io.UncheckedIOException}s:
 * {@link dev.loop.io.UnresolvedHostException}, {@link dev.loop.io.ConnectionRefusedException},
 * {@link dev.loop.io.ConnectTimeoutException}, {@link ResponseTimeoutException}, {@link dev.loop.io.ConnectionResetException},
 * {@link BadUrlException}, {@link BodyTooLargeException}, and {@link dev.loop.io.NetworkException} for the rest. A status like 404
 * or 500 is an answer and no failure. A cancel of the future ends the request and closes its connection.
 */
@CheckReturnValue
public final class Http {

    /** How long {@link #get(String)} waits for a server that says nothing. */
    public static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(30);

    /** How many bytes of a body are taken into memory. */
    public static final int MAX_BODY = 64 * 1024 * 1024;

    private Http() {}

    /**
     * Gets a URL with the client of the current loop, {@link HttpClients#on}, and {@link #RESPONSE_TIMEOUT}. Redirects are not
     * followed.
     *
     * @param url {@code http} or {@code https}
     * @return the whole answer, in memory; it fails if its body has more than {@link #MAX_BODY} bytes
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<HttpReply> get(String url) {
        return get(HttpClients.on(EventLoop.current()).responseTimeout(RESPONSE_TIMEOUT), url);
    }

    /**
     * Gets a URL with a client.
     *
     * @param client made by {@link HttpClients#on}, with whatever limits, headers or redirects it needs
     * @param url {@code http} or {@code https}
     * @return the whole answer, in memory; it fails if its body has more than {@link #MAX_BODY} bytes
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<HttpReply> get(HttpClient client, String url) {
        URI uri;
        try {
            uri = parse(url);
        } catch (BadUrlException e) {
            return EventLoop.current().failed(e);
        }
        return reply(client.get().uri(uri), uri);
    }

    /**
     * Sends a request that was made with a client, and gives the whole answer:
     *
     * {@snippet file="dev/loop/io/http/SnippetsTest.java" region="post"}
     *
     * @param request a request, not sent yet
     * @param uri where it goes, absolute
     * @return the whole answer, in memory; it fails if its body has more than {@link #MAX_BODY} bytes
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<HttpReply> reply(HttpClient.ResponseReceiver<?> request, URI uri) {
        Mono<HttpReply> reply = request.uri(uri)
                .response((response, content) -> content.asByteArray()
                        .collect(() -> new BodyBuffer(uri, MAX_BODY), BodyBuffer::add)
                        .map(body -> new HttpReply(response.status(), response.responseHeaders(), body.bytes())))
                .single()
                .onErrorMap(e -> NetworkFailures.of(uri, e));
        return Futures.present(Monos.toFuture(reply));
    }

    private static URI parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new BadUrlException(url, e.getReason());
        }
        String scheme = uri.getScheme();
        if (scheme == null || !(scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https"))) {
            throw new BadUrlException(url, "it does not begin with http:// or https://");
        }
        if (uri.getHost() == null) {
            throw new BadUrlException(url, "it has no host name");
        }
        if (uri.getPort() > 65535 || uri.getPort() == 0) {
            throw new BadUrlException(url, "its port " + uri.getPort() + " is not between 1 and 65535");
        }
        return uri;
    }
}

package dev.loop.benchmarks.peers;

import static dev.loop.io.http.HttpHandlers.coroutine;

import dev.loop.EventLoop;
import dev.loop.io.http.HttpServers;
import dev.loop.reactor.Monos;
import io.netty.channel.ChannelOption;
import java.util.List;
import java.util.function.BiFunction;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Answers {@code GET /} with {@code Hello, World!}. Usage: {@code HttpHello PORT MODE}; it runs until it is killed. The modes:
 * {@code rn} is a handler as Reactor Netty has them, on our loop; {@code coro} is a coroutine for each request.
 */
public final class HttpHello {

    private static final String HELLO = "Hello, World!";

    private HttpHello() {}

    /**
     * Serves on the loopback interface.
     *
     * @param args the port and the mode
     */
    public static void main(String[] args) {
        String usage = "HttpHello PORT rn|coro";
        int port = Program.port(usage, args, 2);
        String mode = args[1];
        if (!List.of("rn", "coro").contains(mode)) {
            throw Program.fail("the mode '" + mode + "' is neither rn nor coro; usage: " + usage);
        }
        Program.run(() -> {
            var server =
                    HttpServers.bind(server(EventLoop.current(), port, mode)).await();
            Monos.await(server.onDispose());
        });
    }

    /** The server, configured like its peer on Reactor Netty's own loop. */
    static HttpServer server(EventLoop loop, int port, String mode) {
        var handler = mode.equals("coro") ? coroutine(HttpHello::answer) : reactive();
        return HttpServers.on(loop)
                .host("127.0.0.1")
                .port(port)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .route(routes -> routes.get("/", handler));
    }

    private static BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> reactive() {
        return (request, response) ->
                response.header("Content-Type", "text/plain").sendString(Mono.just(HELLO));
    }

    private static String answer(HttpServerRequest request, HttpServerResponse response) {
        response.header("Content-Type", "text/plain");
        return HELLO;
    }
}

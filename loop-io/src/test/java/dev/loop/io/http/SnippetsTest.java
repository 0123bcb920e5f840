package dev.loop.io.http;

import static dev.loop.Async.sleep;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.HttpHandlers.writing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.io.netty.NettyLoopResources;
import dev.loop.reactor.Monos;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRoutes;

/** The samples of the Javadoc, compiled and run. */
class SnippetsTest {

    private static void routes(HttpServerRoutes routes) {
        // @start region="handlers"
        routes.get("/slow", coroutine((request, response) -> {
            sleep(Duration.ofMillis(10)).await(); // others are answered meanwhile
            return "done";
        }));
        routes.get("/numbers", coroutine((request, response) -> Flux.range(1, 3).map(n -> n + "\n")));
        routes.post("/shout", writing((request, response) -> {
            String body = Monos.await(request.receive().aggregate().asString());
            Monos.await(response.sendString(Mono.just(body + "!")).then());
        }));
        // @end
    }

    private static void server(EventLoop loop) {
        // @start region="server"
        HttpServer http = HttpServers.on(loop)
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.get("/", coroutine((request, response) -> "hello")));
        DisposableServer server = HttpServers.bind(http).await();
        // …
        HttpServers.stop(server, Duration.ofSeconds(10)).await();
        // @end
    }

    private static String client(String url) {
        // @start region="client"
        HttpReply reply = Http.get(url).await();
        String text = reply.status().code() == 200 ? reply.text() : "?";
        // @end
        // @start region="post"
        var post = HttpClients.on(EventLoop.current()).post().send(ByteBufFlux.fromString(Mono.just("hey")));
        HttpReply shouted = Http.reply(post, URI.create(url).resolve("/shout")).await();
        // @end
        return text + shouted.text();
    }

    private static void resources(EventLoop loop) {
        // @start region="resources"
        var netty = NettyLoopResources.forLoop(loop);
        var server = HttpServer.create().runOn(netty, false);
        var client = HttpClient.create(netty.connectionProvider())
                .resolver(netty.resolver())
                .runOn(netty, false);
        // @end
        assertThat(server.configuration().loopResources()).isSameAs(netty);
        assertThat(client.configuration().loopResources()).isSameAs(netty);
    }

    @Test
    void theSamplesWork() {
        EventLoop.run(() -> {
            server(EventLoop.current());
            resources(EventLoop.current());
        });
        TestServer.serve(SnippetsTest::routes, url -> {
            assertThat(client(url + "/slow")).isEqualTo("donehey!");
            assertThat(TestServer.get(url + "/numbers")).isEqualTo("1\n2\n3\n");
        });
    }
}

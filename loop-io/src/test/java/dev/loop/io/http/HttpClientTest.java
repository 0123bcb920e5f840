package dev.loop.io.http;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.TestServer.serve;
import static dev.loop.io.http.TestServer.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.AddressInUseException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.NetworkException;
import dev.loop.io.UnresolvedHostException;
import dev.loop.io.netty.NettyLoopResources;
import dev.loop.reactor.Monos;
import io.netty.channel.ChannelOption;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;

/** HTTP answers awaited in tasks, and failures that say what to do. */
@Tag("both-engines")
class HttpClientTest {

    private static HttpClient client() {
        return HttpClients.on(EventLoop.current());
    }

    @Test
    void anAnswerHasStatusHeadersAndBody() {
        serve(
                routes -> routes.get("/", coroutine((request, response) -> {
                    response.status(404)
                            .header("x-kind", "none")
                            .header("content-type", "text/plain; charset=iso-8859-1");
                    return new byte[] {(byte) 0xe9};
                })),
                url -> {
                    HttpReply reply = Http.get(url).await();
                    assertThat(reply.status().code()).isEqualTo(404);
                    assertThat(reply.headers().get("X-Kind")).isEqualTo("none");
                    assertThat(reply.bytes()).containsExactly((byte) 0xe9);
                    assertThat(reply.text()).isEqualTo("é");
                    assertThat(reply).hasToString("HttpReply[404 Not Found, 1 bytes]");
                });
    }

    @Test
    void aRequestOfReactorNettysOwnGivesAReplyToo() {
        serve(
                routes -> routes.post(
                        "/",
                        (request, response) -> response.send(request.receive().retain())),
                url -> {
                    var post = client().post().send(ByteBufFlux.fromString(Mono.just("ping")));
                    assertThat(Http.reply(post, URI.create(url)).await().text()).isEqualTo("ping");
                });
    }

    @Test
    void serverAndClientShareTheCallbackThread() {
        var onCallbackThread = new ArrayList<Boolean>();
        serve(
                routes -> routes.get("/", (request, response) -> {
                    onCallbackThread.add(EventLoop.current().isCallbackThread(Thread.currentThread()));
                    return response.sendString(Mono.just("x"));
                }),
                url -> Monos.await(client().get()
                        .uri(url)
                        .responseContent()
                        .aggregate()
                        .doOnNext(_ ->
                                onCallbackThread.add(EventLoop.current().isCallbackThread(Thread.currentThread())))));
        assertThat(onCallbackThread).containsExactly(true, true);
    }

    @Test
    void nobodyListening() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = socket.getLocalPort();
        }
        EventLoop.run(() -> assertThatThrownBy(
                        () -> Http.get("http://127.0.0.1:" + port + "/x").await())
                .isInstanceOf(ConnectionRefusedException.class)
                .hasMessageContaining("127.0.0.1:" + port + " refused the connection")
                .hasCauseInstanceOf(java.net.ConnectException.class));
    }

    @Test
    void aHostThatDoesNotAnswerAConnection() throws Exception {
        // a full backlog: the system drops what comes, as a dead host does
        try (var full = new ServerSocket()) {
            full.bind(new InetSocketAddress("127.0.0.1", 0), 1);
            var fillers = new ArrayList<java.nio.channels.SocketChannel>();
            for (int i = 0; i < 8; i++) {
                var filler = java.nio.channels.SocketChannel.open();
                filler.configureBlocking(false);
                filler.connect(full.getLocalSocketAddress());
                fillers.add(filler);
            }
            EventLoop.run(() -> {
                HttpClient impatient = client().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 100);
                assertThatThrownBy(() -> Http.get(impatient, "http://127.0.0.1:" + full.getLocalPort())
                                .await())
                        .isInstanceOf(ConnectTimeoutException.class)
                        .hasMessageContaining("127.0.0.1:" + full.getLocalPort() + " does not answer");
            });
            for (var filler : fillers) {
                filler.close();
            }
        }
    }

    @Test
    void aHostThatDoesNotAnswerARequest() {
        serve(
                routes -> routes.get("/hang", coroutine((request, response) -> {
                    sleep(Duration.ofHours(1)).await();
                    return "never";
                })),
                url -> {
                    HttpClient impatient = client().responseTimeout(Duration.ofMillis(50));
                    assertThatThrownBy(() -> Http.get(impatient, url + "/hang").await())
                            .isInstanceOf(ResponseTimeoutException.class)
                            .isInstanceOf(NetworkException.class)
                            .hasMessageContaining("did not answer the request for " + url + "/hang in time");
                    assertThatThrownBy(() -> Async.waitFor(Http.get(url + "/hang"), Duration.ofMillis(50))
                                    .await())
                            .isInstanceOf(dev.loop.TimeoutException.class);
                });
    }

    @Test
    void aServerThatClosesInTheMiddle() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            EventLoop.run(() -> {
                Future<?> rude = Async.toThread(() -> {
                    try (var connection = server.accept()) {
                        connection.getInputStream().read(new byte[1000]);
                        connection
                                .getOutputStream()
                                .write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc".getBytes());
                    }
                    return null;
                });
                assertThatThrownBy(() -> Http.get("http://127.0.0.1:" + server.getLocalPort())
                                .await())
                        .isInstanceOf(ConnectionResetException.class)
                        .hasMessageContaining("127.0.0.1:" + server.getLocalPort() + " closed the connection");
                rude.await();
            });
        }
    }

    @Test
    void aHostNameThatNoNameServerKnows() {
        EventLoop.run(() -> {
            try (var dns = new FakeNameServer(NettyLoopResources.forLoop(EventLoop.current()))) {
                HttpClient client = client().resolver(dns.resolver());
                assertThatThrownBy(
                                () -> Http.get(client, "http://nobody.example/").await())
                        .isInstanceOf(UnresolvedHostException.class)
                        .hasMessageContaining("'nobody.example' cannot be resolved");
            }
        });
    }

    @Test
    void aHostNameIsResolvedOnTheLoop() {
        EventLoop.run(() -> {
            DisposableServer server = start(routes -> routes.get("/", coroutine((request, response) -> "found")));
            try (var dns = new FakeNameServer(NettyLoopResources.forLoop(EventLoop.current()))) {
                HttpClient client = client().resolver(dns.resolver());
                String url = "http://" + FakeNameServer.KNOWN + ":" + server.port();
                assertThat(Http.get(client, url).await().text()).isEqualTo("found");
                assertThat(dns.queries()).isPositive();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "ftp://host/",
                "http://",
                "http:///path",
                "http://a b/",
                "http://host:99999/",
                "//host/"
            })
    void whatIsNoUrlFailsByName(String url) {
        EventLoop.run(() -> assertThatThrownBy(() -> Http.get(url).await())
                .isInstanceOf(BadUrlException.class)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith("'" + url + "' is not a URL"));
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        serve(routes -> {}, url -> {
            int port = URI.create(url).getPort();
            var second = HttpServers.on(EventLoop.current()).host("127.0.0.1").port(port);
            assertThatThrownBy(() -> HttpServers.bind(second).await())
                    .isInstanceOf(AddressInUseException.class)
                    .hasMessageContaining("127.0.0.1:" + port);
            var elsewhere =
                    HttpServers.on(EventLoop.current()).host("192.0.2.1").port(0);
            assertThatThrownBy(() -> HttpServers.bind(elsewhere).await())
                    .isInstanceOf(NetworkException.class)
                    .hasMessageContaining("192.0.2.1:0");
        });
    }

    @Test
    void aCancelClosesTheConnectionOfARequestInFlight() {
        var events = new ArrayList<String>();
        serve(
                routes -> routes.get("/", coroutine((request, response) -> {
                    events.add("begins");
                    request.withConnection(c -> c.onDispose(() -> events.add("closed")));
                    sleep(Duration.ofHours(1)).await();
                    return "never";
                })),
                url -> {
                    Future<HttpReply> request = Http.get(url);
                    while (events.isEmpty()) {
                        yieldNow();
                    }
                    request.cancel();
                    while (events.size() < 2) {
                        yieldNow();
                    }
                    assertThat(events).isEqualTo(List.of("begins", "closed"));
                });
    }

    @Test
    void aUrlsSchemeMayBeInCapitals() {
        serve(
                routes -> routes.get("/", coroutine((request, response) -> "x")),
                url -> assertThat(
                                Http.get(url.replace("http:", "HTTP:")).await().text())
                        .isEqualTo("x"));
    }
}

package dev.loop.io.http;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.HttpHandlers.writing;
import static dev.loop.io.http.TestServer.get;
import static dev.loop.io.http.TestServer.serve;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.reactor.LoopScheduler;
import dev.loop.reactor.Monos;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;

/** Coroutines answer requests, beside Reactor's own handlers, on the loop's one thread; the clients are tasks of the same loop. */
@Tag("both-engines")
class HttpServerTest {

    private final List<String> events = new ArrayList<>();

    @Test
    void aCoroutineMayReturnItsBodyInManyForms() {
        serve(
                routes -> routes.get("/string", coroutine((request, response) -> "grüße"))
                        .get("/bytes", coroutine((request, response) -> new byte[] {'a', 'b'}))
                        .get("/mono", coroutine((request, response) -> Mono.just("mono")))
                        .get("/flux", coroutine((request, response) -> Flux.just("one ", "two ", "three")))
                        .get("/sent", coroutine((request, response) -> response.sendString(Mono.just("sent"))))
                        .get(
                                "/done",
                                coroutine((request, response) ->
                                        response.sendString(Mono.just("done")).then()))
                        .get("/empty", coroutine((request, response) -> Mono.empty()))
                        .get("/null", coroutine((request, response) -> null))
                        .get(
                                "/status",
                                coroutine((request, response) ->
                                        response.status(204).send()))
                        .get("/written", writing((request, response) -> {
                            Monos.await(
                                    response.sendString(Mono.just("written")).then());
                            events.add("after writing");
                        })),
                url -> {
                    assertThat(get(url + "/string")).isEqualTo("grüße");
                    assertThat(get(url + "/bytes")).isEqualTo("ab");
                    assertThat(get(url + "/mono")).isEqualTo("mono");
                    assertThat(get(url + "/flux")).isEqualTo("one two three");
                    assertThat(get(url + "/sent")).isEqualTo("sent");
                    assertThat(get(url + "/done")).isEqualTo("done");
                    assertThat(get(url + "/empty")).isEmpty();
                    assertThat(get(url + "/null")).isEmpty();
                    assertThat(Http.get(url + "/status").await().status().code())
                            .isEqualTo(204);
                    assertThat(get(url + "/written")).isEqualTo("written");
                    assertThat(events).containsExactly("after writing");
                });
    }

    @Test
    void textAndBytesSaySoUnlessTheHandlerHas() {
        serve(
                routes -> routes.get("/text", coroutine((request, response) -> "x"))
                        .get("/bytes", coroutine((request, response) -> new byte[1]))
                        .get("/stream", coroutine((request, response) -> Flux.just("x", "y")))
                        .get("/json", coroutine((request, response) -> {
                            response.header("content-type", "application/json");
                            return "{}";
                        })),
                url -> {
                    var types = new ArrayList<String>();
                    for (String path : List.of("/text", "/bytes", "/stream", "/json")) {
                        types.add(Http.get(url + path).await().headers().get("content-type"));
                    }
                    assertThat(types)
                            .containsExactly(
                                    "text/plain; charset=utf-8",
                                    "application/octet-stream",
                                    "text/plain; charset=utf-8",
                                    "application/json");
                    assertThat(Http.get(url + "/text").await().headers().get("content-length"))
                            .isEqualTo("1");
                });
    }

    @Test
    void aCoroutineReadsTheRequestsBodyByAwaiting() {
        serve(
                routes -> routes.post("/echo/{name}", coroutine((request, response) -> {
                    String body = Monos.await(request.receive().aggregate().asString(StandardCharsets.UTF_8));
                    return request.param("name") + ": " + body;
                })),
                url -> {
                    HttpClient client = HttpClients.on(EventLoop.current());
                    String answer = Monos.await(client.post()
                            .uri(url + "/echo/you")
                            .send(ByteBufFlux.fromString(Mono.just("hello")))
                            .responseContent()
                            .aggregate()
                            .asString());
                    assertThat(answer).isEqualTo("you: hello");
                });
    }

    @Test
    void whileOneHandlerSleepsTheOthersAnswer() {
        serve(
                routes -> routes.get("/slow", coroutine((request, response) -> {
                            events.add("slow begins");
                            sleep(Duration.ofMillis(200)).await();
                            events.add("slow ends");
                            return "slow";
                        }))
                        .get("/coroutine", coroutine((request, response) -> "coroutine"))
                        .get("/mono", (request, response) -> response.sendString(Mono.just("mono"))),
                url -> {
                    Future<HttpReply> slow = Http.get(url + "/slow");
                    while (events.isEmpty()) {
                        yieldNow();
                    }
                    events.add(get(url + "/coroutine"));
                    events.add(get(url + "/mono"));
                    events.add(slow.await().text());
                });
        assertThat(events).containsExactly("slow begins", "coroutine", "mono", "slow ends", "slow");
    }

    @Test
    void everythingRunsOnOneThreadSoAPlainCounterLosesNothing() {
        int clients = 64;
        int requests = 10;
        var count = new int[1];
        serve(
                routes -> routes.get("/coroutine", coroutine((request, response) -> {
                            int before = count[0];
                            count[0] = before + 1;
                            return "" + count[0];
                        }))
                        .get("/mono", (request, response) -> {
                            int before = count[0];
                            count[0] = before + 1;
                            return response.sendString(Mono.just("" + count[0]));
                        }),
                url -> {
                    Task<Void> counter = spawn(() -> {
                        for (int i = 0; i < 1000; i++) {
                            int before = count[0];
                            count[0] = before + 1;
                            yieldNow();
                        }
                    });
                    List<Task<Void>> all = IntStream.range(0, clients)
                            .mapToObj(i -> spawn(() -> {
                                for (int n = 0; n < requests; n++) {
                                    get(url + (n % 2 == 0 ? "/coroutine" : "/mono"));
                                }
                            }))
                            .toList();
                    gather(all).await();
                    counter.await();
                    assertThat(count[0]).isEqualTo(clients * requests + 1000);
                });
    }

    @Test
    void aClientThatGoesCancelsItsHandlersTask() {
        serve(
                routes -> routes.get("/wait", coroutine((request, response) -> {
                    events.add("begins");
                    try {
                        sleep(Duration.ofHours(1)).await();
                        return "never";
                    } catch (CancelledException e) {
                        events.add("cancelled: " + e.reason());
                        throw e;
                    }
                })),
                url -> {
                    Future<HttpReply> request = Http.get(url + "/wait");
                    while (events.isEmpty()) {
                        yieldNow();
                    }
                    request.cancel();
                    while (events.size() < 2) {
                        yieldNow();
                    }
                });
        assertThat(events).containsExactly("begins", "cancelled: the client has gone");
    }

    @Test
    void aTimeLimitOfReactorsAroundAHandlerCancelsItsTask() {
        EventLoop.run(() -> {
            var server = HttpServers.bind(HttpServers.on(EventLoop.current())
                            .host("127.0.0.1")
                            .port(0)
                            .mapHandle((mono, connection) -> mono.timeout(
                                    Duration.ofMillis(20), Mono.empty(), LoopScheduler.of(EventLoop.current())))
                            .route(routes -> routes.get("/", coroutine((request, response) -> {
                                try {
                                    sleep(Duration.ofHours(1)).await();
                                    return "never";
                                } catch (CancelledException e) {
                                    events.add(e.reason());
                                    throw e;
                                }
                            }))))
                    .await();
            assertThat(get("http://127.0.0.1:" + server.port())).isEmpty();
        });
        assertThat(events).containsExactly("the answer is not wanted any more");
    }

    @Test
    void aStreamEndsWithItsClient() {
        serve(
                routes -> routes.get(
                        "/endless",
                        coroutine((request, response) -> Flux.<String>generate(sink -> sink.next("x"))
                                .doOnCancel(() -> events.add("cancelled")))),
                url -> {
                    String first = Monos.await(HttpClients.on(EventLoop.current())
                            .get()
                            .uri(url + "/endless")
                            .responseContent()
                            .asString()
                            .next());
                    assertThat(first).startsWith("x");
                    while (events.isEmpty()) {
                        yieldNow();
                    }
                });
        assertThat(events).containsExactly("cancelled");
    }

    @Test
    void aHandlersTaskThatSomebodyCancelsIsUnavailable() {
        serve(
                routes -> routes.get("/wait", coroutine((request, response) -> {
                    events.add("begins");
                    sleep(Duration.ofHours(1)).await();
                    return "never";
                })),
                url -> {
                    Future<HttpReply> request = Http.get(url + "/wait");
                    while (events.isEmpty()) {
                        yieldNow();
                    }
                    EventLoop.current().allTasks().stream()
                            .filter(task -> task.name().equals("GET /wait"))
                            .forEach(Task::cancel);
                    assertThat(request.await().status().code()).isEqualTo(503);
                });
    }

    @Test
    void aCoroutineAndAMonoShareTheConnectionInTurn() {
        serve(
                routes -> routes.get("/a", coroutine((request, response) -> "a"))
                        .get("/b", (request, response) -> response.sendString(Mono.just("b"))),
                url -> {
                    var text = new StringBuilder();
                    for (int i = 0; i < 10; i++) {
                        text.append(get(url + "/a")).append(get(url + "/b"));
                    }
                    assertThat(text).hasToString("ab".repeat(10));
                });
    }
}

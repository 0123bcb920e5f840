package dev.loop.io.http;

import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.HttpHandlers.writing;
import static dev.loop.io.http.TestServer.get;
import static dev.loop.io.http.TestServer.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.io.ConnectionResetException;
import dev.loop.reactor.Monos;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A handler that fails: an identifier on the wire, the rest in the log, once. */
@Tag("both-engines")
class HttpHandlerFailureTest {

    private static final Pattern ANSWER = Pattern.compile("internal error ([0-9a-f]{16})\n");

    private static String fail() {
        throw new IllegalStateException("secret");
    }

    @Test
    void aFailureIsA500WithAnIdThatIsInTheLogOnce() {
        try (var log = new CapturedLog()) {
            serve(
                    routes -> routes.get("/fail", coroutine((request, response) -> {
                                response.header("content-type", "application/json")
                                        .header("content-length", "12345");
                                response.header("set-cookie", "session=stolen");
                                return fail();
                            }))
                            .get("/ok", coroutine((request, response) -> "ok")),
                    url -> {
                        HttpReply reply = Http.get(url + "/fail?token=private").await();
                        assertThat(reply.status().code()).isEqualTo(500);
                        assertThat(reply.headers().get("content-type")).isEqualTo("text/plain; charset=utf-8");
                        assertThat(reply.headers().contains("set-cookie")).isFalse();
                        var answer = ANSWER.matcher(reply.text());
                        assertThat(answer.matches()).as(reply.text()).isTrue();

                        assertThat(log.lines())
                                .singleElement()
                                .asString()
                                .startsWith("GET /fail failed")
                                .contains(answer.group(1))
                                .doesNotContain("private");
                        assertThat(log.events().getFirst().getThrowableProxy().getMessage())
                                .isEqualTo("secret");
                        assertThat(get(url + "/ok"))
                                .as("the connection is still good")
                                .isEqualTo("ok");
                    });
        }
    }

    @Test
    void everyWayToFailBeforeTheResponseIsA500() {
        try (var log = new CapturedLog()) {
            serve(
                    routes -> routes.get("/checked", coroutine((request, response) -> {
                                throw new java.io.IOException("disk");
                            }))
                            .get("/error", coroutine((request, response) -> {
                                throw new AssertionError("wrong");
                            }))
                            .get("/type", coroutine((request, response) -> 42))
                            .get("/item", coroutine((request, response) -> Flux.just(42)))
                            .get(
                                    "/stream",
                                    coroutine((request, response) -> Flux.error(new IllegalStateException("no item"))))
                            .get("/writing", writing((request, response) -> fail())),
                    url -> {
                        for (String path : List.of("/checked", "/error", "/type", "/item", "/stream", "/writing")) {
                            assertThat(Http.get(url + path).await().status().code())
                                    .as(path)
                                    .isEqualTo(500);
                        }
                        assertThat(log.lines()).hasSize(6).allMatch(line -> line.contains("got a 500"));
                        assertThat(log.events().get(2).getThrowableProxy().getMessage())
                                .contains("java.lang.Integer");
                    });
        }
    }

    @Test
    void aFailureAfterTheResponseHasBegunEndsTheConnection() {
        try (var log = new CapturedLog()) {
            serve(
                    routes -> routes.get(
                                    "/stream",
                                    coroutine((request, response) -> Flux.just("begun")
                                            .concatWith(Mono.error(new IllegalStateException("secret")))))
                            .get("/writing", writing((request, response) -> {
                                Monos.await(
                                        response.sendString(Flux.just("a", "b")).then());
                                fail();
                            })),
                    url -> {
                        assertThatThrownBy(() -> get(url + "/stream")).isInstanceOf(ConnectionResetException.class);
                        assertThatThrownBy(() -> get(url + "/writing")).isInstanceOf(ConnectionResetException.class);
                        assertThat(log.lines().stream().filter(line -> line.startsWith("GET ")))
                                .hasSize(2)
                                .allMatch(line -> line.contains("failed after its response had begun"));
                        assertThat(log.lines()).noneMatch(line -> line.contains("Error finishing response"));
                    });
        }
    }

    @Test
    void aFailureAfterTheClientHasGoneIsLoggedAndSentToNobody() {
        var events = new ArrayList<String>();
        try (var log = new CapturedLog()) {
            serve(
                    routes -> routes.get("/wait", coroutine((request, response) -> {
                        events.add("begins");
                        try {
                            Async.sleep(Duration.ofHours(1)).await();
                        } catch (CancelledException e) {
                            throw new IllegalStateException("cleanup failed");
                        }
                        return "never";
                    })),
                    url -> {
                        Future<HttpReply> request = Http.get(url + "/wait");
                        while (events.isEmpty()) {
                            yieldNow();
                        }
                        request.cancel();
                        while (log.lines().isEmpty()) {
                            yieldNow();
                        }
                        assertThat(log.lines()).containsExactly("GET /wait failed after its connection had closed");
                    });
        }
    }

    @Test
    void whatTheClientWroteIntoItsPathDoesNotReachTheLogAsItIs() {
        try (var log = new CapturedLog()) {
            serve(routes -> routes.route(request -> true, coroutine((request, response) -> fail())), url -> {
                Http.get(url + "/" + "x".repeat(1000)).await();
                String line = log.lines().getFirst();
                assertThat(line.length()).isLessThan(300);
            });
        }
    }

    @Test
    void aHandlerThatRunsOnNoLoopSaysHowToMakeTheServer() {
        var mono = coroutine((request, response) -> "x").apply(null, null);
        assertThatThrownBy(() -> Mono.from(mono).block())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("HttpServers.on(loop)");
    }
}

package dev.loop.io.http;

import static dev.loop.Async.sleep;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.TestServer.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.loop.CancelledException;
import dev.loop.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A client that is not ours. */
@Tag("both-engines")
class HttpCurlTest {

    @BeforeAll
    static void curlIsInstalled() {
        boolean there;
        try {
            there = new ProcessBuilder("curl", "--version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException e) {
            there = false;
        }
        assumeTrue(there, "curl is not installed");
    }

    private static Process startCurl(String... arguments) throws IOException {
        return new ProcessBuilder(Stream.concat(Stream.of("curl", "-s", "-S"), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .start();
    }

    private static Future<String> curl(String... arguments) {
        return toThread(() -> {
            Process process = startCurl(arguments);
            try {
                return new String(process.getInputStream().readAllBytes());
            } finally {
                process.destroyForcibly().waitFor();
            }
        });
    }

    @Test
    void aCoroutineAnswersAndSoDoesAMono() {
        serve(
                routes -> routes.get("/coroutine", coroutine((request, response) -> {
                            yieldNow();
                            return "from a coroutine\n";
                        }))
                        .get("/mono", (request, response) -> response.sendString(Mono.just("from a mono\n")))
                        .get("/flux", coroutine((request, response) -> Flux.just("a\n", "b\n"))),
                url -> {
                    assertThat(curl(url + "/coroutine").await()).isEqualTo("from a coroutine\n");
                    assertThat(curl(url + "/mono").await()).isEqualTo("from a mono\n");
                    assertThat(curl(url + "/flux").await()).isEqualTo("a\nb\n");
                    assertThat(curl(url + "/coroutine", url + "/mono").await())
                            .as("one connection")
                            .isEqualTo("from a coroutine\nfrom a mono\n");
                });
    }

    @Test
    void headAndHttp10GetWhatTheyMay() {
        serve(
                routes -> routes.get("/", coroutine((request, response) -> "hello"))
                        .head("/", coroutine((request, response) -> "hello"))
                        .head("/fail", coroutine((request, response) -> {
                            throw new IllegalStateException("no");
                        })),
                url -> {
                    try (var log = new CapturedLog()) {
                        assertThat(curl("-I", url + "/").await())
                                .startsWith("HTTP/1.1 200 OK")
                                .endsWith("\r\n\r\n");
                        assertThat(curl("-0", url + "/").await()).isEqualTo("hello");
                        assertThat(curl("-I", url + "/fail").await())
                                .startsWith("HTTP/1.1 500")
                                .endsWith("\r\n\r\n");
                        assertThat(log.lines()).hasSize(1);
                    }
                });
    }

    @Test
    void theSlowRouteSleepsWhileOthersAnswer() {
        var events = new ArrayList<String>();
        serve(
                routes -> routes.get("/slow", coroutine((request, response) -> {
                            events.add("slow begins");
                            sleep(Duration.ofMillis(500)).await();
                            events.add("slow ends");
                            return "slow";
                        }))
                        .get("/fast", coroutine((request, response) -> "fast")),
                url -> {
                    Future<String> slow = curl(url + "/slow");
                    while (events.isEmpty()) {
                        sleep(Duration.ofMillis(1)).await();
                    }
                    events.add(curl(url + "/fast").await());
                    events.add(slow.await());
                });
        assertThat(events).isEqualTo(List.of("slow begins", "fast", "slow ends", "slow"));
    }

    @Test
    void aClientThatIsKilledCancelsItsHandler() {
        var events = new ArrayList<String>();
        serve(
                routes -> routes.get("/wait", coroutine((request, response) -> {
                    events.add("begins");
                    try {
                        sleep(Duration.ofHours(1)).await();
                        return "never";
                    } catch (CancelledException e) {
                        events.add(e.reason());
                        throw e;
                    }
                })),
                url -> {
                    Process client = toThread(() -> startCurl(url + "/wait")).await();
                    while (events.isEmpty()) {
                        sleep(Duration.ofMillis(1)).await();
                    }
                    client.destroyForcibly();
                    while (events.size() < 2) {
                        sleep(Duration.ofMillis(1)).await();
                    }
                });
        assertThat(events).containsExactly("begins", "the client has gone");
    }

    @Test
    void aBodyOfAMegabyteComesBackByteForByte() {
        serve(
                routes -> routes.post(
                        "/",
                        (request, response) -> response.send(request.receive().retain())),
                url -> {
                    String megabyte = "0123456789abcdef".repeat(65536);
                    Future<String> answer = toThread(() -> {
                        var process =
                                new ProcessBuilder("curl", "-s", "-H", "Expect:", "--data-binary", "@-", url).start();
                        Thread writer = Thread.startVirtualThread(() -> {
                            try (var out = process.getOutputStream()) {
                                out.write(megabyte.getBytes());
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        });
                        String body = new String(process.getInputStream().readAllBytes());
                        writer.join();
                        process.waitFor();
                        return body;
                    });
                    assertThat(answer.await()).isEqualTo(megabyte);
                });
    }
}

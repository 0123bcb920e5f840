package dev.loop.io.http;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.TestServer.get;
import static dev.loop.io.http.TestServer.serve;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.netty.NettyLoopResources;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;

/** What HTTP on a loop takes belongs to the loop: no thread, no resolver and no buffer outlives it. */
class HttpOwnershipTest {

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).collect(Collectors.toSet());
    }

    private static void someRequests() {
        serve(
                routes -> routes.get("/", coroutine((request, response) -> "x"))
                        .get("/mono", (request, response) -> response.sendString(Mono.just("y"))),
                url -> {
                    String byName = url.replace("127.0.0.1", "localhost");
                    assertThat(get(byName + "/") + get(url + "/mono")).isEqualTo("xy");
                });
    }

    @Test
    void noThreadButTheLoopsRunsIt() {
        Set<String> before = threads();
        someRequests();
        var made = new HashSet<>(threads());
        made.removeAll(before);
        // Reactor Netty makes its form decoder's scheduler with the first server, and never uses it here
        made.removeIf(name ->
                name.startsWith("boundedElastic-evictor") || name.startsWith("loop-") || name.startsWith("surefire"));
        made.removeIf(name ->
                name.startsWith("VirtualThread-un") || name.startsWith("Cleaner-") || name.startsWith("ForkJoinPool"));
        made.remove("MasterPoller"); // the JDK's own, for sockets in virtual threads
        assertThat(made).isEmpty();
    }

    @Test
    void reactorNettysEternalCacheOfResolversStaysEmpty() throws Exception {
        someRequests();
        var cache =
                Class.forName("reactor.netty.transport.ClientTransportConfig").getDeclaredField("RESOLVERS_CACHE");
        cache.setAccessible(true);
        assertThat((Map<?, ?>) cache.get(null)).isEmpty();
    }

    @Test
    void startingSaysNothing() {
        try (var log = new CapturedLog()) {
            someRequests();
            assertThat(log.lines()).isEmpty();
        }
    }

    @Test
    void aClosedLoopHasNoTimerConnectionOrPoolLeft() {
        var netty = new NettyLoopResources[1];
        serve(routes -> routes.get("/", coroutine((request, response) -> "x")), url -> {
            netty[0] = NettyLoopResources.forLoop(EventLoop.current());
            get(url + "/");
        });
        assertThat(netty[0].isDisposed()).isTrue();
        assertThat(netty[0].connectionProvider().isDisposed()).isTrue();
        assertThat(netty[0].serverConnections().size()).isZero();
        assertThat(netty[0].group().registrations()).isZero();
        assertThat(netty[0].group().timers()).isZero();
    }

    @Test
    void noBufferIsLostWhateverHappensToItsRequest() {
        ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        try (var log = new CapturedLog()) {
            for (int round = 0; round < 2; round++) {
                requestsOfAllKinds();
                System.gc();
                // leaks are found when the next buffers are made
                for (int i = 0; i < 100; i++) {
                    ByteBufAllocator.DEFAULT.buffer(64).release();
                }
            }
            assertThat(log.lines()).noneMatch(line -> line.contains("LEAK"));
        } finally {
            ResourceLeakDetector.setLevel(before);
        }
    }

    private static void requestsOfAllKinds() {
        serve(
                routes -> routes.get("/text", coroutine((request, response) -> "x".repeat(1000)))
                        .get(
                                "/stream",
                                coroutine((request, response) ->
                                        Flux.range(0, 100).map(String::valueOf)))
                        .post(
                                "/echo",
                                coroutine((request, response) ->
                                        response.send(request.receive().retain())))
                        .post("/ignore", coroutine((request, response) -> "ignored"))
                        .get(
                                "/broken",
                                coroutine((request, response) -> Flux.just("a", "b")
                                        .concatWith(Flux.error(new IllegalStateException("broken")))))
                        .get("/fail", coroutine((request, response) -> {
                            throw new IllegalStateException("fail");
                        }))
                        .get("/slow", coroutine((request, response) -> {
                            sleep(Duration.ofHours(1)).await();
                            return "never";
                        })),
                url -> gather(IntStream.range(0, 5)
                                .mapToObj(i -> spawn(() -> oneOfEach(url)))
                                .toList())
                        .await());
    }

    private static void oneOfEach(String url) {
        get(url + "/text");
        get(url + "/stream");
        get(url + "/fail");
        for (String path : new String[] {"/echo", "/ignore"}) {
            var post = HttpClients.on(EventLoop.current())
                    .post()
                    .send(ByteBufFlux.fromString(Flux.range(0, 50).map(i -> "chunk " + i)));
            Http.reply(post, URI.create(url + path)).await();
        }
        try {
            get(url + "/broken");
            throw new AssertionError("it is broken");
        } catch (dev.loop.io.ConnectionResetException e) {
            // as it should be
        }
        Future<HttpReply> slow = Http.get(url + "/slow");
        for (int i = 0; i < 10; i++) {
            yieldNow();
        }
        slow.cancel();
    }
}

package dev.loop.io.http;

import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.TestServer.get;
import static dev.loop.io.http.TestServer.serve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.io.netty.NettyLoopResources;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Real load from another process: wrk with 256 connections. */
@Tag("stress")
class HttpStressTest {

    private static String wrk(String url) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("wrk", "-c", "256", "-t", "1", "-d", "5s", url)
                .redirectErrorStream(true)
                .start();
        String report = new String(process.getInputStream().readAllBytes());
        process.waitFor();
        return report;
    }

    @Test
    void wrkFindsNoError() {
        boolean there;
        try {
            new ProcessBuilder("wrk", "--version")
                    .redirectErrorStream(true)
                    .start()
                    .waitFor();
            there = true;
        } catch (IOException | InterruptedException e) {
            there = false;
        }
        assumeTrue(there, "wrk is not installed");
        var count = new int[1];
        serve(
                routes -> routes.get("/coroutine", coroutine((request, response) -> {
                            yieldNow();
                            count[0]++;
                            return "hello";
                        }))
                        .get("/mono", (request, response) -> response.sendString(Mono.just("hello"))),
                url -> {
                    for (String path : new String[] {"/coroutine", "/mono"}) {
                        String report = toThread(() -> wrk(url + path)).await();
                        assertThat(report)
                                .contains("Requests/sec")
                                .doesNotContain("Socket errors")
                                .doesNotContain("Non-2xx");
                        System.getLogger("wrk").log(System.Logger.Level.INFO, report);
                    }
                    assertThat(count[0]).isPositive();
                    assertThat(get(url + "/coroutine")).isEqualTo("hello");
                    // the load has gone, and left nothing behind
                    NettyLoopResources netty = NettyLoopResources.forLoop(EventLoop.current());
                    while (netty.serverConnections().size() > 1) {
                        yieldNow();
                    }
                    assertThat(EventLoop.current().allTasks().stream().map(Task::name))
                            .containsExactly("main");
                });
    }
}

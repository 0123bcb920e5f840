package dev.loop.io.http;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.http.HttpHandlers.coroutine;
import static dev.loop.io.http.TestServer.get;
import static dev.loop.io.http.TestServer.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.netty.NettyLoopResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;

/** A server stops in order: no new connections, what is in flight is finished, what takes too long is cut off. */
@Tag("both-engines")
class HttpStopTest {

    private final List<String> events = new ArrayList<>();

    private static String url(DisposableServer server) {
        return "http://127.0.0.1:" + server.port();
    }

    @Test
    void aRequestInFlightIsFinishedAndNoOtherIsTaken() {
        EventLoop.run(() -> {
            Promise<String> answer = EventLoop.current().promise();
            DisposableServer server = start(routes -> routes.get("/slow", coroutine((request, response) -> {
                        events.add("begins");
                        return answer.await();
                    }))
                    .get("/", (request, response) -> response.sendString(Mono.just("x"))));
            get(url(server) + "/"); // leaves an idle connection
            Future<HttpReply> slow = Http.get(url(server) + "/slow");
            while (events.isEmpty()) {
                yieldNow();
            }
            Future<Integer> stop = HttpServers.stop(server, Duration.ofHours(1));
            while (!server.isDisposed()) {
                yieldNow();
            }
            assertThatThrownBy(() -> get(url(server) + "/")).isInstanceOf(ConnectionRefusedException.class);
            assertThat(stop.isDone()).isFalse();
            answer.complete("finished");
            HttpReply reply = slow.await();
            assertThat(reply.text()).isEqualTo("finished");
            assertThat(reply.headers().get("connection")).isEqualTo("close");
            assertThat(stop.await()).isZero();
            assertThat(NettyLoopResources.forLoop(EventLoop.current())
                            .serverConnections()
                            .size())
                    .isZero();
        });
    }

    @Test
    void whatIsNotFinishedInTimeIsCutOffAndItsTaskCancelled() {
        EventLoop.run(() -> {
            DisposableServer server = start(routes -> routes.get("/hang", coroutine((request, response) -> {
                events.add("begins");
                try {
                    sleep(Duration.ofHours(1)).await();
                    return "never";
                } catch (CancelledException e) {
                    events.add("cancelled: " + e.reason());
                    throw e;
                }
            })));
            Future<HttpReply> request = Http.get(url(server) + "/hang");
            while (events.isEmpty()) {
                yieldNow();
            }
            assertThat(HttpServers.stop(server, Duration.ofMillis(30)).await()).isOne();
            assertThatThrownBy(request::await).isInstanceOf(ConnectionResetException.class);
            assertThat(events)
                    .containsExactly("begins", "cancelled: the server stops, and its grace period of PT0.03S is over");
        });
    }

    @Test
    void noGraceCutsOffAtOnceAndANegativeOneIsRefused() {
        EventLoop.run(() -> {
            DisposableServer server = start(routes -> {});
            assertThatThrownBy(() ->
                            HttpServers.stop(server, Duration.ofSeconds(-1)).await())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("PT-1S");
            assertThat(HttpServers.stop(server, Duration.ZERO).await()).isZero();
            assertThat(HttpServers.stop(server, Duration.ZERO).await())
                    .as("again")
                    .isZero();
        });
    }

    @Test
    void anotherServerOfTheLoopGoesOn() {
        EventLoop.run(() -> {
            DisposableServer first = start(routes -> routes.get("/", coroutine((request, response) -> "first")));
            DisposableServer second = start(routes -> routes.get("/", coroutine((request, response) -> "second")));
            assertThat(get(url(first)) + get(url(second))).isEqualTo("firstsecond");
            HttpServers.stop(first, Duration.ofSeconds(1)).await();
            assertThat(get(url(second))).isEqualTo("second");
            assertThat(NettyLoopResources.forLoop(EventLoop.current())
                            .serverConnections()
                            .size())
                    .isOne();
        });
    }

    @Test
    void aLoopThatClosesCutsOffItsServers() {
        EventLoop.run(() -> {
            DisposableServer server = start(routes -> routes.get("/hang", coroutine((request, response) -> {
                events.add("begins");
                try {
                    sleep(Duration.ofHours(1)).await();
                    return "never";
                } catch (CancelledException e) {
                    events.add(e.reason());
                    throw e;
                }
            })));
            Future<HttpReply> request = Http.get(url(server) + "/hang");
            request.addWaiter(_ -> events.add("client told"));
            while (events.isEmpty()) {
                yieldNow();
            }
        });
        assertThat(events).containsExactlyInAnyOrder("begins", "Netty was shut down on this loop", "client told");
    }
}

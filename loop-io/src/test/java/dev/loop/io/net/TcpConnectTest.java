package dev.loop.io.net;

import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.NetworkException;
import dev.loop.io.UnresolvedHostException;
import dev.loop.testing.TestLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connecting: to what is there, to what is not, and not for ever. */
@Tag("both-engines")
class TcpConnectTest {

    /** A port on which nothing listens, at the time of the call. */
    private static int deadPort() {
        try (var listener = TcpListener.bind("127.0.0.1", 0)) {
            return listener.address().getPort();
        }
    }

    private static Resolver answering(String... literals) {
        var addresses = new ArrayList<InetAddress>();
        for (String literal : literals) {
            addresses.add(InetAddress.ofLiteral(literal));
        }
        return (loop, _) -> loop.completed(addresses);
    }

    /** A listener whose backlog is full: the next connection is neither accepted nor refused. */
    private static final class Deaf implements AutoCloseable {
        final TcpListener listener = TcpListener.bind("127.0.0.1", 0, ListenOptions.DEFAULT.withBacklog(1));
        final List<TcpStream> filling = new ArrayList<>();

        Deaf() {
            while (true) {
                try {
                    filling.add(waitFor(connect(), Duration.ofMillis(100)).await());
                } catch (TimeoutException e) {
                    return;
                }
            }
        }

        int port() {
            return listener.address().getPort();
        }

        Future<TcpStream> connect() {
            return TcpStream.connect("127.0.0.1", port());
        }

        @Override
        public void close() {
            filling.forEach(TcpStream::close);
            listener.close();
        }
    }

    @Test
    void aHostNameThatNeedsNoNameServerIsConnectedTo() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("localhost", 0);
                    var stream = TcpStream.connect(
                                    "LocalHost", listener.address().getPort())
                            .await()) {
                assertThat(stream.remoteAddress().getPort())
                        .isEqualTo(listener.address().getPort());
            }
        });
    }

    @Test
    void aRefusedConnectionNamesTheAddressAndWhatToDo() {
        TestLoop.run(() -> {
            int port = deadPort();
            assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", port).await())
                    .isInstanceOfSatisfying(
                            ConnectionRefusedException.class,
                            e -> assertThat(e.address()).isEqualTo(new InetSocketAddress("127.0.0.1", port)))
                    .hasMessage(
                            "127.0.0.1:" + port + " refused the connection: nothing listens there; start the server,"
                                    + " or check host and port");
        });
    }

    @Test
    void aHostThatCannotBeResolvedIsNamed() {
        TestLoop.run(() -> assertThatThrownBy(
                        () -> TcpStream.connect("no-such-host.invalid", 80).await())
                .isInstanceOfSatisfying(UnresolvedHostException.class, e -> {
                    assertThat(e.host()).isEqualTo("no-such-host.invalid");
                    assertThat(e.address()).isEqualTo(InetSocketAddress.createUnresolved("no-such-host.invalid", 80));
                    assertThat(e).hasCauseInstanceOf(UnknownHostException.class);
                })
                .hasMessageContaining("'no-such-host.invalid'")
                .hasMessageContaining("spelling"));
    }

    @Test
    void aPortOutOfRangeIsRefusedWithItsRange() {
        TestLoop.run(() -> {
            for (int port : new int[] {-1, 0, 65_536}) {
                assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", port))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("port " + port + " is out of range")
                        .hasMessageContaining("1 to 65535");
            }
        });
    }

    @Test
    void anEmptyHostIsRefused() {
        TestLoop.run(() -> assertThatThrownBy(() -> TcpStream.connect("", 80))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host is empty"));
    }

    @Test
    void outsideOfALoopNobodyConnects() {
        assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", 80))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no event loop runs");
    }

    // --- several addresses

    @Test
    void addressesAreTriedInOrderUntilOneAnswers() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.3", 0)) {
                int port = listener.address().getPort();
                var options = ConnectOptions.DEFAULT.withResolver(answering("127.0.0.2", "127.0.0.3", "127.0.0.4"));
                try (var stream =
                        TcpStream.connect("many.example", port, options).await()) {
                    assertThat(stream.remoteAddress()).isEqualTo(new InetSocketAddress("127.0.0.3", port));
                }
            }
        });
    }

    @Test
    void ifNoneAnswersTheFailureNamesThemAll() {
        TestLoop.run(() -> {
            int port = deadPort();
            var options = ConnectOptions.DEFAULT.withResolver(answering("127.0.0.2", "127.0.0.3"));
            assertThatThrownBy(() ->
                            TcpStream.connect("many.example", port, options).await())
                    .isInstanceOfSatisfying(ConnectionRefusedException.class, e -> {
                        assertThat(e.address()).isEqualTo(InetSocketAddress.createUnresolved("many.example", port));
                        assertThat(e.getSuppressed()).hasSize(2);
                    })
                    .hasMessageContaining("many.example:" + port)
                    .hasMessageContaining("127.0.0.2:" + port)
                    .hasMessageContaining("127.0.0.3:" + port);
        });
    }

    @Test
    void aResolverThatGivesNoAddressHasNotResolved() {
        TestLoop.run(() -> {
            var options = ConnectOptions.DEFAULT.withResolver(answering());
            assertThatThrownBy(
                            () -> TcpStream.connect("none.example", 80, options).await())
                    .isInstanceOf(UnresolvedHostException.class);
        });
    }

    @Test
    void anAddressThatTheSystemCannotReachIsATypedFailure() {
        TestLoop.run(() -> assertThatThrownBy(
                        () -> TcpStream.connect("255.255.255.255", 80).await())
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("255.255.255.255:80"));
    }

    // --- time-outs and cancels

    @Test
    void aServerThatDoesNotAnswerInTimeIsNamed() {
        TestLoop.run(() -> {
            try (var deaf = new Deaf()) {
                long before = Pair.settledSockets();
                assertThatThrownBy(() -> TcpStream.connect("127.0.0.1", deaf.port(), Duration.ofMillis(50))
                                .await())
                        .isInstanceOfSatisfying(
                                ConnectTimeoutException.class,
                                e -> assertThat(e.address()).isEqualTo(new InetSocketAddress("127.0.0.1", deaf.port())))
                        .hasMessageContaining("127.0.0.1:" + deaf.port())
                        .hasMessageContaining("PT0.05S");
                untilOpenSocketsAre(before);
            }
        });
    }

    @Test
    void theTimeoutCountsTheResolutionOfTheName() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Resolver silent = (loop, _) -> loop.promise();
                var options = ConnectOptions.DEFAULT.withResolver(silent).withTimeout(Duration.ofSeconds(5));
                assertThatThrownBy(() ->
                                TcpStream.connect("slow.example", 80, options).await())
                        .isInstanceOf(ConnectTimeoutException.class)
                        .hasMessageContaining("slow.example:80")
                        .hasMessageContaining("being resolved");
                assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(5));
            });
        }
    }

    @Test
    void aTimeoutIsLongerThanNothing() {
        assertThatThrownBy(() -> ConnectOptions.DEFAULT.withTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT0S");
    }

    @Test
    void aConnectThatIsCancelledClosesItsSocket() {
        TestLoop.run(() -> {
            try (var deaf = new Deaf()) {
                long before = Pair.settledSockets();
                Task<TcpStream> connecting = spawn(() -> deaf.connect().await());
                while (Pair.openSockets() == before) {
                    yieldNow();
                }
                connecting.cancel();
                assertThatThrownBy(connecting::await).isInstanceOf(CancelledException.class);
                untilOpenSocketsAre(before);
            }
        });
    }

    @Test
    void aConnectThatIsCancelledBeforeItHasBegunOpensNothing() {
        TestLoop.run(() -> {
            var resolution = new ArrayList<Promise<List<InetAddress>>>();
            Resolver slow = (loop, _) -> {
                Promise<List<InetAddress>> promise = loop.promise();
                resolution.add(promise);
                return promise;
            };
            Future<TcpStream> connecting =
                    TcpStream.connect("slow.example", 80, ConnectOptions.DEFAULT.withResolver(slow));
            assertThat(connecting.cancel()).isTrue();
            assertThat(resolution)
                    .singleElement()
                    .satisfies(r -> assertThat(r.isCancelled()).isTrue());
        });
    }

    @Test
    void aConnectionThatNobodyHasReadIsClosedByACancel() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                Future<TcpStream> connecting =
                        TcpStream.connect("127.0.0.1", listener.address().getPort());
                try (TcpStream server = listener.accept().await()) {
                    while (!connecting.isDone()) {
                        yieldNow();
                    }
                    assertThat(connecting.cancel()).isTrue();
                    assertThat(Pair.some(server)).isEqualTo("<end>");
                }
            }
        });
    }

    @Test
    void aLoopThatClosesInTheMiddleOfAConnectEndsIt() {
        var connecting = new ArrayList<Future<TcpStream>>();
        EventLoop.run(() -> {
            Resolver silent = (loop, _) -> loop.promise();
            connecting.add(TcpStream.connect("slow.example", 80, ConnectOptions.DEFAULT.withResolver(silent)));
            yieldNow();
        });
        assertThat(connecting.getFirst().isCancelled()).isTrue();
    }

    /** A closed socket's descriptor goes with the next poll. */
    private static void untilOpenSocketsAre(long expected) {
        while (Pair.openSockets() != expected) {
            yieldNow();
        }
    }
}

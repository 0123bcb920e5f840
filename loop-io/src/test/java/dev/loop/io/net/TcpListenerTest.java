package dev.loop.io.net;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.io.AddressInUseException;
import dev.loop.io.NetworkException;
import dev.loop.io.StreamClosedException;
import dev.loop.io.UnresolvedHostException;
import dev.loop.testing.TestLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A port that is listened on: taking it, accepting on it, letting it go. */
@Tag("both-engines")
class TcpListenerTest {

    private static Future<TcpStream> connectTo(TcpListener listener) {
        return TcpStream.connect("127.0.0.1", listener.address().getPort());
    }

    // --- bind

    @Test
    void portZeroTakesAnyThatIsFree() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                int port = listener.address().getPort();
                assertThat(port).isPositive();
                assertThat(listener.address()).isEqualTo(new InetSocketAddress("127.0.0.1", port));
                assertThat(listener).hasToString("TcpListener[127.0.0.1:" + port + "]");
            }
        });
    }

    @Test
    void aPortInUseIsNamed() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                int port = listener.address().getPort();
                assertThatThrownBy(() -> TcpListener.bind("127.0.0.1", port))
                        .isInstanceOfSatisfying(
                                AddressInUseException.class,
                                e -> assertThat(e.address()).isEqualTo(listener.address()))
                        .hasMessage(
                                "cannot listen on 127.0.0.1:" + port + ": the address is in use; stop the program that"
                                        + " has it, or take another port (0 is any free one)");
            }
        });
    }

    @Test
    void aPortOutOfRangeIsRefusedWithItsRange() {
        TestLoop.run(() -> {
            for (int port : new int[] {-1, 65_536}) {
                assertThatThrownBy(() -> TcpListener.bind("127.0.0.1", port))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("port " + port + " is out of range")
                        .hasMessageContaining("65535");
            }
        });
    }

    @Test
    void anEmptyHostIsRefusedWithTheWayToSayAll() {
        TestLoop.run(() -> assertThatThrownBy(() -> TcpListener.bind(" ", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.0.0.0"));
    }

    @Test
    void anAddressOfAnotherMachineIsRefused() {
        TestLoop.run(() -> assertThatThrownBy(() -> TcpListener.bind("192.0.2.1", 0))
                .isInstanceOf(NetworkException.class)
                .isNotInstanceOf(AddressInUseException.class)
                .hasMessageContaining("192.0.2.1:0")
                .hasMessageContaining("no such address"));
    }

    @Test
    void aHostThatCannotBeResolvedIsNamed() {
        TestLoop.run(() -> assertThatThrownBy(() -> TcpListener.bind("no-such-host.invalid", 9000))
                .isInstanceOfSatisfying(
                        UnresolvedHostException.class,
                        e -> assertThat(e.address())
                                .isEqualTo(InetSocketAddress.createUnresolved("no-such-host.invalid", 9000))));
    }

    @Test
    void aHostNameIsNotResolvedInACallback() {
        TestLoop.run(() -> {
            Promise<Throwable> refused = EventLoop.current().promise();
            EventLoop.current().callSoon(() -> {
                try {
                    TcpListener.bind("no-such-host.invalid", 9000).close();
                } catch (RuntimeException e) {
                    refused.complete(e);
                }
            });
            assertThat(refused.await())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("spawn a task");
            assertThat(EventLoop.current().externalWork())
                    .as("names that are asked for and that nobody waits for")
                    .isZero();
        });
    }

    @Test
    void anUnresolvedAddressIsRefused() {
        TestLoop.run(() -> assertThatThrownBy(() -> TcpListener.bind(
                        EventLoop.current(), InetSocketAddress.createUnresolved("localhost", 0), ListenOptions.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("localhost:0 is not resolved"));
    }

    @Test
    void itMayBeBoundBeforeItsLoopRuns() {
        try (var loop = EventLoop.create()) {
            var listener = TcpListener.bind(loop, new InetSocketAddress("127.0.0.1", 0), ListenOptions.DEFAULT);
            loop.runUntilComplete(loop.spawn(() -> {
                try (listener;
                        var pair = Pair.open(listener, ConnectOptions.DEFAULT)) {
                    assertThat(pair.server().isOpen()).isTrue();
                }
            }));
        }
    }

    @Test
    void aBacklogHoldsAtLeastOne() {
        assertThatThrownBy(() -> ListenOptions.DEFAULT.withBacklog(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not 0");
    }

    // --- accept

    @Test
    void connectionsWaitUntilTheyAreAccepted() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0);
                    var first = connectTo(listener).await();
                    var second = connectTo(listener).await();
                    var one = listener.accept().await();
                    var two = listener.accept().await()) {
                assertThat(one.remoteAddress()).isEqualTo(first.localAddress());
                assertThat(two.remoteAddress()).isEqualTo(second.localAddress());
            }
        });
    }

    @Test
    void waitsAreServedInTheirOrder() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                Future<TcpStream> one = listener.accept();
                Future<TcpStream> two = listener.accept();
                assertThat(listener.statistics()).isEqualTo(new TcpListener.Statistics(2, 0));
                var clients = new ArrayList<TcpStream>();
                clients.add(connectTo(listener).await());
                clients.add(connectTo(listener).await());
                clients.add(one.await());
                clients.add(two.await());
                assertThat(clients.get(2).remoteAddress())
                        .isEqualTo(clients.get(0).localAddress());
                assertThat(clients.get(3).remoteAddress())
                        .isEqualTo(clients.get(1).localAddress());
                clients.forEach(TcpStream::close);
            }
        });
    }

    @Test
    void anAcceptThatIsCancelledLeavesTheConnectionToTheNext() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                Future<TcpStream> cancelled = listener.accept();
                cancelled.cancel();
                try (var client = connectTo(listener).await();
                        var server = listener.accept().await()) {
                    assertThat(server.remoteAddress()).isEqualTo(client.localAddress());
                }
            }
        });
    }

    @Test
    void aConnectionThatNobodyHasReadGoesToTheNextWait() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0);
                    var client = connectTo(listener).await()) {
                Future<TcpStream> unread = listener.accept();
                while (!unread.isDone()) {
                    yieldNow();
                }
                assertThat(unread.cancel()).isTrue();
                try (var server = listener.accept().await()) {
                    assertThat(server.remoteAddress()).isEqualTo(client.localAddress());
                    assertThat(server.isOpen()).isTrue();
                }
            }
        });
    }

    @Test
    void aConnectionThatNobodyHasReadIsClosedWithTheListener() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            try (var first = connectTo(listener).await();
                    var second = connectTo(listener).await()) {
                Future<TcpStream> one = listener.accept();
                Future<TcpStream> two = listener.accept();
                while (!one.isDone() || !two.isDone()) {
                    yieldNow();
                }
                assertThat(one.cancel()).isTrue(); // kept for the next wait
                listener.close();
                assertThat(two.cancel()).isTrue(); // there is no next wait
                assertThat(Pair.some(first)).isEqualTo("<end>");
                assertThat(Pair.some(second)).isEqualTo("<end>");
            }
        });
    }

    // --- close

    @Test
    void aClosedListenerFreesItsPortAtOnce() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            Task<TcpStream> accepting = spawn(() -> listener.accept().await());
            yieldNow();
            listener.close();
            TcpListener.bind("127.0.0.1", listener.address().getPort()).close();
            assertThatThrownBy(accepting::await).isInstanceOf(StreamClosedException.class);
        });
    }

    @Test
    void aCloseEndsTheWaitsAndMayBeRepeated() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            Future<TcpStream> one = listener.accept();
            Future<TcpStream> two = listener.accept();
            assertThat(listener.isOpen()).isTrue();
            listener.close();
            listener.close();
            assertThat(listener.isOpen()).isFalse();
            for (Future<TcpStream> wait : java.util.List.of(one, two, listener.accept())) {
                assertThatThrownBy(wait::await)
                        .isInstanceOf(StreamClosedException.class)
                        .hasMessageContaining("127.0.0.1:" + listener.address().getPort());
            }
        });
    }

    @Test
    void theEndOfTheLoopFreesThePort() {
        var left = new ArrayList<TcpListener>();
        TestLoop.run(() -> {
            left.add(TcpListener.bind("127.0.0.1", 0));
            left.getFirst().serve(_ -> {});
            yieldNow();
        });
        assertThat(left.getFirst().isOpen()).isFalse();
        left.getFirst().close();
        TestLoop.run(
                () -> TcpListener.bind("127.0.0.1", left.getFirst().address().getPort())
                        .close());
    }

    @Test
    void aCloseLeavesAcceptedConnectionsAlone() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            try (var pair = Pair.open(listener, ConnectOptions.DEFAULT)) {
                listener.close();
                pair.client().write("still there?").await();
                assertThat(Pair.some(pair.server())).isEqualTo("still there?");
            }
        });
    }
}

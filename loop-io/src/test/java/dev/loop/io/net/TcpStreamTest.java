package dev.loop.io.net;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static dev.loop.io.net.Pair.all;
import static dev.loop.io.net.Pair.bytes;
import static dev.loop.io.net.Pair.some;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.StreamClosedException;
import dev.loop.testing.TestLoop;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A TCP connection, both ends in one loop. */
@Tag("both-engines")
class TcpStreamTest {

    @Test
    void whatOneEndWritesTheOtherReads() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().write("ping").await();
                assertThat(some(pair.server())).isEqualTo("ping");
                pair.server().write(bytes("pong")).await();
                assertThat(some(pair.client())).isEqualTo("pong");
            }
        });
    }

    @Test
    void aReadWaitsForTheOtherEnd() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Task<String> reading = spawn(() -> some(pair.server()));
                yieldNow();
                assertThat(reading.isDone()).isFalse();
                pair.client().write("late").await();
                assertThat(reading.await()).isEqualTo("late");
            }
        });
    }

    @Test
    void eachEndKnowsBothAddressesAlsoAfterTheClose() {
        TestLoop.run(() -> {
            var pair = Pair.open();
            pair.close();
            assertThat(pair.client().localAddress()).isEqualTo(pair.server().remoteAddress());
            assertThat(pair.client().remoteAddress()).isEqualTo(pair.server().localAddress());
            assertThat(pair.client())
                    .hasToString("TcpStream[127.0.0.1:"
                            + pair.client().localAddress().getPort() + " -> 127.0.0.1:"
                            + pair.client().remoteAddress().getPort() + ", closed]");
        });
    }

    @Test
    void aReadWithoutRoomTakesNothing() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().write("x").await();
                assertThat(pair.server().read(ByteBuffer.allocate(0)).await()).isZero();
                assertThat(some(pair.server())).isEqualTo("x");
            }
        });
    }

    @Test
    void aReadOnlyBufferIsRefused() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                assertThatThrownBy(
                                () -> pair.client().read(ByteBuffer.allocate(1).asReadOnlyBuffer()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("read-only");
            }
        });
    }

    @Test
    void anEmptyWriteIsDoneAtOnce() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                assertThat(pair.client().write(ByteBuffer.allocate(0)).isDone()).isTrue();
            }
        });
    }

    // --- half-close, close, abort

    @Test
    void aHalfCloseEndsOneDirectionAndLeavesTheOther() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().write("question").await();
                pair.client().closeOutput().await();
                assertThat(all(pair.server())).isEqualTo("question");
                pair.server().write("answer").await();
                pair.server().close();
                assertThat(all(pair.client())).isEqualTo("answer");
                assertThat(pair.client().read(ByteBuffer.allocate(1)).await()).isEqualTo(-1);
            }
        });
    }

    @Test
    void aHalfCloseMayBeRepeatedAndForbidsWrites() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().closeOutput().await();
                pair.client().closeOutput().await();
                assertThatThrownBy(() -> pair.client().write("more").await())
                        .isInstanceOf(StreamClosedException.class)
                        .hasMessageContaining("closeOutput()");
            }
        });
    }

    @Test
    void aCloseDeliversWhatWasWritten() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().write("last words").await();
                pair.client().close();
                assertThat(all(pair.server())).isEqualTo("last words");
            }
        });
    }

    @Test
    void aClosedStreamRefusesEverythingAndMayBeClosedAgain() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                TcpStream stream = pair.client();
                assertThat(stream.isOpen()).isTrue();
                stream.close();
                stream.close();
                stream.abort();
                assertThat(stream.isOpen()).isFalse();
                assertThatThrownBy(() -> some(stream))
                        .isInstanceOf(StreamClosedException.class)
                        .hasMessageContaining(
                                "127.0.0.1:" + stream.remoteAddress().getPort());
                assertThatThrownBy(() -> stream.write("x").await()).isInstanceOf(StreamClosedException.class);
                assertThatThrownBy(() -> stream.closeOutput().await()).isInstanceOf(StreamClosedException.class);
            }
        });
    }

    @Test
    void aCloseEndsTheReadAndTheWriteThatWait() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Integer> reading = pair.client().read(ByteBuffer.allocate(1));
                Future<Void> writing = pair.client().write(ByteBuffer.allocateDirect(64 << 20));
                assertThat(reading.isDone()).isFalse();
                assertThat(writing.isDone()).isFalse();
                pair.client().close();
                assertThatThrownBy(reading::await).isInstanceOf(StreamClosedException.class);
                assertThatThrownBy(writing::await).isInstanceOf(StreamClosedException.class);
            }
        });
    }

    @Test
    void anAbortIsAResetForTheOtherEnd() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Task<String> reading = spawn(() -> some(pair.client()));
                yieldNow();
                pair.server().abort();
                String address = "127.0.0.1:" + pair.client().remoteAddress().getPort();
                assertThatThrownBy(reading::await)
                        .isInstanceOfSatisfying(
                                ConnectionResetException.class,
                                e -> assertThat(e.address())
                                        .isEqualTo(pair.client().remoteAddress()))
                        .hasMessageContaining(address)
                        .hasMessageContaining("read");
                assertThatThrownBy(() -> some(pair.client())).isInstanceOf(ConnectionResetException.class);
            }
        });
    }

    @Test
    void aResetEndsAWriteThatWaits() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Void> writing = pair.client().write(ByteBuffer.allocate(64 << 20));
                pair.server().abort();
                assertThatThrownBy(writing::await)
                        .isInstanceOf(ConnectionResetException.class)
                        .hasMessageContaining("write");
            }
        });
    }

    @Test
    void writingToAPeerThatIsGoneFailsInTheEnd() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.server().close();
                assertThatThrownBy(() -> {
                            while (true) {
                                pair.client().write("anybody there?").await();
                                yieldNow();
                            }
                        })
                        .isInstanceOf(ConnectionResetException.class);
            }
        });
    }

    @Test
    void aHalfCloseTowardsAPeerThatIsGoneIsHarmless() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.server().abort();
                assertThatThrownBy(() -> some(pair.client())).isInstanceOf(ConnectionResetException.class);
                pair.client().closeOutput().await();
            }
        });
    }

    // --- one reader, one writer

    @Test
    void aSecondReaderIsRefused() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Integer> first = pair.client().read(ByteBuffer.allocate(1));
                assertThatThrownBy(() -> pair.client().read(ByteBuffer.allocate(1)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining(
                                "127.0.0.1:" + pair.client().remoteAddress().getPort())
                        .hasMessageContaining("one reader");
                pair.server().write("x").await();
                assertThat(first.await()).isEqualTo(1);
            }
        });
    }

    @Test
    void aSecondWriterIsRefusedAndSoIsAHalfCloseInTheMiddle() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Void> first = pair.client().write(ByteBuffer.allocate(64 << 20));
                assertThatThrownBy(() -> pair.client().write("x"))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("one writer");
                assertThatThrownBy(() -> pair.client().closeOutput())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("await the write");
                first.cancel();
            }
        });
    }

    @Test
    void oneMayReadWhileAnotherWrites() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Integer> reading = pair.client().read(ByteBuffer.allocate(10));
                pair.client().write("up").await();
                pair.server().write("down").await();
                assertThat(reading.await()).isEqualTo(4);
                assertThat(some(pair.server())).isEqualTo("up");
            }
        });
    }

    @Test
    void aThreadThatIsNotTheLoopsIsRefused() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                for (Runnable use : new Runnable[] {
                    () -> pair.client().read(ByteBuffer.allocate(1)).cancel(),
                    () -> pair.client().write(ByteBuffer.allocate(1)).cancel(),
                    () -> pair.client().close()
                }) {
                    Throwable refused = toThread(() -> thrownBy(use)).await();
                    assertThat(refused).isInstanceOf(WrongThreadException.class);
                }
                assertThat(pair.client().isOpen()).isTrue();
            }
        });
    }

    private static Throwable thrownBy(Runnable use) {
        try {
            use.run();
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    // --- cancel

    @Test
    void aReadThatIsCancelledLosesNothing() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Task<String> reading = spawn(() -> some(pair.server()));
                yieldNow();
                reading.cancel("changed my mind");
                assertThatThrownBy(reading::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("changed my mind");
                pair.client().write("still here").await();
                assertThat(some(pair.server())).isEqualTo("still here");
            }
        });
    }

    @Test
    void bytesThatArriveWhileNobodyReadsWaitForTheNextRead() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                Future<Integer> reading = pair.server().read(ByteBuffer.allocate(10));
                reading.cancel();
                pair.client().write("one").await();
                for (int i = 0; i < 200; i++) {
                    yieldNow(); // many polls see the bytes, and nobody to take them
                }
                pair.client().write("two").await();
                pair.client().close();
                assertThat(all(pair.server())).isEqualTo("onetwo");
            }
        });
    }

    @Test
    void theBufferOfACancelledWriteTellsWhatWasSent() {
        TestLoop.run(() -> {
            for (var buffer : new ByteBuffer[] {ByteBuffer.allocate(32 << 20), ByteBuffer.allocateDirect(32 << 20)}) {
                try (var pair = Pair.open()) {
                    Patterns.fill(buffer, 0);
                    Future<Void> writing = pair.client().write(buffer);
                    yieldNow();
                    assertThat(writing.cancel()).isTrue();
                    int sent = buffer.position();
                    assertThat(sent).isPositive().isLessThan(buffer.limit());
                    assertThat(buffer.limit()).isEqualTo(buffer.capacity());
                    Task<Long> reading = spawn(() -> Patterns.verifyToEnd(pair.server()));
                    pair.client().write(buffer).await(); // what is left
                    pair.client().closeOutput().await();
                    assertThat(reading.await()).isEqualTo(buffer.capacity());
                }
            }
        });
    }

    // --- options

    @Test
    void smallWritesAreNotHeldBack() {
        TestLoop.run(() -> {
            try (var pair = Pair.open()) {
                assertThat(pair.client().option(StandardSocketOptions.TCP_NODELAY))
                        .isTrue();
                assertThat(pair.server().option(StandardSocketOptions.TCP_NODELAY))
                        .isTrue();
            }
        });
    }

    @Test
    void optionsCanBeSetOnAStreamAndBeforeItIsMade() {
        TestLoop.run(() -> {
            var listen = ListenOptions.DEFAULT
                    .with(StandardSocketOptions.SO_KEEPALIVE, true)
                    .with(StandardSocketOptions.TCP_NODELAY, false)
                    .with(StandardSocketOptions.SO_RCVBUF, 16 * 1024);
            var connect = ConnectOptions.DEFAULT.with(StandardSocketOptions.TCP_NODELAY, false);
            try (var listener = TcpListener.bind("127.0.0.1", 0, listen);
                    var pair = Pair.open(listener, connect)) {
                assertThat(pair.server().option(StandardSocketOptions.SO_KEEPALIVE))
                        .isTrue();
                assertThat(pair.server().option(StandardSocketOptions.TCP_NODELAY))
                        .isFalse();
                assertThat(pair.server().option(StandardSocketOptions.SO_RCVBUF))
                        .isLessThanOrEqualTo(64 * 1024);
                assertThat(pair.client().option(StandardSocketOptions.TCP_NODELAY))
                        .isFalse();
                pair.client().option(StandardSocketOptions.TCP_NODELAY, true);
                assertThat(pair.client().option(StandardSocketOptions.TCP_NODELAY))
                        .isTrue();
                assertThatThrownBy(() -> pair.client().option(StandardSocketOptions.IP_MULTICAST_TTL, 1))
                        .isInstanceOf(UnsupportedOperationException.class);
            }
        });
    }
}

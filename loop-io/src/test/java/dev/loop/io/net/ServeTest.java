package dev.loop.io.net;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.shielded;
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
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A task per connection: how it ends, what becomes of its stream, and how a server ends. */
@Tag("both-engines")
class ServeTest {

    private static TcpStream connectTo(TcpListener listener) {
        return TcpStream.connect("127.0.0.1", listener.address().getPort()).await();
    }

    private static void echo(TcpStream stream) {
        var buffer = ByteBuffer.allocate(4096);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await();
        }
    }

    private static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            yieldNow();
        }
    }

    // --- handlers

    @Test
    void eachConnectionHasATaskNamedAfterItsPeer() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                var names = new ArrayList<String>();
                listener.serve(stream -> {
                    names.add(currentTask().name());
                    echo(stream);
                });
                try (var one = connectTo(listener);
                        var two = connectTo(listener)) {
                    for (TcpStream client : List.of(one, two)) {
                        client.write("hello").await();
                        assertThat(Pair.some(client)).isEqualTo("hello");
                    }
                    assertThat(listener.statistics().serving()).isEqualTo(2);
                    assertThat(names)
                            .containsExactly(
                                    "connection with 127.0.0.1:"
                                            + one.localAddress().getPort(),
                                    "connection with 127.0.0.1:"
                                            + two.localAddress().getPort());
                }
                until(() -> listener.statistics().serving() == 0);
            }
        });
    }

    @Test
    void theStreamIsClosedWhenItsHandlerReturns() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(stream -> stream.write("bye").await());
                try (var client = connectTo(listener)) {
                    assertThat(Pair.all(client)).isEqualTo("bye");
                }
            }
        });
    }

    @Test
    void aHandlerThatFailsIsReportedWithItsPeerAndTheOthersGoOn() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                    var error = new java.io.IOException("the handler is broken");
                    listener.serve(stream -> {
                        if (Pair.some(stream).equals("fail")) {
                            throw error;
                        }
                        echo(stream);
                    });
                    try (var good = connectTo(listener);
                            var bad = connectTo(listener)) {
                        good.write("go on").await();
                        bad.write("fail").await();
                        assertThat(Pair.all(bad)).isEmpty();
                        until(() -> !test.reports().isEmpty());
                        assertThat(test.reports()).singleElement().satisfies(report -> {
                            assertThat(report.message())
                                    .isEqualTo("the handler of the connection with 127.0.0.1:"
                                            + bad.localAddress().getPort() + " failed");
                            assertThat(report.exception()).isSameAs(error);
                        });
                        test.reports().clear();
                        good.write("again").await();
                        assertThat(Pair.some(good)).isEqualTo("again");
                    }
                }
            });
        }
    }

    @Test
    void aPeerThatResetsIsNotWorthAReport() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(ServeTest::echo);
                var client = connectTo(listener);
                until(() -> listener.statistics().serving() == 1);
                client.abort();
                until(() -> listener.statistics().serving() == 0);
            } // a report would fail the close of the test's loop
        });
    }

    @Test
    void theStreamOfAHandlerThatIsCancelledIsClosed() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                var tasks = new ArrayList<Task<?>>();
                listener.serve(stream -> {
                    tasks.add(currentTask());
                    echo(stream);
                });
                try (var client = connectTo(listener)) {
                    until(() -> !tasks.isEmpty());
                    tasks.getFirst().cancel();
                    assertThat(Pair.some(client)).isEqualTo("<end>");
                }
            }
        });
    }

    @Test
    void theStreamOfAHandlerThatIsCancelledBeforeItBeginsIsClosed() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                var begun = new AtomicInteger();
                listener.serve(_ -> begun.incrementAndGet());
                Task<?> canceller = spawn(() -> {
                    Optional<Task<?>> fresh;
                    do {
                        yieldNow();
                        fresh = EventLoop.current().allTasks().stream()
                                .filter(task -> task.name().startsWith("connection with"))
                                .findFirst();
                    } while (fresh.isEmpty());
                    fresh.get().cancel();
                });
                try (var client = connectTo(listener)) {
                    canceller.await();
                    assertThat(Pair.some(client)).isEqualTo("<end>");
                    assertThat(begun).hasValue(0);
                    assertThat(listener.statistics().serving()).isZero();
                }
            }
        });
    }

    @Test
    void noDescriptorIsLeftOpen() {
        TestLoop.run(() -> {
            long before = Pair.settledSockets();
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                var count = new AtomicInteger();
                listener.serve(stream -> {
                    switch (count.getAndIncrement() % 4) {
                        case 0 -> echo(stream);
                        case 1 -> stream.abort();
                        case 2 -> currentTask().cancel();
                        default -> stream.close();
                    }
                });
                for (int i = 0; i < 100; i++) {
                    try (var client = connectTo(listener)) {
                        client.closeOutput().await();
                    }
                }
                until(() -> count.get() == 100 && listener.statistics().serving() == 0);
            }
            until(() -> Pair.openSockets() == before);
        });
    }

    // --- the serving

    @Test
    void oneServesAtATime() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                Task<?> serving = listener.serve(ServeTest::echo);
                assertThatThrownBy(() -> listener.serve(ServeTest::echo))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("served already");
                serving.cancel();
                assertThatThrownBy(serving::await).isInstanceOf(CancelledException.class);
                listener.serve(ServeTest::echo);
                try (var client = connectTo(listener)) {
                    client.write("served again").await();
                    assertThat(Pair.some(client)).isEqualTo("served again");
                }
            }
        });
    }

    @Test
    void theServingEndsWhenTheListenerCloses() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            Task<?> serving = listener.serve(ServeTest::echo);
            yieldNow();
            try (var client = connectTo(listener)) {
                until(() -> listener.statistics().serving() == 1);
                listener.close();
                serving.await();
                client.write("go on").await();
                assertThat(Pair.some(client)).isEqualTo("go on");
            }
            listener.serve(ServeTest::echo).await(); // there is nothing to serve
        });
    }

    @Test
    void aCancelOfTheServingCancelsTheHandlers() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                Task<?> serving = listener.serve(ServeTest::echo);
                try (var client = connectTo(listener)) {
                    until(() -> listener.statistics().serving() == 1);
                    serving.cancel("that is all");
                    assertThat(Pair.some(client)).isEqualTo("<end>");
                    assertThatThrownBy(serving::await).hasMessageContaining("that is all");
                }
            }
        });
    }

    @Test
    void theEndOfTheLoopEndsTheHandlersAndClosesTheirStreams() {
        var served = new ArrayList<TcpStream>();
        var clients = new ArrayList<TcpStream>();
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            listener.serve(stream -> {
                served.add(stream);
                echo(stream);
            });
            clients.add(connectTo(listener));
            until(() -> !served.isEmpty());
            listener.close();
        });
        assertThat(served).noneMatch(TcpStream::isOpen);
        clients.forEach(TcpStream::close); // whoever owns a stream may close it after its loop
        assertThat(clients).noneMatch(TcpStream::isOpen);
    }

    // --- shutdown

    @Test
    void aShutdownLetsHandlersFinish() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            listener.serve(ServeTest::echo);
            try (var client = connectTo(listener)) {
                until(() -> listener.statistics().serving() == 1);
                Future<Integer> shutdown = listener.shutdown(Duration.ofMinutes(1));
                assertThat(listener.isOpen()).isFalse();
                client.write("one more").await();
                assertThat(Pair.some(client)).isEqualTo("one more");
                assertThat(shutdown.isDone()).isFalse();
                client.closeOutput().await();
                assertThat(shutdown.await()).isZero();
                assertThat(Pair.some(client)).isEqualTo("<end>");
            }
        });
    }

    @Test
    void aShutdownCancelsTheHandlersThatTakeTooLongAndWaitsForThem() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            Promise<Void> cleanedUp = EventLoop.current().promise();
            var ended = new AtomicInteger();
            listener.serve(stream -> {
                try {
                    echo(stream);
                } finally {
                    shielded(() -> cleanedUp.await());
                    ended.incrementAndGet();
                }
            });
            try (var one = connectTo(listener);
                    var two = connectTo(listener)) {
                until(() -> listener.statistics().serving() == 2);
                Future<Integer> shutdown = listener.shutdown(Duration.ZERO);
                yieldNow();
                yieldNow();
                assertThat(shutdown.isDone()).isFalse();
                cleanedUp.complete(null);
                assertThat(shutdown.await()).isEqualTo(2);
                assertThat(ended).hasValue(2);
                assertThat(Pair.some(one) + Pair.some(two)).isEqualTo("<end><end>");
            }
        });
    }

    @Test
    void aHandlerThatSwallowsItsCancelCannotHoldTheShutdownUp() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            var swallowed = new AtomicInteger();
            listener.serve(stream -> {
                while (swallowed.get() < 3) {
                    try {
                        echo(stream);
                    } catch (RuntimeException e) {
                        swallowed.incrementAndGet();
                    }
                }
            });
            try (var client = connectTo(listener)) {
                until(() -> listener.statistics().serving() == 1);
                assertThat(listener.shutdown(Duration.ZERO).await()).isEqualTo(1);
                assertThat(swallowed).hasValue(3);
                assertThat(Pair.some(client)).isEqualTo("<end>");
            }
        });
    }

    @Test
    void theGraceIsForThoseThatNeedItOnly() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            listener.serve(ServeTest::echo);
            try (var quick = connectTo(listener);
                    var slow = connectTo(listener)) {
                until(() -> listener.statistics().serving() == 2);
                quick.closeOutput().await();
                assertThat(listener.shutdown(Duration.ofMillis(20)).await()).isEqualTo(1);
                assertThat(Pair.some(slow)).isEqualTo("<end>");
            }
        });
    }

    @Test
    void aShutdownWithoutHandlersIsDoneAtOnceAndMayBeRepeated() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            listener.serve(ServeTest::echo);
            assertThat(listener.shutdown(Duration.ofDays(1)).await()).isZero();
            assertThat(listener.shutdown(Duration.ofDays(1)).await()).isZero();
        });
    }

    @Test
    void aConnectionThatIsBeingAcceptedAtTheCloseIsClosedUnserved() {
        TestLoop.run(() -> {
            var listener = TcpListener.bind("127.0.0.1", 0);
            var begun = new AtomicInteger();
            Task<?> serving = listener.serve(_ -> begun.incrementAndGet());
            yieldNow();
            try (var client = connectTo(listener)) {
                // whether it was accepted before this or not: it is served whole, or not at all
                listener.close();
                waitFor(serving, Duration.ofMinutes(1)).await();
                until(() -> listener.statistics().serving() == 0);
                assertThat(client.isOpen()).isTrue();
                assertThat(begun.get()).isBetween(0, 1);
            }
        });
    }
}

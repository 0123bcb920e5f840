package dev.loop.io.channel;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.io.StreamClosedException;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Accepting when the system has nothing to give: it pauses, tells it once, and goes on. */
@Tag("both-engines")
class AcceptChannelTest {

    /** Gives what a test has put there: connections, failures, or nothing. */
    private static final class Script implements AcceptChannel.Source {
        final ArrayDeque<Object> steps = new ArrayDeque<>();
        int calls;

        @Override
        public @Nullable SocketChannel accept() throws IOException {
            calls++;
            Object step = steps.pollFirst();
            if (step instanceof IOException e) {
                throw e;
            }
            return (SocketChannel) step;
        }
    }

    private final Script script = new Script();

    private AcceptChannel<StreamChannel> channel() throws IOException {
        EventLoop loop = EventLoop.current();
        ServerSocketChannel server = ServerSocketChannel.open();
        server.configureBlocking(false);
        server.bind(new InetSocketAddress("127.0.0.1", 0));
        return new AcceptChannel<>(loop, server, script, this::stream, "the test's listener");
    }

    private StreamChannel stream(SocketChannel channel) throws IOException {
        channel.configureBlocking(false); // fails on a channel that is closed: a connection that is gone
        return new StreamChannel(EventLoop.current(), channel, InetSocketAddress.createUnresolved("peer.example", 1));
    }

    private static IOException outOfDescriptors() {
        return new IOException("Too many open files");
    }

    @Test
    void itPausesASecondAfterEachFailureAndTellsOfTheFirst() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var accepting = channel();
                for (int i = 0; i < 3; i++) {
                    script.steps.add(outOfDescriptors());
                }
                script.steps.add(SocketChannel.open());
                accepting.accept().await().close();
                assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(3));
                assertThat(script.calls).isEqualTo(4);
                assertThat(test.reports()).singleElement().satisfies(report -> {
                    assertThat(report.message())
                            .contains("the test's listener", "Too many open files", "again every second");
                    assertThat(report.exception()).hasRootCauseMessage("Too many open files");
                });
                test.reports().clear();
                accepting.close();
            });
        }
    }

    @Test
    void aFailureAfterASuccessIsToldAgain() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var accepting = channel();
                for (int i = 0; i < 2; i++) {
                    script.steps.add(outOfDescriptors());
                    script.steps.add(outOfDescriptors());
                    script.steps.add(SocketChannel.open());
                    accepting.accept().await().close();
                }
                assertThat(test.reports()).hasSize(2);
                test.reports().clear();
                accepting.close();
            });
        }
    }

    @Test
    void whileItPausesNothingIsTriedAndThePollerIsNotAsked() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var accepting = channel();
                script.steps.add(outOfDescriptors());
                Future<StreamChannel> first = accepting.accept();
                Future<StreamChannel> second = accepting.accept();
                sleep(Duration.ofMillis(999)).await();
                assertThat(script.calls).isEqualTo(1);
                assertThat(accepting.isArmed()).isFalse();
                script.steps.add(SocketChannel.open());
                script.steps.add(SocketChannel.open());
                first.await().close();
                second.await().close();
                assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(1));
                test.reports().clear();
                accepting.close();
            });
        }
    }

    @Test
    void afterThePauseItWaitsForReadinessAgain() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var accepting = channel();
                script.steps.add(outOfDescriptors());
                Future<StreamChannel> wait = accepting.accept();
                sleep(Duration.ofMillis(1001)).await();
                assertThat(wait.isDone()).isFalse();
                assertThat(accepting.isArmed()).isTrue();
                test.reports().clear();
                accepting.close();
                assertThatThrownBy(wait::await).isInstanceOf(StreamClosedException.class);
            });
        }
    }

    @Test
    void aCloseEndsThePause() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var accepting = channel();
                script.steps.add(outOfDescriptors());
                Task<?> task = spawn(() -> accepting.accept().await());
                yieldNow();
                accepting.close();
                assertThatThrownBy(task::await)
                        .isInstanceOf(StreamClosedException.class)
                        .hasMessageContaining("the test's listener");
                sleep(Duration.ofSeconds(5)).await();
                assertThat(script.calls).isEqualTo(1);
                test.reports().clear();
            });
        }
    }

    @Test
    void aConnectionThatIsGoneAlreadyIsSkipped() {
        TestLoop.run(() -> {
            var accepting = channel();
            SocketChannel gone = SocketChannel.open();
            gone.close();
            script.steps.add(gone);
            script.steps.add(SocketChannel.open());
            StreamChannel stream = accepting.accept().await();
            assertThat(stream.isOpen()).isTrue();
            stream.close();
            accepting.close();
        });
    }

    @Test
    void nothingIsTakenFromTheSystemForNobody() {
        TestLoop.run(() -> {
            var accepting = channel();
            script.steps.add(SocketChannel.open());
            for (int i = 0; i < 200; i++) {
                yieldNow();
            }
            assertThat(script.calls).isZero();
            accepting.accept().await().close();
            assertThat(script.calls).isEqualTo(1);
            accepting.close();
        });
    }
}

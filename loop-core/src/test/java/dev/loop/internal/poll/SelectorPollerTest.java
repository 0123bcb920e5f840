package dev.loop.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readiness of real pipes and sockets. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SelectorPollerTest {

    private static final long LONG = Duration.ofSeconds(15).toNanos();

    private final SelectorPoller poller = new SelectorPoller();
    private final List<Pipe> pipes = new ArrayList<>();
    private final List<Integer> events = new ArrayList<>();
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        pipe = newPipe();
    }

    private Pipe newPipe() throws IOException {
        Pipe p = Pipe.open();
        p.source().configureBlocking(false);
        p.sink().configureBlocking(false);
        pipes.add(p);
        return p;
    }

    @AfterEach
    void close() throws IOException {
        poller.close();
        for (Pipe p : pipes) {
            p.source().close();
            p.sink().close();
        }
    }

    private static void fill(Pipe p) throws IOException {
        p.sink().write(ByteBuffer.allocate(1));
    }

    // --- readiness

    @Test
    void aChannelThatIsReadyIsTold() throws IOException {
        poller.register(pipe.source(), Interest.READ, events::add);
        poller.poll(0);
        assertThat(events).isEmpty();
        fill(pipe);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void aChannelThatStaysReadyIsToldAgain() throws IOException {
        poller.register(pipe.source(), Interest.READ, events::add);
        fill(pipe);
        poller.poll(LONG);
        poller.poll(LONG);
        assertThat(events).hasSize(2);
        pipe.source().read(ByteBuffer.allocate(10));
        poller.poll(0);
        assertThat(events).hasSize(2);
    }

    @Test
    void onlyWhatIsWatchedIsTold() throws IOException {
        Registration registration = poller.register(pipe.source(), Interest.NONE, events::add);
        fill(pipe);
        poller.poll(0);
        assertThat(events).isEmpty();
        registration.interest(Interest.READ);
        assertThat(registration.interest()).isEqualTo(Interest.READ);
        poller.poll(LONG);
        assertThat(events).hasSize(1);
        registration.interest(Interest.NONE);
        poller.poll(0);
        assertThat(events).hasSize(1);
    }

    @Test
    void aSinkIsWritableUntilItIsFull() throws IOException {
        Registration registration = poller.register(pipe.sink(), Interest.WRITE, events::add);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.WRITE);
        var block = ByteBuffer.allocate(1 << 16);
        while (pipe.sink().write(block.clear()) > 0) {
            // until the kernel takes no more
        }
        events.clear();
        poller.poll(0);
        assertThat(events).isEmpty();
        assertThat(registration.channel()).isSameAs(pipe.sink());
    }

    @Test
    void theEndOfAStreamIsReadable() throws IOException {
        poller.register(pipe.source(), Interest.READ, events::add);
        pipe.sink().close();
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void acceptAndConnectAreTold() throws IOException {
        try (var server = ServerSocketChannel.open();
                var client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server.configureBlocking(false);
            client.configureBlocking(false);
            poller.register(server, Interest.ACCEPT, events::add);
            var connection = new Registration[1];
            boolean atOnce = client.connect(server.getLocalAddress());
            connection[0] = poller.register(client, Interest.CONNECT, ops -> {
                events.add(ops);
                connection[0].interest(Interest.NONE);
            });
            while (events.size() < 2 && !atOnce) {
                poller.poll(LONG);
            }
            assertThat(events).contains(Interest.ACCEPT, Interest.CONNECT);
            assertThat(client.finishConnect()).isTrue();
            server.accept().close();
        }
    }

    // --- what a handler does to others

    @Test
    void aHandlerThatEndsAnotherRegistrationKeepsItFromBeingCalled() throws IOException {
        Pipe second = newPipe();
        var registrations = new Registration[2];
        for (int i = 0; i < 2; i++) {
            int me = i;
            registrations[i] = poller.register((i == 0 ? pipe : second).source(), Interest.READ, _ -> {
                events.add(me);
                registrations[1 - me].cancel();
            });
        }
        fill(pipe);
        fill(second);
        poller.poll(LONG);
        assertThat(events).hasSize(1);
    }

    @Test
    void aHandlerThatTurnsAnotherOffKeepsItFromBeingCalled() throws IOException {
        Pipe second = newPipe();
        var registrations = new Registration[2];
        for (int i = 0; i < 2; i++) {
            int me = i;
            registrations[i] = poller.register((i == 0 ? pipe : second).source(), Interest.READ, _ -> {
                events.add(me);
                registrations[1 - me].interest(Interest.NONE);
            });
        }
        fill(pipe);
        fill(second);
        poller.poll(LONG);
        assertThat(events).hasSize(1);
    }

    @Test
    void aHandlerMayRegisterAnotherChannel() throws IOException {
        Pipe second = newPipe();
        fill(second);
        var first = new Registration[1];
        first[0] = poller.register(pipe.source(), Interest.READ, _ -> {
            first[0].cancel();
            poller.register(second.source(), Interest.READ, events::add);
        });
        fill(pipe);
        poller.poll(LONG);
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    @Test
    void aHandlerThatFailsLosesItsChannelAndTheOthersAreToldByTheNextPoll() throws IOException {
        Pipe second = newPipe();
        Registration bad = poller.register(pipe.source(), Interest.READ, _ -> {
            throw new IllegalArgumentException("boom");
        });
        poller.register(second.source(), Interest.READ, events::add);
        fill(pipe);
        fill(second);
        assertThatIllegalStateException()
                .isThrownBy(() -> {
                    for (int i = 0; i < 2; i++) {
                        poller.poll(LONG);
                    }
                })
                .withMessageContaining("no longer watched")
                .withCauseInstanceOf(IllegalArgumentException.class);
        assertThat(bad.isValid()).isFalse();
        events.clear();
        poller.poll(LONG);
        assertThat(events).containsExactly(Interest.READ);
    }

    // --- waiting

    @Test
    void aTimeOutEndsThePollAndNeverTooEarly() {
        for (long nanos : new long[] {1, 999_999, 1_000_000, 1_000_001, 5_500_000}) {
            long begin = System.nanoTime();
            poller.poll(nanos);
            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(nanos);
        }
    }

    @Test
    void aWakeupEndsAPollThatWaits() throws Exception {
        for (long timeout : new long[] {-1, Long.MAX_VALUE}) {
            var waits = new CountDownLatch(1);
            Thread other = Thread.ofPlatform().start(() -> {
                try {
                    waits.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                poller.wakeup();
            });
            waits.countDown();
            poller.poll(timeout);
            other.join();
        }
    }

    @Test
    void aWakeupBeforeThePollEndsItAtOnceAndOnlyThatOne() {
        poller.wakeup();
        poller.wakeup();
        poller.poll(-1);
        long begin = System.nanoTime();
        poller.poll(2_000_000);
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(2_000_000);
    }

    @Test
    void aClosedPollerHasNoRegistrations() {
        Registration registration = poller.register(pipe.source(), Interest.READ, events::add);
        poller.close();
        poller.close();
        assertThat(poller.registrations()).isZero();
        assertThat(registration.isValid()).isFalse();
        registration.cancel();
        registration.cancelNow();
        assertThat(pipe.source().isOpen()).isTrue();
        poller.wakeup();
    }
}

package dev.loop.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How a channel and the selector let go of each other. */
class RegistrationTest {

    @Test
    void aListenersPortIsFreeAtOnceAfterCancelNowAndClose() throws Exception {
        try (var poller = new SelectorPoller();
                ServerSocketChannel channel = ServerSocketChannel.open()) {
            channel.configureBlocking(false);
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            Registration registration = poller.register(channel, Interest.ACCEPT, _ -> {});
            poller.poll(0);
            registration.cancelNow();
            channel.close();
            try (var again = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                assertThat(again.getLocalPort()).isEqualTo(port);
            }
            registration.cancelNow(); // harmless
            assertThat(poller.registrations()).isZero();
        }
    }

    @Test
    void whatIsReadyMeanwhileIsToldByTheNextPoll() throws Exception {
        Pipe one = Pipe.open();
        Pipe two = Pipe.open();
        try (var poller = new SelectorPoller();
                var _ = one.sink();
                var _ = two.sink();
                var first = one.source();
                var second = two.source()) {
            first.configureBlocking(false);
            second.configureBlocking(false);
            var told = new AtomicInteger();
            Registration registration = poller.register(first, Interest.READ, _ -> {});
            poller.register(second, Interest.READ, told::addAndGet);
            two.sink().write(ByteBuffer.wrap(new byte[1]));
            registration.cancelNow();
            assertThat(told).hasValue(0);
            poller.poll(0);
            assertThat(told).hasValue(Interest.READ);
        }
    }

    @Test
    void insideAPollItOnlyCancels() throws Exception {
        Pipe pipe = Pipe.open();
        try (var poller = new SelectorPoller();
                var sink = pipe.sink();
                var source = pipe.source()) {
            source.configureBlocking(false);
            var registration = new Registration[1];
            registration[0] = poller.register(source, Interest.READ, _ -> registration[0].cancelNow());
            sink.write(ByteBuffer.wrap(new byte[1]));
            poller.poll(0);
            assertThat(registration[0].isValid()).isFalse();
            poller.poll(0);
            assertThat(source.isRegistered()).isFalse();
        }
    }
}

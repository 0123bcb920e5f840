package dev.loop.io.net;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many connections at the same time, and more than the system has descriptors for. */
class LoadTest {

    private static void echo(TcpStream stream) {
        var buffer = ByteBuffer.allocate(256);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await();
        }
    }

    private static void needsDescriptors(long count) {
        assumeTrue(
                ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                        && system.getMaxFileDescriptorCount() > count + 200,
                "needs " + count + " open files");
    }

    @Test
    void twoThousandConnectionsAtTheSameTimeEcho() {
        needsDescriptors(4000);
        EventLoop.run(() -> {
            long before = Pair.settledSockets();
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(LoadTest::echo);
                EchoLoad.run(listener.address().getPort(), 2000, 3);
                while (listener.statistics().serving() > 0) {
                    yieldNow();
                }
            }
            while (Pair.openSockets() > before) {
                yieldNow();
            }
        });
    }

    /** The clients are a program of their own. */
    @Test
    @Tag("stress")
    void tenThousandConnectionsAtTheSameTimeEcho() {
        needsDescriptors(10_000);
        EventLoop.run(() -> {
            long before = Pair.settledSockets();
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(LoadTest::echo);
                try (var load =
                        Program.java(0, EchoLoad.class, listener.address().getPort(), 10_000, 3)) {
                    assertThat(load.line()).isEqualTo("10000 open");
                    assertThat(listener.statistics().serving()).isEqualTo(10_000);
                    assertThat(load.line()).isEqualTo("10000 ok");
                }
                while (listener.statistics().serving() > 0) {
                    yieldNow();
                }
            }
            while (Pair.openSockets() > before) {
                yieldNow();
            }
        });
    }

    /** The server is a program of its own, with few descriptors; more clients come than it can have at the same time. */
    @Test
    @Tag("stress")
    void aServerThatRunsOutOfDescriptorsPausesAndThenServesTheRest() {
        TestLoop.run(() -> {
            try (var server = Program.java(250, EchoServer.class)) {
                int port = Integer.parseInt(server.line());
                var clients = new java.util.ArrayList<TcpStream>();
                for (int i = 0; i < 300; i++) {
                    clients.add(
                            TcpStream.connect("127.0.0.1", port).await()); // the backlog takes what the server does not
                }
                assertThat(server.line()).contains("accepting on").contains("again every second");
                List<TcpStream> served = clients.subList(0, 150);
                served.forEach(TcpStream::close);
                for (TcpStream client : clients.subList(150, 300)) {
                    client.write("you too").await();
                }
                for (TcpStream client : clients.subList(150, 300)) {
                    assertThat(Pair.some(client)).isEqualTo("you too");
                    client.close();
                }
                try (var last = TcpStream.connect("127.0.0.1", port).await()) {
                    last.write("end").await();
                    assertThat(server.line()).isEqualTo("1 told");
                }
            }
        });
    }
}

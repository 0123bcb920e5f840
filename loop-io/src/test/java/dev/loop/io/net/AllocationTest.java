package dev.loop.io.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.loop.EventLoop;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A read allocates its future, and a write that fits nothing at all. */
class AllocationTest {

    private static final int ROUND_TRIPS = 20_000;

    @Test
    void aRoundTripAllocatesTheFuturesOfItsTwoReads() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId(); // what tasks allocate counts for the thread that carries them
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(stream -> {
                    var buffer = ByteBuffer.allocateDirect(64 * 1024);
                    while (stream.read(buffer.clear()).await() >= 0) {
                        stream.write(buffer.flip()).await();
                    }
                });
                try (var client = TcpStream.connect(
                                "127.0.0.1", listener.address().getPort())
                        .await()) {
                    roundTrips(client); // classes, and the first sizes of everything
                    long before = threads.getThreadAllocatedBytes(thread);
                    roundTrips(client);
                    double each = (threads.getThreadAllocatedBytes(thread) - before) / (double) ROUND_TRIPS;
                    // two promises of 32 bytes; the rest is for what the JIT and the loop do now and then
                    assertThat(each).isBetween(16.0, 80.0);
                }
            }
        });
    }

    private static void roundTrips(TcpStream client) {
        var question = ByteBuffer.allocateDirect(1000);
        var answer = ByteBuffer.allocateDirect(2000);
        for (int i = 0; i < ROUND_TRIPS; i++) {
            client.write(question.clear()).await();
            answer.clear();
            while (answer.position() < question.capacity()) {
                client.read(answer).await();
            }
        }
    }
}

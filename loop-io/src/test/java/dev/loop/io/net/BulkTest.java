package dev.loop.io.net;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.loop.Future;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Much through one connection: every byte, in bounded memory, no faster than the other side reads. */
class BulkTest {

    private static final int MIB = 1 << 20;

    private static void echo(TcpStream stream) {
        var buffer = ByteBuffer.allocateDirect(64 * 1024);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await();
        }
    }

    /** Sends that much to an echo server and checks what comes back. */
    private static void throughAnEcho(long count, ByteBuffer buffer) {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(BulkTest::echo);
                try (var client = TcpStream.connect(
                                "127.0.0.1", listener.address().getPort())
                        .await()) {
                    spawn(() -> {
                        Patterns.send(client, count, buffer);
                        client.closeOutput().await();
                    });
                    assertThat(Patterns.verifyToEnd(client)).isEqualTo(count);
                }
            }
        });
    }

    @Test
    void everyByteOf64MebibytesComesBackFromDirectBuffers() {
        throughAnEcho(64 * MIB, ByteBuffer.allocateDirect(200_000));
    }

    @Test
    void everyByteOf64MebibytesComesBackFromOneHeapBuffer() {
        throughAnEcho(64 * MIB, ByteBuffer.allocate(64 * MIB));
    }

    @Test
    @Tag("stress")
    void everyByteOfAGibibyteComesBack() {
        throughAnEcho(1024L * MIB, ByteBuffer.allocateDirect(256 * 1024));
    }

    /** The memory of this process that is in use; what the JDK copies heap buffers through is in no statistic of its own. */
    private static long residentMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.exists(status), "only Linux tells the memory of a process");
        String line = Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }

    /** The JDK keeps the buffers through which it copies for the life of a thread. */
    private static void onAFreshThread(VoidBody<Exception> body) {
        CompletableFuture.runAsync(
                        () -> TestLoop.run(body), task -> Thread.ofPlatform().start(task))
                .join();
    }

    @Test
    void aPeerThatDoesNotReadHoldsTheWriterAndTakesNoMemoryOfOurs() {
        onAFreshThread(() -> {
            try (var pair = Pair.open()) {
                var buffer = ByteBuffer.allocate(128 * MIB);
                Patterns.fill(buffer, 0);
                long before = residentMemory();
                Future<Void> writing = pair.server().write(buffer);
                int taken = -1;
                while (buffer.position() != taken) { // until the system's own buffers are full
                    taken = buffer.position();
                    for (int turn = 0; turn < 500; turn++) {
                        yieldNow();
                    }
                }
                assertThat(writing.isDone()).isFalse();
                assertThat(taken).isPositive().isLessThan(48 * MIB);
                // the JDK copies a heap buffer through another one; not all of it at once
                assertThat(residentMemory() - before).isLessThan(64 * MIB);

                Task<Long> reading = spawn(() -> Patterns.verifyToEnd(pair.client()));
                writing.await();
                pair.server().close();
                assertThat(reading.await()).isEqualTo(buffer.capacity());
            }
        });
    }

    @Test
    void anEchoClientThatNeverReadsIsHeldItself() {
        TestLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(BulkTest::echo);
                try (var client = TcpStream.connect(
                                "127.0.0.1", listener.address().getPort())
                        .await()) {
                    var buffer = ByteBuffer.allocateDirect(128 * MIB);
                    Future<Void> writing = client.write(buffer);
                    int taken = -1;
                    while (buffer.position() != taken) {
                        taken = buffer.position();
                        for (int turn = 0; turn < 2000; turn++) {
                            yieldNow();
                        }
                    }
                    assertThat(writing.isDone()).isFalse();
                    assertThat(listener.statistics().serving()).isEqualTo(1);
                    writing.cancel();
                }
            }
        });
    }

    /** Readers and writers that change their minds all the time: every byte arrives once, in its place. */
    @Test
    @Tag("scaled")
    void nothingIsLostWhenReadsAndWritesAreCancelledAtRandom() {
        int rounds = Boolean.getBoolean("loop.stress") ? 200 : 10;
        for (int seed = 0; seed < rounds; seed++) {
            var random = new Random(seed);
            TestLoop.run(() -> {
                try (var pair = Pair.open()) {
                    int count = 4 * MIB;
                    spawn(() -> sendWithCancels(pair.client(), count, random));
                    receiveWithCancels(pair.server(), count, random);
                }
            });
        }
    }

    private static void sendWithCancels(TcpStream stream, int count, Random random) {
        var buffer = random.nextBoolean() ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
        Patterns.fill(buffer, 0);
        while (buffer.position() < count) {
            buffer.limit(Math.min(count, buffer.position() + 1 + random.nextInt(MIB)));
            Future<Void> writing = stream.write(buffer);
            if (random.nextInt(3) == 0) {
                maybeYield(random);
                writing.cancel();
            } else {
                writing.await();
            }
        }
        stream.closeOutput().await();
    }

    private static void receiveWithCancels(TcpStream stream, int count, Random random) {
        for (int offset = 0; offset < count; ) {
            var buffer = ByteBuffer.allocate(1 + random.nextInt(100_000));
            Future<Integer> reading = stream.read(buffer);
            if (random.nextInt(3) == 0) {
                maybeYield(random);
                if (reading.cancel()) {
                    assertThat(buffer.position()).isZero();
                    continue;
                }
            }
            int received = reading.await();
            assertThat(buffer.position()).isEqualTo(received);
            buffer.flip();
            for (; buffer.hasRemaining(); offset++) {
                if (buffer.get() != Patterns.at(offset)) {
                    fail("the byte at " + offset + " is wrong");
                }
            }
        }
        assertThat(stream.read(ByteBuffer.allocate(1)).await()).isEqualTo(-1);
    }

    private static void maybeYield(Random random) {
        if (random.nextBoolean()) {
            yieldNow();
        }
    }
}

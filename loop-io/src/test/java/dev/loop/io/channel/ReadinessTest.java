package dev.loop.io.channel;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import dev.loop.spi.Interest;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How often the system is asked, and by whom: the cost of a read or write, and who does it. */
class ReadinessTest {

    /** One direction of a pipe, whose system calls are counted. */
    private static final class Counted implements ReadableByteChannel, WritableByteChannel, AutoCloseable {
        final Pipe pipe = Pipe.open();
        final Watch readWatch;
        final Watch writeWatch;
        final ReadSide reading;
        final WriteSide writing;
        final StreamChannel owner;
        int reads;
        int writes;

        Counted() throws IOException {
            EventLoop loop = EventLoop.current();
            pipe.source().configureBlocking(false);
            pipe.sink().configureBlocking(false);
            readWatch = new Watch(loop, pipe.source());
            writeWatch = new Watch(loop, pipe.sink());
            owner = new StreamChannel(
                    loop, SocketChannel.open(), InetSocketAddress.createUnresolved("peer.example", 1));
            reading = new ReadSide(owner, loop, this, readWatch);
            writing = new WriteSide(owner, loop, this, writeWatch);
        }

        @Override
        public int read(ByteBuffer buffer) throws IOException {
            reads++;
            return pipe.source().read(buffer);
        }

        @Override
        public int write(ByteBuffer buffer) throws IOException {
            writes++;
            return pipe.sink().write(buffer);
        }

        @Override
        public boolean isOpen() {
            return pipe.source().isOpen();
        }

        @Override
        public void close() {
            readWatch.closeNow();
            writeWatch.closeNow();
            owner.close();
            try {
                pipe.source().close();
                pipe.sink().close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static void manyTurns() {
        for (int i = 0; i < 200; i++) {
            yieldNow(); // a poll at least every 61 turns
        }
    }

    @Test
    void aReadOfWhatIsThereAsksNobodyForReadiness() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                it.writing.write(ByteBuffer.wrap(new byte[100])).await();
                assertThat(it.reading.read(ByteBuffer.allocate(100)).isDone()).isTrue();
                assertThat(it.reads).isEqualTo(1);
                assertThat(it.readWatch.armed()).isZero();
                assertThat(it.pipe.source().isRegistered()).isFalse();
            }
        });
    }

    @Test
    void afterAReadThatLeftRoomTheNextWaitsForReadinessAndCostsOneCall() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                for (int question = 0; question < 10; question++) {
                    Future<Integer> reading = it.reading.read(ByteBuffer.allocate(100));
                    it.writing.write(ByteBuffer.wrap(new byte[10])).await();
                    assertThat(reading.await()).isEqualTo(10);
                }
                assertThat(it.reads).isEqualTo(11); // the first could not know that there was nothing
                assertThat(it.readWatch.armed()).isEqualTo(Interest.READ);
            }
        });
    }

    @Test
    void afterAReadThatFilledItsBufferTheNextTriesAtOnce() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                it.writing.write(ByteBuffer.wrap(new byte[30])).await();
                for (int i = 0; i < 3; i++) {
                    assertThat(it.reading.read(ByteBuffer.allocate(10)).isDone())
                            .isTrue();
                }
                assertThat(it.reading.read(ByteBuffer.allocate(10)).cancel()).isTrue();
            }
        });
    }

    @Test
    void anEventThatFindsNoReaderDisarmsItselfAndOnlyOnce() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                it.reading.read(ByteBuffer.allocate(10)).cancel();
                assertThat(it.readWatch.armed()).isEqualTo(Interest.READ);
                it.writing.write(ByteBuffer.wrap(new byte[5])).await();
                manyTurns();
                assertThat(it.readWatch.armed()).isZero();
                assertThat(it.reads).isEqualTo(1);
                assertThat(it.reading.read(ByteBuffer.allocate(10)).await()).isEqualTo(5);
            }
        });
    }

    @Test
    void aWriteThatFitsAsksNobodyForReadinessAndAllocatesNoFuture() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                assertThat(it.writing.write(ByteBuffer.wrap(new byte[10])))
                        .isSameAs(EventLoop.current().done());
                assertThat(it.writes).isEqualTo(1);
                assertThat(it.pipe.sink().isRegistered()).isFalse();
            }
        });
    }

    @Test
    void aWriteThatDoesNotFitWaitsForRoomAndThenAsksNoMore() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                var buffer = ByteBuffer.allocate(300_000);
                Future<Void> writing = it.writing.write(buffer);
                assertThat(writing.isDone()).isFalse();
                assertThat(it.writeWatch.armed()).isEqualTo(Interest.WRITE);
                int before = it.writes;
                manyTurns();
                assertThat(it.writes).isEqualTo(before); // no room, no attempt
                Task<?> reader = spawn(() -> {
                    var sink = ByteBuffer.allocate(100_000);
                    for (int all = 0; all < 300_000; ) {
                        all += it.reading.read(sink.clear()).await();
                    }
                });
                writing.await();
                reader.await();
                assertThat(buffer.hasRemaining()).isFalse();
                assertThat(it.writeWatch.armed()).isZero();
            }
        });
    }

    @Test
    void aWriteThatIsCancelledAsksNoMore() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                it.writing.write(ByteBuffer.allocate(300_000)).cancel();
                assertThat(it.writeWatch.armed()).isZero();
            }
        });
    }

    @Test
    void aLargeHeapBufferGoesInPiecesAndItsLimitStays() {
        TestLoop.run(() -> {
            try (var it = new Counted()) {
                var buffer = ByteBuffer.allocate(4 * ReadSide.HEAP_PIECE);
                it.writing.write(buffer).cancel();
                assertThat(buffer.limit()).isEqualTo(buffer.capacity());
                assertThat(buffer.position()).isPositive().isLessThanOrEqualTo(ReadSide.HEAP_PIECE);
                var into = ByteBuffer.allocate(4 * ReadSide.HEAP_PIECE);
                int count = it.reading.read(into).await();
                assertThat(count).isEqualTo(into.position()).isLessThanOrEqualTo(ReadSide.HEAP_PIECE);
                assertThat(into.limit()).isEqualTo(into.capacity());
            }
        });
    }

    /** Law D1: who reads and writes needs neither a lock nor the loop virtual thread. */
    @Test
    void bytesGoBothWaysWhileACallbackIsParked() {
        assumeFalse(
                "handoff".equals(System.getProperty("dev.loop.carrier")), "there callbacks are on the platform thread");
        TestLoop.run(() -> {
            var monitor = new Object();
            var entered = new AtomicBoolean();
            synchronized (monitor) {
                EventLoop.current().callSoon(() -> {
                    synchronized (monitor) {
                        entered.set(true);
                    }
                });
                yieldNow();
                try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                    listener.serve(stream -> {
                        var buffer = ByteBuffer.allocateDirect(64 * 1024);
                        while (stream.read(buffer.clear()).await() >= 0) {
                            stream.write(buffer.flip()).await();
                        }
                    });
                    try (TcpStream client = TcpStream.connect(
                                    "127.0.0.1", listener.address().getPort())
                            .await()) {
                        Task<?> sender = spawn(() ->
                                client.write(ByteBuffer.allocate(16 << 20)).await());
                        var buffer = ByteBuffer.allocate(64 * 1024);
                        for (int all = 0; all < 16 << 20; ) {
                            all += client.read(buffer.clear()).await();
                        }
                        sender.await();
                        client.closeOutput().await();
                        assertThat(client.read(buffer.clear()).await()).isEqualTo(-1);
                    }
                    assertThat(listener.statistics().serving()).isZero();
                }
                assertThat(entered).isFalse();
            }
            while (!entered.get()) {
                yieldNow();
            }
        });
    }
}

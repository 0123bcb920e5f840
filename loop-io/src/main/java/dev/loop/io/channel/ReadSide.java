package dev.loop.io.channel;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.StreamClosedException;
import dev.loop.spi.Interest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * The reading of one channel: at most one read at a time.
 *
 * <p>A read tries at once, unless the last one left room in its buffer: then all had been taken, and only readiness can tell of
 * more, so that a conversation of question and answer costs one system call for each read. It allocates its future and nothing
 * else.
 */
final class ReadSide implements Watch.Side, CancelHook<Integer> {

    /** The JDK copies a heap buffer through a direct one of the same size, and keeps that for the thread's life: so in pieces. */
    static final int HEAP_PIECE = 128 * 1024;

    private final StreamChannel stream;
    private final EventLoop loop;
    private final ReadableByteChannel channel;
    private final Watch watch;

    // the read that waits: both or none
    private @Nullable Promise<Integer> waiter;
    private @Nullable ByteBuffer buffer;

    /** The last read took all that was there. */
    private boolean drained;

    /** The last count as an object; the same length comes again and again. */
    private Integer lastCount = 0;

    ReadSide(StreamChannel stream, EventLoop loop, ReadableByteChannel channel, Watch watch) {
        this.stream = stream;
        this.loop = loop;
        this.channel = channel;
        this.watch = watch;
    }

    Future<Integer> read(ByteBuffer into) {
        loop.checkThread();
        if (waiter != null) {
            throw new IllegalStateException(stream
                    + " is being read already, and there is one reader at a time: await or cancel that read first");
        }
        if (into.isReadOnly()) {
            throw new IllegalArgumentException("cannot read into a read-only buffer: " + into);
        }
        if (!stream.isOpen()) {
            return loop.failed(closedException());
        }
        if (!into.hasRemaining()) {
            return loop.completed(0);
        }
        if (!drained) {
            try {
                int count = take(into);
                if (count != 0) {
                    return loop.completed(boxed(count));
                }
            } catch (IOException e) {
                return loop.failed(stream.failure("read", e));
            }
        }
        watch.arm(Interest.READ, this);
        buffer = into;
        Promise<Integer> promise = loop.promise(this);
        waiter = promise;
        return promise;
    }

    @Override
    public boolean ready() {
        Promise<Integer> promise = waiter;
        ByteBuffer into = buffer;
        drained = false;
        if (promise == null || into == null) {
            return false;
        }
        int count;
        try {
            count = take(into);
        } catch (IOException e) {
            forget();
            promise.fail(stream.failure("read", e));
            return true;
        } catch (RuntimeException e) { // the buffer's memory is gone, say: that is the reader's, not the poll's
            forget();
            promise.fail(e);
            return true;
        }
        if (count != 0) {
            forget();
            promise.complete(boxed(count));
        }
        return true;
    }

    private int take(ByteBuffer into) throws IOException {
        int room = into.remaining();
        int count;
        if (room <= HEAP_PIECE || into.isDirect()) {
            count = channel.read(into);
        } else {
            room = HEAP_PIECE;
            int limit = into.limit();
            into.limit(into.position() + room);
            try {
                count = channel.read(into);
            } finally {
                into.limit(limit);
            }
        }
        drained = count >= 0 && count < room;
        return count;
    }

    private Integer boxed(int count) {
        Integer last = lastCount;
        if (last != count) {
            lastCount = last = count;
        }
        return last;
    }

    /** A cancel leaves the channel alone; an event that comes now finds no waiter and disarms itself. */
    @Override
    public boolean stop(Promise<Integer> promise, @Nullable String reason) {
        if (promise == waiter) {
            forget();
        }
        return true;
    }

    private void forget() {
        waiter = null;
        buffer = null;
    }

    void close() {
        Promise<Integer> promise = waiter;
        if (promise != null) {
            forget();
            promise.fail(closedException());
        }
    }

    private StreamClosedException closedException() {
        return new StreamClosedException(stream + " was closed on this side, so it cannot be read");
    }
}

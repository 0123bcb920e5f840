package dev.loop.io.channel;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.StreamClosedException;
import dev.loop.spi.Interest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * The writing of one channel: at most one write at a time, which tries at once and waits for room for what did not fit.
 */
final class WriteSide implements Watch.Side, CancelHook<@Nullable Void> {

    /** How many pieces of a large heap buffer go out in one go, before others get their turn. */
    private static final int MOST_PIECES = 16;

    private final StreamChannel stream;
    private final EventLoop loop;
    private final WritableByteChannel channel;
    private final Watch watch;

    // the write that waits: both or none
    private @Nullable Promise<@Nullable Void> waiter;
    private @Nullable ByteBuffer buffer;

    private boolean outputClosed;

    WriteSide(StreamChannel stream, EventLoop loop, WritableByteChannel channel, Watch watch) {
        this.stream = stream;
        this.loop = loop;
        this.channel = channel;
        this.watch = watch;
    }

    Future<@Nullable Void> write(ByteBuffer from) {
        loop.checkThread();
        if (waiter != null) {
            throw new IllegalStateException(stream
                    + " is being written already, and there is one writer at a time: await or cancel that write first");
        }
        if (!stream.isOpen() || outputClosed) {
            return loop.failed(closedException());
        }
        try {
            give(from);
        } catch (IOException e) {
            return loop.failed(stream.failure("write", e));
        }
        if (!from.hasRemaining()) {
            return loop.done();
        }
        watch.arm(Interest.WRITE, this);
        buffer = from;
        Promise<@Nullable Void> promise = loop.promise(this);
        waiter = promise;
        return promise;
    }

    @Override
    public boolean ready() {
        Promise<@Nullable Void> promise = waiter;
        ByteBuffer from = buffer;
        if (promise == null || from == null) {
            return false;
        }
        try {
            give(from);
        } catch (IOException e) {
            forget();
            promise.fail(stream.failure("write", e));
            return false;
        } catch (RuntimeException e) { // the buffer's memory is gone, say: that is the writer's, not the poll's
            forget();
            promise.fail(e);
            return false;
        }
        if (from.hasRemaining()) {
            return true;
        }
        forget();
        promise.complete(null);
        return false;
    }

    /** Writes what the channel takes now. A direct buffer goes in one call, which takes what there is room for. */
    private void give(ByteBuffer from) throws IOException {
        if (from.isDirect() || from.remaining() <= ReadSide.HEAP_PIECE) {
            if (from.hasRemaining()) {
                channel.write(from);
            }
            return;
        }
        int limit = from.limit();
        try {
            for (int piece = 0; piece < MOST_PIECES && from.position() < limit; piece++) {
                int end = Math.min(limit, from.position() + ReadSide.HEAP_PIECE);
                from.limit(end);
                channel.write(from);
                if (from.position() < end) {
                    return; // no more room
                }
            }
        } finally {
            from.limit(limit);
        }
    }

    /** A cancel stops the write where it is: the buffer's position tells. */
    @Override
    public boolean stop(Promise<@Nullable Void> promise, @Nullable String reason) {
        if (promise == waiter) {
            forget();
            watch.disarm(Interest.WRITE);
        }
        return true;
    }

    private void forget() {
        waiter = null;
        buffer = null;
    }

    /** Refuses a half-close in the middle of a write; returns whether there is anything left to do. */
    boolean closeOutput() {
        if (waiter != null) {
            throw new IllegalStateException(stream + " is being written: await the write before closeOutput()");
        }
        boolean first = !outputClosed;
        outputClosed = true;
        return first;
    }

    void close() {
        Promise<@Nullable Void> promise = waiter;
        if (promise != null) {
            forget();
            promise.fail(closedException());
        }
    }

    private StreamClosedException closedException() {
        return new StreamClosedException(stream
                + (stream.isOpen() ? " has closed its output with closeOutput()" : " was closed on this side")
                + ", so nothing more can be written");
    }
}

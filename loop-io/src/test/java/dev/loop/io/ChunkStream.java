package dev.loop.io;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A stream in memory that gives its bytes in the pieces in which a test feeds them. */
public final class ChunkStream implements ReceiveStream, CancelHook<Integer> {

    private final EventLoop loop = EventLoop.current();
    private final ArrayDeque<ByteBuffer> chunks = new ArrayDeque<>();
    private @Nullable RuntimeException failure;
    private boolean ended;
    private @Nullable Promise<Integer> waiter;
    private @Nullable ByteBuffer buffer;

    /** How many reads have begun. */
    public int reads;

    public ChunkStream feed(String text) {
        return feed(text.getBytes(StandardCharsets.UTF_8));
    }

    public ChunkStream feed(byte[] bytes) {
        chunks.add(ByteBuffer.wrap(bytes));
        serve();
        return this;
    }

    public ChunkStream end() {
        ended = true;
        serve();
        return this;
    }

    public void fail(RuntimeException e) {
        failure = e;
        serve();
    }

    public boolean isBeingRead() {
        return waiter != null;
    }

    @Override
    public Future<Integer> read(ByteBuffer into) {
        if (waiter != null) {
            throw new IllegalStateException("one reader at a time");
        }
        reads++;
        Promise<Integer> promise = loop.promise(this);
        waiter = promise;
        buffer = into;
        serve();
        return promise;
    }

    private void serve() {
        Promise<Integer> promise = waiter;
        if (promise == null || chunks.isEmpty() && !ended && failure == null) {
            return;
        }
        waiter = null;
        if (!chunks.isEmpty()) {
            ByteBuffer chunk = chunks.getFirst();
            int count = Math.min(chunk.remaining(), buffer.remaining());
            buffer.put(chunk.slice(chunk.position(), count));
            chunk.position(chunk.position() + count);
            if (!chunk.hasRemaining()) {
                chunks.removeFirst();
            }
            promise.complete(count);
        } else if (failure != null) {
            promise.fail(failure);
        } else {
            promise.complete(-1);
        }
    }

    @Override
    public boolean stop(Promise<Integer> promise, @Nullable String reason) {
        waiter = null;
        return true;
    }

    @Override
    public String toString() {
        return "ChunkStream";
    }
}

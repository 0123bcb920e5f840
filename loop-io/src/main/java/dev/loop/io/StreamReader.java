package dev.loop.io;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import java.nio.ByteBuffer;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Buffered reading of lines and of exact counts of bytes, on top of any stream. It belongs to its loop's thread and has one reader
 * at a time.
 *
 * {@snippet file="dev/loop/io/net/SnippetsTest.java" region="lines"}
 *
 * <p>Nothing is lost: a read that is cancelled, or that fails because of a limit or the end of the stream, leaves the bytes to the
 * next one. Whoever reads the stream below directly misses what is buffered here.
 */
@CheckReturnValue
public final class StreamReader implements ReceiveStream {

    /** How many bytes a line may have, without its end, if nothing else is said. */
    public static final int DEFAULT_LIMIT = 64 * 1024;

    /** How often a wait takes bytes that are there already before it lets others run. */
    private static final int EAGER_READS = 16;

    private final EventLoop loop;
    private final ReceiveStream in;
    private final String name;
    private final ReadBuffer bytes = new ReadBuffer();
    private final Want<@Nullable String> line;

    // the read of the stream below that goes on, or is done and was not looked at; what it brings is absorbed by
    // whoever comes first
    private @Nullable Future<Integer> filling;

    private @Nullable Object busy; // who reads now: a Read, or an iteration that waits
    private int reads; // how many have begun; tells whether the last one can still be taken back

    /**
     * A reader with the {@linkplain #DEFAULT_LIMIT default limit} for lines.
     *
     * @param in the stream below; it is not closed by this
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public StreamReader(ReceiveStream in) {
        this(in, DEFAULT_LIMIT);
    }

    /**
     * A reader.
     *
     * @param in the stream below; it is not closed by this
     * @param lineLimit how many bytes a line may have, without its end; at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public StreamReader(ReceiveStream in, int lineLimit) {
        if (lineLimit < 1) {
            throw new IllegalArgumentException("a line has room for at least 1 byte, not " + lineLimit);
        }
        loop = EventLoop.current();
        this.in = in;
        name = "reader of " + in;
        line = new Want.Line(bytes, lineLimit);
    }

    // --- reading

    /**
     * Reads a line: UTF-8 text up to a line feed. The line feed, and a carriage return before it, are not part of it; what follows
     * the last line feed counts as a line if it is not empty. Bytes that are no UTF-8 become the replacement character.
     *
     * @return the line; null at the end of the stream. It fails with a {@link LineTooLongException}, which consumes nothing, or as
     *     the stream below does.
     * @throws IllegalStateException while another read goes on
     */
    public Future<@Nullable String> readLine() {
        return read(line);
    }

    /**
     * Reads an exact count of bytes.
     *
     * @param count how many, not negative; that much memory is taken
     * @return the bytes. It fails with an {@link EndOfStreamException}, which consumes nothing, or as the stream below does.
     * @throws IllegalStateException while another read goes on
     */
    public Future<byte[]> readExactly(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("cannot read " + count + " bytes");
        }
        return read(new Want.Exactly(bytes, count));
    }

    /**
     * Reads some bytes, first those that are buffered.
     *
     * @param buffer where the bytes go
     * @return as {@link ReceiveStream#read}
     */
    @Override
    public Future<Integer> read(ByteBuffer buffer) {
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("cannot read into a read-only buffer: " + buffer);
        }
        if (busy == null && filling == null && bytes.isEmpty()) {
            reads++;
            return in.read(buffer);
        }
        return read(new Want.Some(bytes, buffer));
    }

    /**
     * The lines up to the end of the stream, for a {@code for} loop in a task; each step waits in place, as
     * {@code readLine().await()} does, and is cheaper. Leaving the loop loses nothing: later reads go on behind the last line.
     *
     * @return the lines; their iterator throws what {@link #readLine()} fails with
     */
    public Iterable<String> lines() {
        return Lines::new;
    }

    /**
     * How many bytes were received ahead of the reads.
     *
     * @return the count
     */
    public int buffered() {
        return bytes.size();
    }

    // --- how

    private <T extends @Nullable Object> Future<T> read(Want<T> want) {
        begin();
        var read = new Read<>(want);
        for (int i = 0; i < EAGER_READS; i++) {
            try {
                absorb();
            } catch (RuntimeException e) {
                return loop.failed(e);
            }
            if (want.isReady()) {
                return read.settledAtOnce();
            }
            if (!fill().isDone()) {
                break;
            }
        }
        return read.settledLater();
    }

    private void begin() {
        loop.checkThread();
        if (busy != null) {
            throw new IllegalStateException("the " + name
                    + " is in use, and there is one reader at a time: await or cancel the read that goes on first");
        }
        reads++;
    }

    /** The read of the stream below, which goes on from an earlier wait or begins now. */
    private Future<Integer> fill() {
        Future<Integer> f = filling;
        if (f == null) {
            filling = f = in.read(bytes.room());
        }
        return f;
    }

    /** Takes what the read of the stream below has brought, if it is done. */
    private void absorb() {
        Future<Integer> f = filling;
        if (f == null || !f.isDone()) {
            return;
        }
        filling = null;
        if (!f.isCancelled()) {
            bytes.filled(f.result());
        }
    }

    /**
     * Waits, in a task, until a want is settled, or its owner no longer reads. A cancel of the task reaches the stream below, and
     * leaves what is here.
     */
    private void await(Want<?> want, Object owner) {
        absorb();
        while (busy == owner && !want.isReady()) {
            try {
                fill().await();
            } finally {
                absorb();
            }
        }
    }

    /** One read: the hook of its promise, and the body of the task that it needs if it must wait. */
    private final class Read<T extends @Nullable Object> implements CancelHook<T> {
        private final Want<T> want;
        private final Promise<T> promise = loop.promise(this);
        private @Nullable Task<?> task;
        private int number;
        private int start;

        Read(Want<T> want) {
            this.want = want;
        }

        Future<T> settledAtOnce() {
            settle();
            return promise;
        }

        /** In a task, not in a callback: the loop virtual thread may be stuck, and the stream below may be anybody's code. */
        Future<T> settledLater() {
            busy = this;
            task = loop.spawn(name, this::run);
            return promise;
        }

        private void run() {
            try {
                await(want, this);
            } catch (RuntimeException | Error e) {
                if (busy == this) {
                    busy = null;
                    promise.tryFail(e);
                }
                return;
            }
            if (busy == this) { // not cancelled meanwhile
                busy = null;
                settle();
            }
        }

        private void settle() {
            number = reads;
            start = bytes.start();
            T value;
            try {
                value = want.take();
            } catch (RuntimeException e) {
                promise.fail(e);
                return;
            }
            promise.complete(value);
        }

        @Override
        public boolean stop(Promise<T> cancelled, @Nullable String reason) {
            busy = null;
            Task<?> t = task;
            Future<Integer> f = filling;
            if (t != null) {
                t.cancel(reason);
            }
            if (f != null) {
                f.cancel(reason); // the task may not have begun to wait for it
            }
            return true;
        }

        /** Nobody has seen the value: its bytes are read again, if no other read has begun since. */
        @Override
        public boolean takeBack(T value) {
            if (number != reads || want instanceof Want.Some) {
                return false;
            }
            bytes.rewind(start);
            return true;
        }
    }

    /** An iteration over lines; it waits in the task that iterates. */
    private final class Lines implements Iterator<String> {
        private @Nullable String next;

        @Override
        public boolean hasNext() {
            if (next == null) {
                begin();
                busy = this;
                try {
                    await(line, this);
                } finally {
                    busy = null;
                }
                next = line.take();
            }
            return next != null;
        }

        @Override
        public String next() {
            if (!hasNext() || next == null) {
                throw new java.util.NoSuchElementException("the stream has ended");
            }
            String result = next;
            next = null;
            return result;
        }
    }
}

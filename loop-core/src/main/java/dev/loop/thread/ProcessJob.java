package dev.loop.thread;

import dev.loop.CancelledException;
import dev.loop.Promise;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One job of a pool: a worker thread of the loop sends it to a child and waits for the answer. */
final class ProcessJob<T extends @Nullable Object> extends LimitedCall<T> {

    private final ProcessPool pool;
    private final byte @Nullable [] job; // null to have a child and nothing more
    private final Throwable submission = new Throwable(); // for its stack, should the job fail

    private @Nullable Child child; // set on the loop before the worker begins

    private volatile boolean begun; // by the worker

    // written by the loop, read by the worker
    private volatile boolean cancelled;
    private volatile @Nullable String reason;

    ProcessJob(ProcessPool pool, byte @Nullable [] job) {
        super(pool.loop());
        this.pool = pool;
        this.job = job;
    }

    /** Whether it was one for a child: not cancelled before, and not only a start. */
    boolean isWork() {
        return begun && job != null;
    }

    @Override
    Executor begin() {
        child = pool.take(this);
        return Workers.of(loop);
    }

    @Override
    void over() {
        Child c = child;
        if (c != null) {
            pool.giveBack(this, c);
        }
    }

    @Override
    public T call() throws Exception {
        begun = true;
        try {
            return answer();
        } catch (ProcessCrashedException e) {
            if (cancelled) {
                throw new CancelledException(reason);
            }
            pool.crashes.incrementAndGet();
            throw e;
        } finally {
            Workers.release();
        }
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the job says what it returns
    private T answer() throws Exception {
        Child c = child;
        if (c == null) {
            throw new AssertionError("a job without a child");
        }
        if (job == null) {
            c.start();
            return (T) null;
        }
        Wire.Frame answer = c.call(job);
        Object value = read(answer);
        if (answer.kind() == Wire.VALUE) {
            return (T) value;
        }
        var thrown = Objects.requireNonNull((Thrown) value);
        if (thrown.isSpent()) {
            c.spend();
        }
        throw asException(thrown.toThrowable(c.pid(), submission));
    }

    private static @Nullable Object read(Wire.Frame answer) {
        try {
            return Wire.deserialize(answer.bytes());
        } catch (IOException | ClassNotFoundException | RuntimeException | LinkageError | StackOverflowError e) {
            // an error too: it is one of this value, and must not stop the loop
            throw new JobSerializationException("the result of the job cannot be read: " + e, e);
        }
    }

    private static Exception asException(Throwable thrown) {
        if (thrown instanceof Exception e) {
            return e;
        }
        throw (Error) thrown;
    }

    // --- on the loop

    @Override
    public boolean stop(Promise<T> promise, @Nullable String why) {
        stop(why);
        return false; // it ends when the process has
    }

    void stop(@Nullable String why) {
        if (!cancelled) {
            reason = why;
            cancelled = true;
        }
        Child c = child;
        if (c != null) {
            c.kill();
        }
    }
}

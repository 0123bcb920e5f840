package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lock for one writer or many readers. It is fair: first come, first served. Readers who come while a writer waits wait behind it,
 * so writers do not starve; readers who stand next to each other in the queue are let in together.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="rwlock"}
 *
 * <p>It is not re-entrant: a reader who asks again while a writer waits would wait for itself. A writer can become a reader by
 * {@link Held#downgrade()}; the way back would be a deadlock of two readers who both want it, so there is none. It has no owner, and
 * belongs to its loop's thread.
 */
@CheckReturnValue
public final class RwLock implements Resource {

    private final EventLoop loop;
    private final WaitQueue<Held, Held> waiters; // what they bring is what they get
    private final Grants out = new Grants();
    private int readers;
    private boolean written;
    private int waitingWriters;

    /**
     * A lock of the current loop.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public RwLock() {
        this(EventLoop.current());
    }

    /**
     * A lock of a loop.
     *
     * @param loop whose tasks use it
     */
    public RwLock(EventLoop loop) {
        this.loop = loop;
        waiters = new WaitQueue<>(loop, (held, _, _) -> held.close(), this, this::left);
    }

    /**
     * Waits until nobody writes, and nobody waits who has come before.
     *
     * @return the lock held for reading, to be closed; a cancel before anybody has read it passes it on
     */
    public Future<Held> read() {
        return acquire(false);
    }

    /**
     * Waits until nobody reads or writes, and nobody waits who has come before.
     *
     * @return the lock held for writing, to be closed; a cancel before anybody has read it passes it on
     */
    public Future<Held> write() {
        return acquire(true);
    }

    /**
     * Takes the lock for reading if nobody writes or waits.
     *
     * @return the lock held, or null
     */
    public @Nullable Held tryRead() {
        return tryAcquire(false);
    }

    /**
     * Takes the lock for writing if nobody reads, writes or waits.
     *
     * @return the lock held, or null
     */
    public @Nullable Held tryWrite() {
        return tryAcquire(true);
    }

    private Future<Held> acquire(boolean writes) {
        loop.checkThread();
        var held = new Held(this, writes);
        if (isAtOnce(writes)) {
            take(held);
            return waiters.granted(held, held);
        }
        if (writes) {
            waitingWriters++;
        }
        return waiters.park(held);
    }

    private @Nullable Held tryAcquire(boolean writes) {
        loop.checkThread();
        if (!isAtOnce(writes)) {
            return null;
        }
        var held = new Held(this, writes);
        take(held);
        return held;
    }

    /**
     * How many hold it for reading.
     *
     * @return the count
     */
    public int readers() {
        return readers;
    }

    /**
     * Whether somebody holds it for writing.
     *
     * @return true if nobody else holds it
     */
    public boolean isWriteLocked() {
        return written;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(readers, written, waiters.size() - waitingWriters, waitingWriters, out.holds());
    }

    @Override
    public Collection<Task<?>> holders() {
        return out.holders();
    }

    @Override
    public List<Hold> holds() {
        return out.holds();
    }

    private boolean isAtOnce(boolean writes) {
        return waiters.isEmpty() && isFree(writes);
    }

    private boolean isFree(boolean writes) {
        return !written && !(writes && readers > 0);
    }

    private void take(Held held) {
        if (held.writes) {
            written = true;
        } else {
            readers++;
        }
        held.since = loop.turnTime();
        out.add(held);
    }

    private void release(Held held) {
        out.remove(held);
        if (held.writes) {
            written = false;
        } else {
            readers--;
        }
        serve();
    }

    /** Lets in who has waited longest: a writer, or all readers up to the next writer. */
    private void serve() {
        while (!waiters.isEmpty() && isFree(waiters.firstAttachment().writes)) {
            Held next = waiters.firstAttachment();
            if (next.writes) {
                waitingWriters--;
            }
            take(next);
            waiters.grant(next);
        }
    }

    /** Somebody waits no more; if that was a writer, readers have waited for it. */
    private void left(Held held) {
        if (held.writes) {
            waitingWriters--;
        }
        serve();
    }

    @Override
    public String toString() {
        return "RwLock[" + (written ? "written" : readers == 0 ? "free" : readers + " reading") + ", " + waiters.size()
                + " waiting on " + loop.name() + "]";
    }

    /**
     * How a lock for readers and writers stands.
     *
     * @param readers how many hold it for reading
     * @param writeLocked whether somebody holds it for writing
     * @param waitingReaders how many wait to read
     * @param waitingWriters how many wait to write
     * @param held who holds it, the latest thousand
     */
    public record Statistics(
            int readers, boolean writeLocked, int waitingReaders, int waitingWriters, List<Hold> held) {

        /** A copy of the figures. */
        public Statistics {
            held = List.copyOf(held);
        }
    }

    /** The lock held for reading or writing, until this is closed. Closing it again is harmless. */
    public static final class Held extends Grants.Listed implements AutoCloseable {
        private final RwLock lock;
        private boolean writes;
        private boolean released;

        private Held(RwLock lock, boolean writes) {
            super(lock.loop);
            this.lock = lock;
            this.writes = writes;
        }

        /**
         * Whether it is held for writing.
         *
         * @return false for a reader, and after {@link #downgrade()}
         */
        public boolean isWrite() {
            return writes;
        }

        /**
         * Goes on as a reader, and lets in the readers who stand first in the queue. No other writer comes in between.
         *
         * @throws IllegalStateException if it is not held for writing
         */
        public void downgrade() {
            lock.loop.checkThread();
            if (released || !writes) {
                throw new IllegalStateException(
                        "downgrade() of a lock that is " + (released ? "released" : "held for reading") + ": " + lock);
            }
            writes = false;
            lock.written = false;
            lock.readers++;
            lock.serve();
        }

        /** Releases the lock; those who have waited longest get it. */
        @Override
        public void close() {
            lock.loop.checkThread();
            if (!released) {
                released = true;
                lock.release(this);
            }
        }
    }
}

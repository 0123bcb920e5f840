package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import org.jspecify.annotations.Nullable;

/**
 * A mutual exclusion between the tasks of one loop, for stretches of code that wait in the middle; between two waits nothing else
 * runs, and no lock is needed. It is fair: first come, first served, and nobody overtakes a task that waits. It is not
 * re-entrant, and has no owner: whoever has the {@link Held} may close it.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="lock"}
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public final class Lock {

    private final EventLoop loop;
    private final WaitQueue<Held, @Nullable Void> waiters;
    private boolean locked;

    /**
     * A lock of the current loop.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Lock() {
        this(EventLoop.current());
    }

    /**
     * A lock of a loop.
     *
     * @param loop whose tasks use it
     */
    public Lock(EventLoop loop) {
        this.loop = loop;
        waiters = new WaitQueue<>(loop, (held, _) -> held.close());
    }

    /**
     * Waits for the lock.
     *
     * @return the lock held, to be closed; a cancel before anybody has read it passes the lock on
     */
    public Future<Held> acquire() {
        loop.checkThread();
        if (locked) {
            return waiters.park(null);
        }
        locked = true;
        return waiters.granted(new Held(this), null);
    }

    /**
     * Takes the lock if it is free.
     *
     * @return the lock held, or null if it is not free
     */
    public @Nullable Held tryAcquire() {
        loop.checkThread();
        if (locked) {
            return null;
        }
        locked = true;
        return new Held(this);
    }

    /**
     * Whether somebody holds it.
     *
     * @return true if {@link #tryAcquire()} would give null
     */
    public boolean isLocked() {
        return locked;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(locked, waiters.size());
    }

    private void release() {
        if (!waiters.grant(new Held(this))) {
            locked = false;
        }
    }

    @Override
    public String toString() {
        return "Lock[" + (locked ? "locked, " + waiters.size() + " waiting" : "free") + " on " + loop.name() + "]";
    }

    /**
     * How a lock stands.
     *
     * @param locked whether somebody holds it
     * @param waiting how many wait for it
     */
    public record Statistics(boolean locked, int waiting) {}

    /** A lock that is held, until this is closed. Closing it again is harmless. */
    public static final class Held implements AutoCloseable {
        private final Lock lock;
        private boolean released;

        private Held(Lock lock) {
            this.lock = lock;
        }

        /** Releases the lock; the task that has waited longest gets it. */
        @Override
        public void close() {
            lock.loop.checkThread();
            if (!released) {
                released = true;
                lock.release();
            }
        }
    }
}

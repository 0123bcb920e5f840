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
 * A mutual exclusion between the tasks of one loop, for stretches of code that wait in the middle; between two waits nothing else
 * runs, and no lock is needed. It is fair: first come, first served, and nobody overtakes a task that waits. It is not
 * re-entrant, and has no owner: whoever has the {@link Held} may close it. For a lock that a task owns see {@link ReentrantLock}.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="lock"}
 *
 * <p>It remembers which task asked for it, for {@link #statistics()}, call graphs and task dumps. It belongs to its loop's thread.
 */
@CheckReturnValue
public final class Lock implements Resource {

    final EventLoop loop;
    private final WaitQueue<Held, Held> waiters; // what they bring is what they get
    private @Nullable Held holder; // null: it is free

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
        waiters = new WaitQueue<>(loop, (held, _, _) -> held.close(), this);
    }

    /**
     * Waits for the lock.
     *
     * @return the lock held, to be closed; a cancel before anybody has read it passes the lock on
     */
    public Future<Held> acquire() {
        loop.checkThread();
        var held = new Held(this);
        if (holder != null) {
            return waiters.park(held);
        }
        holder = held;
        return waiters.granted(held, held);
    }

    /**
     * Takes the lock if it is free.
     *
     * @return the lock held, or null if it is not free
     */
    public @Nullable Held tryAcquire() {
        loop.checkThread();
        if (holder != null) {
            return null;
        }
        var held = new Held(this);
        holder = held;
        return held;
    }

    /**
     * Whether somebody holds it.
     *
     * @return true if {@link #tryAcquire()} would give null
     */
    public boolean isLocked() {
        return holder != null;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        Held held = holder;
        return new Statistics(held == null ? null : held.hold(), waiters.size());
    }

    @Override
    public Collection<Task<?>> holders() {
        Held held = holder;
        return held == null || held.task == null ? List.of() : List.of(held.task);
    }

    @Override
    public List<Hold> holds() {
        Held held = holder;
        return held == null ? List.of() : List.of(held.hold());
    }

    /** The one who holds it; null if it is free. */
    @Nullable Held holder() {
        return holder;
    }

    private void release() {
        holder = null;
        if (!waiters.isEmpty()) {
            Held next = waiters.firstAttachment();
            take(next);
            waiters.grant(next);
            next.taken();
        }
    }

    private void take(Held held) {
        holder = held;
        held.since = loop.turnTime();
    }

    /** Lets go of the lock for the wait of a condition: it stays the same Held, which takes the lock again later. */
    void suspend(Held held, ConditionWait wait) {
        held.wait = wait;
        release();
    }

    /** Takes the lock again for one that was suspended: now, or in its turn. */
    void resume(Held held, ConditionWait wait) {
        if (holder == null) {
            take(held);
            held.taken();
        } else {
            wait.retaking = waiters.park(held);
        }
    }

    /** In words: who holds it and how many wait. */
    String standing() {
        Held held = holder;
        return held == null ? "free" : "held by " + Grant.nameOf(held.task) + ", " + waiters.size() + " waiting";
    }

    @Override
    public String toString() {
        return "Lock[" + standing() + " on " + loop.name() + "]";
    }

    /**
     * How a lock stands.
     *
     * @param held who holds it, and since when; null if it is free
     * @param waiting how many wait for it
     */
    public record Statistics(@Nullable Hold held, int waiting) {

        /**
         * Whether somebody holds it.
         *
         * @return true if it is not free
         */
        public boolean locked() {
            return held != null;
        }
    }

    /**
     * A lock that is held, until this is closed. Closing it again is harmless. It lasts through the waits of a {@link Condition}, in
     * which others hold the lock.
     */
    public static final class Held extends Grant implements AutoCloseable {
        private final Lock lock;
        private boolean released;

        private @Nullable ConditionWait wait; // while that has let go of the lock

        private Held(Lock lock) {
            super(lock.loop);
            this.lock = lock;
        }

        /**
         * Releases the lock; the task that has waited longest gets it. In a wait of a condition it ends that wait as cancelled, which
         * does not take the lock again then.
         */
        @Override
        public void close() {
            lock.loop.checkThread();
            if (released) {
                return;
            }
            released = true;
            ConditionWait w = wait;
            if (w == null) {
                lock.release();
                return;
            }
            wait = null;
            w.abandoned();
        }

        /** The lock is this one's; a condition may have waited for that. */
        private void taken() {
            ConditionWait w = wait;
            if (w != null) {
                wait = null;
                w.ended();
            }
        }
    }
}

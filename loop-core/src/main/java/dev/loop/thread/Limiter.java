package dev.loop.thread;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import org.jspecify.annotations.Nullable;

/**
 * How many calls may run on worker threads at the same time. Who comes when all places are taken waits, first come, first served. One
 * limiter can serve several kinds of calls of one loop, such as all that use one database.
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public final class Limiter {

    private final EventLoop loop;
    private final WaitQueue<Permit, @Nullable Void> waiters;
    private int total;
    private int taken;

    /**
     * A limiter of the current loop.
     *
     * @param total how many places there are, at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Limiter(int total) {
        this(EventLoop.current(), total);
    }

    /**
     * A limiter of a loop.
     *
     * @param loop whose calls it limits
     * @param total how many places there are, at least 1
     */
    public Limiter(EventLoop loop, int total) {
        this.loop = loop;
        this.total = checkTotal(total);
        waiters = new WaitQueue<>(loop, (permit, _) -> permit.close());
    }

    private static int checkTotal(int total) {
        if (total < 1) {
            throw new IllegalArgumentException("a limiter has at least 1 place, not " + total);
        }
        return total;
    }

    /**
     * The loop whose calls it limits.
     *
     * @return the loop
     */
    public EventLoop loop() {
        return loop;
    }

    /**
     * How many places there are.
     *
     * @return the number
     */
    public int total() {
        loop.checkThread();
        return total;
    }

    /**
     * Changes how many places there are. With more, those who wait get theirs at once; with fewer, nobody is sent away, and nobody new
     * is let in until enough have gone.
     *
     * @param total at least 1
     */
    public void setTotal(int total) {
        loop.checkThread();
        this.total = checkTotal(total);
        letIn();
    }

    /**
     * Waits for a place.
     *
     * @return a place, to be closed; a cancel before anybody has read it passes it on
     */
    public Future<Permit> acquire() {
        Permit permit = tryAcquire();
        return permit != null ? waiters.granted(permit, null) : waiters.park(null);
    }

    /**
     * Takes a place if one is free and nobody waits for it.
     *
     * @return a place, to be closed; null if there is none
     */
    public @Nullable Permit tryAcquire() {
        loop.checkThread();
        if (taken >= total) {
            return null;
        }
        taken++;
        return new Permit(this);
    }

    private void release() {
        taken--;
        letIn();
    }

    private void letIn() {
        while (taken < total && !waiters.isEmpty()) {
            taken++;
            waiters.grant(new Permit(this));
        }
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        loop.checkThread();
        return new Statistics(total, taken, waiters.size());
    }

    @Override
    public String toString() {
        return "Limiter[" + taken + " of " + total + " taken, " + waiters.size() + " waiting, on " + loop.name() + "]";
    }

    /**
     * How a limiter stands.
     *
     * @param total how many places there are
     * @param taken how many of them are taken; more than there are, after they have become fewer
     * @param waiting how many wait for one
     */
    public record Statistics(int total, int taken, int waiting) {}

    /** A place that is taken, until this is closed. Closing it again is harmless. */
    public static final class Permit implements AutoCloseable {
        private final Limiter limiter;
        private boolean released;

        private Permit(Limiter limiter) {
            this.limiter = limiter;
        }

        /** Frees the place; whoever has waited longest gets it. */
        @Override
        public void close() {
            limiter.loop.checkThread();
            if (!released) {
                released = true;
                limiter.release();
            }
        }
    }
}

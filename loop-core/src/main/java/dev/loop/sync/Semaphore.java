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
 * A number of permits that tasks take and give back. It is fair: first come, first served, also for who wants several at once, and
 * nobody overtakes a task that waits.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="semaphore"}
 *
 * <p>A {@link Permit} that is closed gives back what it has taken. {@link #release()} adds a permit without one, as where one task
 * counts up and another waits for that; it may go above the initial number, which a {@link BoundedSemaphore} refuses. Use one or the
 * other for a permit, not both.
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public sealed class Semaphore implements Resource permits BoundedSemaphore {

    final EventLoop loop;
    private final WaitQueue<Permit, Permit> waiters; // what they bring is what they get
    private final Grants out = new Grants();
    private int available;
    private boolean
            counted; // somebody has released what it had not acquired: who holds a permit does not tell who gives it
    // back

    /**
     * A semaphore of the current loop.
     *
     * @param permits how many there are at first, not negative
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Semaphore(int permits) {
        this(EventLoop.current(), permits);
    }

    /**
     * A semaphore of a loop.
     *
     * @param loop whose tasks use it
     * @param permits how many there are at first, not negative
     */
    public Semaphore(EventLoop loop, int permits) {
        if (permits < 0) {
            throw new IllegalArgumentException("a semaphore of " + permits + " permits: give 0 or more");
        }
        this.loop = loop;
        available = permits;
        waiters = new WaitQueue<>(loop, (permit, _, _) -> takeBack(permit), this, _ -> serve());
    }

    /**
     * Waits for a permit.
     *
     * @return the permit, to be closed; a cancel before anybody has read it gives it to the next
     */
    public Future<Permit> acquire() {
        return acquire(1);
    }

    /**
     * Waits for several permits at once. Who comes later waits behind it, even for fewer.
     *
     * @param permits how many, at least 1
     * @return one object for all of them, to be closed; a cancel before anybody has read it gives them to the next
     */
    public Future<Permit> acquire(int permits) {
        loop.checkThread();
        checkCount(permits);
        var permit = new Permit(this, permits);
        if (isAtOnce(permits)) {
            take(permit);
            return waiters.granted(permit, permit);
        }
        return waiters.park(permit);
    }

    /**
     * Takes a permit if there is one and nobody waits.
     *
     * @return the permit, or null
     */
    public @Nullable Permit tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes several permits if there are so many and nobody waits.
     *
     * @param permits how many, at least 1
     * @return one object for all of them, or null
     */
    public @Nullable Permit tryAcquire(int permits) {
        loop.checkThread();
        checkCount(permits);
        if (!isAtOnce(permits)) {
            return null;
        }
        var permit = new Permit(this, permits);
        take(permit);
        return permit;
    }

    /**
     * Adds a permit, which the one that has waited longest gets.
     *
     * @throws IllegalStateException if there would be more than there can be
     */
    public void release() {
        loop.checkThread();
        add(1);
        Grants.Listed own = out.lastOf(loop.currentTask());
        if (own != null) {
            out.remove(own); // acquired and released in pairs, as in asyncio: this one does not hold it any more
        } else {
            counted = true;
        }
        serve();
    }

    /**
     * How many permits are free.
     *
     * @return the count, never negative
     */
    public int available() {
        return available;
    }

    /**
     * Whether {@link #tryAcquire()} would give null: there is no permit, or somebody waits.
     *
     * @return true if an {@link #acquire()} would wait
     */
    public boolean isLocked() {
        return !isAtOnce(1);
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(available, waiters.size(), out.holds());
    }

    /**
     * The tasks that have permits and have to give them back. Where somebody has called {@link #release()} without a permit of its own, the
     * semaphore is a count, which anybody may raise: then nobody is said to hold it.
     *
     * @return a copy, the oldest first
     */
    @Override
    public Collection<Task<?>> holders() {
        return counted ? List.of() : out.holders();
    }

    @Override
    public List<Hold> holds() {
        return out.holds();
    }

    private boolean isAtOnce(int permits) {
        return available >= permits && waiters.isEmpty();
    }

    private void take(Permit permit) {
        available -= permit.count;
        permit.since = loop.turnTime();
        out.add(permit);
    }

    /** Lets in who has waited longest, as far as there are permits. */
    private void serve() {
        while (!waiters.isEmpty() && waiters.firstAttachment().count <= available) {
            Permit next = waiters.firstAttachment();
            take(next);
            waiters.grant(next);
        }
    }

    /** Inside a cancel. */
    private void takeBack(Permit permit) {
        if (!permit.released) {
            permit.released = true;
            out.remove(permit);
            available = limited((long) available + permit.count);
            serve();
        }
    }

    private void close(Permit permit) {
        loop.checkThread();
        if (!permit.released) {
            add(permit.count);
            permit.released = true;
            out.remove(permit);
            serve();
        }
    }

    private void add(int permits) {
        long sum = (long) available + permits;
        if (limited(sum) != sum) {
            throw new IllegalStateException("released more often than acquired: " + this + " cannot get " + permits
                    + " more; close a Permit, or call release(), once for each acquire()");
        }
        available = (int) sum;
    }

    /** As many of these as there can be. */
    int limited(long permits) {
        return (int) Math.min(permits, Integer.MAX_VALUE);
    }

    void checkCount(int permits) {
        if (permits < 1) {
            throw new IllegalArgumentException("acquire(" + permits + "): give the number of permits, at least 1");
        }
    }

    String standing() {
        return available + " free, " + waiters.size() + " waiting on " + loop.name();
    }

    @Override
    public String toString() {
        return "Semaphore[" + standing() + "]";
    }

    /**
     * How a semaphore stands.
     *
     * @param available how many permits are free
     * @param waiting how many wait
     * @param held the permits that are out, the latest thousand; not those that were given back by {@code release()}, if the task that
     *     had acquired them did that
     */
    public record Statistics(int available, int waiting, List<Hold> held) {

        /** A copy of the figures. */
        public Statistics {
            held = List.copyOf(held);
        }
    }

    /** One permit or several, until this is closed. Closing it again is harmless. */
    public static final class Permit extends Grants.Listed implements AutoCloseable {
        private final Semaphore semaphore;
        private final int count;
        private boolean released;

        private Permit(Semaphore semaphore, int count) {
            super(semaphore.loop);
            this.semaphore = semaphore;
            this.count = count;
        }

        /**
         * How many permits it stands for.
         *
         * @return the count, at least 1
         */
        public int count() {
            return count;
        }

        /**
         * Gives back what was taken.
         *
         * @throws IllegalStateException if there would be more than there can be: somebody has called {@link Semaphore#release()} as well
         */
        @Override
        public void close() {
            semaphore.close(this);
        }
    }
}

package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A place where tasks that hold a {@link Lock} wait for others to change what it guards. The wait lets go of the lock and takes it
 * again before it ends; the {@link Lock.Held} of the caller stays the same, and is valid again then.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="condition"}
 *
 * <p>However a wait ends, the lock is held again: a cancel has to wait for that too, and of several cancels the last one's reason is
 * told. Who closes the {@code Held} during the wait ends the wait as cancelled. As everywhere, a signal says that something may have
 * changed, not that it is still so: {@link #until} looks again.
 *
 * <p>It belongs to its loop's thread. Several conditions may share a lock.
 */
@CheckReturnValue
public final class Condition implements Resource {

    private final Lock lock;
    private final LinkedHashSet<ConditionWait> waiting = new LinkedHashSet<>();

    /**
     * A condition with a lock of its own, of the current loop.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Condition() {
        this(new Lock());
    }

    /**
     * A condition of a lock.
     *
     * @param lock what has to be held in order to wait and to signal
     */
    public Condition(Lock lock) {
        this.lock = lock;
    }

    /**
     * The lock.
     *
     * @return what has to be held in order to wait and to signal
     */
    public Lock lock() {
        return lock;
    }

    /**
     * Waits for the lock.
     *
     * @return as {@link Lock#acquire()}
     */
    public Future<Lock.Held> acquire() {
        return lock.acquire();
    }

    /**
     * Lets go of the lock, waits for a signal, and takes the lock again. The lock has no owner, so it is the caller who knows that it
     * is the one that holds it.
     *
     * @return done when it was signalled and the lock is held again. A cancel is accepted at once, and ends the wait when the lock is
     *     held again; if it had been signalled, the signal goes to the next that waits. Unread, a cancel passes the signal on in the
     *     same way, and the lock stays held.
     * @throws IllegalStateException if nobody holds the lock
     */
    public Future<@Nullable Void> whenSignalled() {
        Lock.Held held = held("wait");
        var wait = new ConditionWait(this, held);
        waiting.add(wait);
        lock.suspend(held, wait);
        return wait.promise;
    }

    /**
     * Waits until something is true: asyncio's {@code wait_for}. It is looked at in the calling task, which holds the lock then, at
     * first and after each signal; if it is true at first, there is no wait.
     *
     * @param predicate whether to go on; what it throws ends this with the lock held
     * @throws IllegalStateException if it is false at first and nobody holds the lock; or outside of a task
     * @throws dev.loop.CancelledException if the task was cancelled; the lock is held all the same
     */
    public void until(BooleanSupplier predicate) {
        while (!predicate.getAsBoolean()) {
            if (lock.loop.currentTask() == null) { // before the lock is let go
                throw new IllegalStateException(
                        "until(…) waits, which only a task can: spawn one, or use whenSignalled() (" + this + ")");
            }
            whenSignalled().await();
        }
    }

    /**
     * Has the one that has waited longest take the lock again, after those who wait for the lock already.
     *
     * @throws IllegalStateException if nobody holds the lock
     */
    public void signal() {
        signal(1);
    }

    /**
     * Has those that have waited longest take the lock again, one after another.
     *
     * @param most how many at most, not negative; if fewer wait, all of them
     * @throws IllegalStateException if nobody holds the lock
     */
    public void signal(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("signal(" + most + "): give the number of waits, 0 or more");
        }
        var _ = held("signal");
        for (int i = 0; i < most && !waiting.isEmpty(); i++) {
            signalFirst();
        }
    }

    /**
     * Has all that wait take the lock again, one after another, in the order in which they came.
     *
     * @throws IllegalStateException if nobody holds the lock
     */
    public void signalAll() {
        signal(Integer.MAX_VALUE);
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(waiting.size(), lock.statistics());
    }

    /** Nobody is known to bring the signal. */
    @Override
    public Collection<Task<?>> holders() {
        return List.of();
    }

    private Lock.Held held(String what) {
        lock.loop.checkThread();
        Lock.Held held = lock.holder();
        if (held == null) {
            throw new IllegalStateException(
                    "nobody holds the lock of " + this + ": acquire it first, in order to " + what);
        }
        return held;
    }

    void signalFirst() {
        if (!waiting.isEmpty()) {
            waiting.removeFirst().signal();
        }
    }

    void remove(ConditionWait wait) {
        waiting.remove(wait);
    }

    @Override
    public String toString() {
        return "Condition[" + waiting.size() + " waiting, lock " + lock.standing() + " on " + lock.loop.name() + "]";
    }

    /**
     * How a condition stands.
     *
     * @param waiting how many wait for a signal; who was signalled waits for the lock
     * @param lock how its lock stands
     */
    public record Statistics(int waiting, Lock.Statistics lock) {}
}

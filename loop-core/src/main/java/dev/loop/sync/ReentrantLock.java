package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A mutual exclusion that a task owns: the owner may acquire it again, and only the owner releases it, once for each time. For all else
 * it is a {@link Lock}: fair, first come, first served.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="reentrantlock"}
 *
 * <p>A task that ends and holds it has a mistake in it. That is found when another one waits for the lock or asks for it: the loop's
 * {@linkplain EventLoop#exceptionHandler exception handler} is told the task's name, and the lock goes to the next, who may find what it
 * guards half changed.
 *
 * <p>It belongs to its loop's thread, and is of use to tasks only.
 */
@CheckReturnValue
public final class ReentrantLock implements Resource {

    private final EventLoop loop;
    private final WaitQueue<Held, Held> waiters; // what they bring is what they get
    private final Consumer<Future<?>> ownerEnded = this::ended;
    private @Nullable Held first; // the owner's outermost; null: it is free
    private int holdCount;
    private boolean watched; // the owner's end

    /**
     * A lock of the current loop.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public ReentrantLock() {
        this(EventLoop.current());
    }

    /**
     * A lock of a loop.
     *
     * @param loop whose tasks use it
     */
    public ReentrantLock(EventLoop loop) {
        this.loop = loop;
        waiters = new WaitQueue<>(loop, (held, _, _) -> held.giveBack(), this);
    }

    /**
     * Waits for the lock. The calling task becomes the owner, whoever awaits the future.
     *
     * @return the lock held, to be closed by the same task; done at once for the owner. A cancel before anybody has read it takes this
     *     hold back.
     * @throws IllegalStateException outside of a task
     */
    public Future<Held> acquire() {
        Held held = newHeld();
        if (isFor(held)) {
            take(held);
            return waiters.granted(held, held);
        }
        Future<Held> wait = waiters.park(held);
        watch();
        return wait;
    }

    /**
     * Takes the lock if it is free or the calling task owns it.
     *
     * @return the lock held, or null if another task owns it
     * @throws IllegalStateException outside of a task
     */
    public @Nullable Held tryAcquire() {
        Held held = newHeld();
        if (!isFor(held)) {
            return null;
        }
        take(held);
        return held;
    }

    /**
     * Who owns it.
     *
     * @return the task, or null if it is free; one that has ended is found out when another task wants the lock
     */
    public @Nullable Task<?> owner() {
        Held f = first;
        return f == null ? null : f.task;
    }

    /**
     * How often the owner holds it.
     *
     * @return the count; 0 if it is free
     */
    public int holdCount() {
        return holdCount;
    }

    /**
     * Whether the calling task owns it.
     *
     * @return false for other tasks, and outside of a task
     */
    public boolean isHeldByCurrentTask() {
        Task<?> task = loop.currentTask();
        return task != null && task == owner();
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        Held f = first;
        return new Statistics(f == null ? null : f.hold(), holdCount, waiters.size());
    }

    @Override
    public Collection<Task<?>> holders() {
        Task<?> owner = owner();
        return owner == null ? List.of() : List.of(owner);
    }

    @Override
    public List<Hold> holds() {
        Held f = first;
        return f == null ? List.of() : List.of(f.hold());
    }

    private Held newHeld() {
        loop.checkThread();
        Task<?> task = loop.currentTask();
        if (task == null) {
            throw new IllegalStateException(
                    this + " is owned by tasks, and no task calls: spawn one, or use a Lock, which has no owner");
        }
        return new Held(this, task);
    }

    /** Whether it can be had at once. An owner that has ended is found out here. */
    private boolean isFor(Held held) {
        Task<?> owner = owner();
        if (owner != null && owner != held.task && owner.isDone()) {
            abandoned(owner);
            owner = owner();
        }
        return owner == null || owner == held.task;
    }

    private void take(Held held) {
        held.holds = true;
        if (holdCount++ == 0) {
            first = held;
            held.since = loop.turnTime();
        }
    }

    private void release(Held held) {
        held.holds = false;
        if (--holdCount == 0) {
            passOn();
        }
    }

    /** To the next who waits, if any. */
    private void passOn() {
        Task<?> owner = owner();
        if (watched && owner != null) {
            owner.removeDoneCallback(ownerEnded);
        }
        watched = false;
        first = null;
        holdCount = 0;
        if (!waiters.isEmpty()) {
            Held next = waiters.firstAttachment();
            take(next);
            waiters.grant(next);
            grantAgain(next.owner);
            watch();
        }
    }

    /** What the new owner had asked for next, before it was the owner, it would wait for in vain. */
    private void grantAgain(Task<?> owner) {
        while (!waiters.isEmpty() && waiters.firstAttachment().owner == owner) {
            Held again = waiters.firstAttachment();
            take(again);
            waiters.grant(again);
        }
    }

    /** While others wait, the end of the owner must not go unnoticed. */
    private void watch() {
        Task<?> owner = owner();
        if (!watched && owner != null && !waiters.isEmpty()) {
            watched = true;
            owner.addDoneCallback(ownerEnded);
        }
    }

    private void ended(Future<?> task) {
        if (watched && task == owner()) {
            abandoned((Task<?>) task);
        }
    }

    private void abandoned(Task<?> owner) {
        loop.callExceptionHandler(new ExceptionContext(
                "the task " + owner.name() + " has ended and still holds " + this + ", which goes to the next",
                null,
                owner,
                null));
        passOn();
    }

    @Override
    public String toString() {
        Held f = first;
        return "ReentrantLock["
                + (f == null
                        ? "free"
                        : "held " + (holdCount == 1 ? "" : holdCount + " times ") + "by " + Grant.nameOf(f.task) + ", "
                                + waiters.size() + " waiting")
                + " on " + loop.name() + "]";
    }

    /**
     * How a re-entrant lock stands.
     *
     * @param held who owns it, and since when; null if it is free
     * @param holdCount how often the owner holds it
     * @param waiting how many wait for it
     */
    public record Statistics(@Nullable Hold held, int holdCount, int waiting) {}

    /** One hold of the lock by its owner, until this is closed. Closing it again is harmless. */
    public static final class Held extends Grant implements AutoCloseable {
        private final ReentrantLock lock;
        private final Task<?> owner;
        private boolean holds;

        private Held(ReentrantLock lock, Task<?> owner) {
            super(lock.loop);
            this.lock = lock;
            this.owner = owner;
        }

        /**
         * Gives back one hold; with the last one, the task that has waited longest gets the lock.
         *
         * @throws IllegalStateException if another task than the owner calls
         */
        @Override
        public void close() {
            lock.loop.checkThread();
            if (!isOut()) {
                return;
            }
            Task<?> caller = lock.loop.currentTask();
            if (caller != owner) {
                throw new IllegalStateException(lock + " is owned by the task " + owner.name() + ", and "
                        + (caller == null ? "code outside of a task" : "the task " + caller.name())
                        + " cannot release it: close it where it was acquired");
            }
            lock.release(this);
        }

        /** Inside a cancel, for whichever task. */
        private void giveBack() {
            if (isOut()) {
                lock.release(this);
            }
        }

        /** Whether this still holds; not if the lock was taken from a task that had ended. */
        private boolean isOut() {
            return holds && lock.owner() == owner;
        }
    }
}

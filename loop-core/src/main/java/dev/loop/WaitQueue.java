package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A FIFO of waits for something that is granted one at a time: the parking lot beneath every lock and queue. It lives in the
 * kernel because a grant and a cancel that meet must be settled where futures are settled.
 *
 * <p>A wait that is cancelled leaves the queue at once. One that was granted something and is cancelled before anybody has read it
 * hands the grant back, so that nothing is lost.
 *
 * <p>It belongs to its loop's thread. Prior art: trio's {@code ParkingLot}, after the wait queues of Doug Lea's
 * {@code AbstractQueuedSynchronizer}.
 *
 * @param <T> what is granted
 * @param <A> what a waiter brings with it, such as the item that it wants to put
 */
@CheckReturnValue
public final class WaitQueue<T extends @Nullable Object, A extends @Nullable Object> {

    /**
     * Takes back a grant that its waiter no longer wants, and sees to it that it goes to the next or back to where it came from. It
     * is called on the loop's thread, possibly the platform thread, inside a cancel: it must not block, take a lock or run user code.
     *
     * @param <T> what is granted
     */
    @FunctionalInterface
    public interface GiveBack<T extends @Nullable Object> {

        /**
         * Takes a grant back.
         *
         * @param value what was granted
         * @param ticket its number among the grants of this queue, in their order, so that several that come back can keep it
         */
        void giveBack(T value, long ticket);
    }

    /**
     * Looks after a queue whose waiters ask for different amounts. It is told what a waiter had brought with it, also of one that
     * leaves the queue before its turn, because the next may then be served at once. The rules of {@link GiveBack} hold for it.
     *
     * @param <T> what is granted
     * @param <A> what a waiter brings with it
     */
    public interface Keeper<T extends @Nullable Object, A extends @Nullable Object> {

        /**
         * A waiter was cancelled before anything was granted to it; it is out of the queue.
         *
         * @param attachment what it had brought with it
         */
        void withdrawn(A attachment);

        /**
         * Takes a grant back.
         *
         * @param value what was granted
         * @param attachment what the waiter had brought with it
         */
        void giveBack(T value, A attachment);
    }

    private final EventLoop loop;
    private final @Nullable GiveBack<T> giveBack;
    private final @Nullable Keeper<T, A> keeper;
    private final Supplier<? extends Collection<? extends Future<?>>> parts;

    private final CancelHook<T> withdrawal = new Withdrawal();

    private @Nullable Waiter<T, A> first;
    private @Nullable Waiter<T, A> last;
    private int size;
    private long grants;

    /**
     * An empty queue.
     *
     * @param loop whose tasks wait here
     * @param giveBack takes back what a waiter no longer wants; null if a grant cannot be undone, and a cancel after it is refused
     */
    public WaitQueue(EventLoop loop, @Nullable GiveBack<T> giveBack) {
        this(loop, giveBack, List::of);
    }

    /** With the futures of which one has to end before anything is granted here. */
    WaitQueue(
            EventLoop loop, @Nullable GiveBack<T> giveBack, Supplier<? extends Collection<? extends Future<?>>> parts) {
        this.loop = loop;
        this.giveBack = giveBack;
        this.parts = parts;
        keeper = null;
    }

    private WaitQueue(EventLoop loop, Keeper<T, A> keeper) {
        this.loop = loop;
        this.keeper = keeper;
        giveBack = null;
        parts = List::of;
    }

    /**
     * An empty queue that somebody looks after.
     *
     * @param loop whose tasks wait here
     * @param keeper is told of waiters that leave, and takes back what one no longer wants
     * @param <T> what is granted
     * @param <A> what a waiter brings with it
     * @return the queue
     */
    public static <T extends @Nullable Object, A extends @Nullable Object> WaitQueue<T, A> keptBy(
            EventLoop loop, Keeper<T, A> keeper) {
        return new WaitQueue<>(loop, keeper);
    }

    /**
     * A new wait at the end of the queue.
     *
     * @param attachment what the waiter brings with it
     * @return the wait
     */
    public Future<T> park(A attachment) {
        loop.checkThread();
        var waiter = new Waiter<T, A>(this, attachment);
        Waiter<T, A> l = last;
        waiter.previous = l;
        if (l == null) {
            first = waiter;
        } else {
            l.next = waiter;
        }
        last = waiter;
        size++;
        return waiter;
    }

    /**
     * A wait that is granted at once, without standing in the queue; until it is read it can be cancelled like any other.
     *
     * @param value what is granted
     * @param attachment what the waiter would bring with it
     * @return a wait that is done
     */
    public Future<T> granted(T value, A attachment) {
        loop.checkThread();
        var waiter = new Waiter<T, A>(this, attachment);
        waiter.ticket = grants++;
        waiter.outcome = Outcome.of(value);
        return waiter;
    }

    /**
     * Grants something to the first waiter.
     *
     * @param value what is granted
     * @return false if nobody waits, and the value was not taken
     */
    @CanIgnoreReturnValue
    public boolean grant(T value) {
        loop.checkThread();
        Waiter<T, A> waiter = first;
        if (waiter == null) {
            return false;
        }
        unlink(waiter);
        waiter.ticket = grants++;
        waiter.finish(Outcome.of(value));
        return true;
    }

    /**
     * Ends the first wait with a failure.
     *
     * @param error the failure
     * @return false if nobody waits
     */
    @CanIgnoreReturnValue
    public boolean fail(Throwable error) {
        loop.checkThread();
        Waiter<T, A> waiter = first;
        if (waiter == null) {
            return false;
        }
        unlink(waiter);
        waiter.finish(Outcome.thrown(error));
        return true;
    }

    /**
     * What the first waiter brought with it.
     *
     * @return its attachment
     * @throws IllegalStateException if nobody waits
     */
    public A firstAttachment() {
        Waiter<T, A> waiter = first;
        if (waiter == null) {
            throw new IllegalStateException("nobody waits here");
        }
        return waiter.attachment;
    }

    /**
     * How many wait.
     *
     * @return the count
     */
    public int size() {
        return size;
    }

    /**
     * Whether nobody waits.
     *
     * @return true if empty
     */
    public boolean isEmpty() {
        return size == 0;
    }

    private void unlink(Waiter<T, A> waiter) {
        Waiter<T, A> p = waiter.previous;
        Waiter<T, A> n = waiter.next;
        if (p == null) {
            first = n;
        } else {
            p.next = n;
        }
        if (n == null) {
            last = p;
        } else {
            n.previous = p;
        }
        waiter.previous = null;
        waiter.next = null;
        size--;
    }

    /** Forgets a waiter that is cancelled while it waits. */
    private final class Withdrawal implements CancelHook<T> {
        @Override
        @SuppressWarnings("unchecked") // only waiters of this queue get this hook
        public boolean stop(Promise<T> promise, @Nullable String reason) {
            var waiter = (Waiter<T, A>) promise;
            unlink(waiter);
            Keeper<T, A> k = keeper;
            if (k != null) {
                k.withdrawn(waiter.attachment);
            }
            return true;
        }
    }

    /** One wait; linked while it is pending. */
    private static final class Waiter<T extends @Nullable Object, A extends @Nullable Object> extends HookedPromise<T> {
        private final WaitQueue<T, A> queue;
        private final A attachment;
        private @Nullable Waiter<T, A> previous;
        private @Nullable Waiter<T, A> next;
        private long ticket;

        Waiter(WaitQueue<T, A> queue, A attachment) {
            super(queue.loop, queue.withdrawal);
            this.queue = queue;
            this.attachment = attachment;
        }

        @Override
        Collection<? extends Future<?>> parts() {
            return queue.parts.get();
        }

        @Override
        Object lane() {
            return outcome instanceof Outcome.Cancelled ? this : queue; // who was granted first goes on first
        }

        @Override
        boolean takeBack(T value) {
            Keeper<T, A> k = queue.keeper;
            if (k != null) {
                k.giveBack(value, attachment);
                return true;
            }
            GiveBack<T> back = queue.giveBack;
            if (back == null) {
                return false;
            }
            back.giveBack(value, ticket);
            return true;
        }
    }
}

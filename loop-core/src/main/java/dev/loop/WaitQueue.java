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
     * @param <A> what a waiter brings with it
     */
    @FunctionalInterface
    public interface GiveBack<T extends @Nullable Object, A extends @Nullable Object> {

        /**
         * Takes a grant back.
         *
         * @param value what was granted
         * @param attachment what the waiter had brought with it
         * @param ticket the number with which it was granted, so that several that come back can keep their order
         */
        void giveBack(T value, A attachment, long ticket);
    }

    /**
     * What becomes of the first of several waits; see {@link #first}. Its methods run no user code, take no lock and do not block.
     *
     * @param <T> the value of the waits
     * @param <V> what it makes of it
     */
    @FunctionalInterface
    public interface Reading<T extends @Nullable Object, V extends @Nullable Object> {

        /**
         * What the value of the first one stands for. Called where it is read, and perhaps again.
         *
         * @param index which one came first, in the order of the arguments
         * @param value its value
         * @return the value of the whole
         */
        V value(int index, T value);

        /**
         * What stands for a failure of the first one. Called when it fails.
         *
         * @param index which one came first, in the order of the arguments
         * @param error its failure
         * @return the value of the whole; null, as by default, to have it fail likewise
         */
        default @Nullable V failure(int index, Throwable error) {
            return null;
        }
    }

    /**
     * Hears that somebody has left the queue by a cancel: those behind may be served now. It is called where a {@link GiveBack} is,
     * and under the same rules.
     *
     * @param <A> what a waiter brings with it
     */
    @FunctionalInterface
    public interface Withdrawn<A extends @Nullable Object> {

        /**
         * A waiter has left, and does not stand in the queue any more.
         *
         * @param attachment what it had brought with it
         */
        void withdrawn(A attachment);
    }

    private final EventLoop loop;
    private final @Nullable GiveBack<? super T, ? super A> giveBack;
    private final @Nullable Resource resource;
    private final @Nullable Withdrawn<? super A> withdrawn;
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
    public WaitQueue(EventLoop loop, @Nullable GiveBack<? super T, ? super A> giveBack) {
        this(loop, giveBack, null, null, List::of);
    }

    /**
     * An empty queue of those who wait for something that others hold.
     *
     * @param loop whose tasks wait here
     * @param giveBack takes back what a waiter no longer wants; null if a grant cannot be undone, and a cancel after it is refused
     * @param resource what they wait for, for those who ask {@link Future#resource()}
     */
    public WaitQueue(EventLoop loop, @Nullable GiveBack<? super T, ? super A> giveBack, Resource resource) {
        this(loop, giveBack, resource, null, List::of);
    }

    /**
     * An empty queue of those who wait for something that others hold, where the one behind can often be served before the first.
     *
     * @param loop whose tasks wait here
     * @param giveBack takes back what a waiter no longer wants; null if a grant cannot be undone, and a cancel after it is refused
     * @param resource what they wait for, for those who ask {@link Future#resource()}
     * @param withdrawn hears of a waiter that has left before it was granted anything
     */
    public WaitQueue(
            EventLoop loop,
            @Nullable GiveBack<? super T, ? super A> giveBack,
            Resource resource,
            Withdrawn<? super A> withdrawn) {
        this(loop, giveBack, resource, withdrawn, List::of);
    }

    /** With the futures of which one has to end before anything is granted here. */
    WaitQueue(
            EventLoop loop,
            @Nullable GiveBack<? super T, ? super A> giveBack,
            Supplier<? extends Collection<? extends Future<?>>> parts) {
        this(loop, giveBack, null, null, parts);
    }

    private WaitQueue(
            EventLoop loop,
            @Nullable GiveBack<? super T, ? super A> giveBack,
            @Nullable Resource resource,
            @Nullable Withdrawn<? super A> withdrawn,
            Supplier<? extends Collection<? extends Future<?>>> parts) {
        this.loop = loop;
        this.giveBack = giveBack;
        this.resource = resource;
        this.withdrawn = withdrawn;
        this.parts = parts;
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
        return granted(value, attachment, grants++);
    }

    /**
     * A wait that is granted at once, as {@link #granted(Object, Object)}, with a number of the caller's.
     *
     * @param value what is granted
     * @param attachment what the waiter would bring with it
     * @param ticket what {@link GiveBack} gets with the value if it comes back
     * @return a wait that is done
     */
    public Future<T> granted(T value, A attachment, long ticket) {
        loop.checkThread();
        var waiter = new Waiter<T, A>(this, attachment);
        waiter.ticket = ticket;
        waiter.outcome = Outcome.of(value);
        return waiter;
    }

    /**
     * Grants something to the first waiter, numbered after all that this queue has granted before.
     *
     * @param value what is granted
     * @return false if nobody waits, and the value was not taken
     */
    @CanIgnoreReturnValue
    public boolean grant(T value) {
        if (!grant(value, grants)) {
            return false;
        }
        grants++;
        return true;
    }

    /**
     * Grants something to the first waiter, with a number of the caller's: what has come back and is granted again keeps its own, or
     * it would seem younger than what was granted after it.
     *
     * @param value what is granted
     * @param ticket what {@link GiveBack} gets with the value if it comes back
     * @return false if nobody waits, and the value was not taken
     */
    @CanIgnoreReturnValue
    public boolean grant(T value, long ticket) {
        loop.checkThread();
        Waiter<T, A> waiter = first;
        if (waiter == null) {
            return false;
        }
        unlink(waiter);
        waiter.ticket = ticket;
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
     * The first of several waits, in this queue and others, to end. In the moment in which it does the others are withdrawn: they take
     * nothing, and nobody else's place changes. A cancel withdraws them all; one that comes when this is done, and nobody has read it,
     * gives back what the first one was granted, as that does itself.
     *
     * @param loop the loop of all of them
     * @param waits at least one; if several are done already, the first of those has come first. They are of the kind that ends at
     *     once when it is cancelled, as those of wait queues and sleeps do
     * @param watched those among them that belong to others, and are left alone when they are not the first
     * @param reading what to make of the one that came first
     * @param <T> the value of the waits
     * @param <V> what is made of it
     * @return the wait for the first of them
     */
    public static <T extends @Nullable Object, V extends @Nullable Object> Future<V> first(
            EventLoop loop,
            List<? extends Future<? extends T>> waits,
            Collection<? extends Future<?>> watched,
            Reading<? super T, ? extends V> reading) {
        loop.checkThread();
        return new FirstWait<T, V>(loop, waits, watched, reading);
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
            if (waiter != first && waiter.previous == null) {
                return false; // it has left already: whoever was told of that has come back here
            }
            unlink(waiter);
            Withdrawn<? super A> w = withdrawn;
            if (w != null) {
                w.withdrawn(waiter.attachment);
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
        @Nullable Resource waitedResource() {
            return queue.resource;
        }

        @Override
        Object lane() {
            return outcome instanceof Outcome.Cancelled ? this : queue; // who was granted first goes on first
        }

        @Override
        boolean takeBack(T value) {
            GiveBack<? super T, ? super A> back = queue.giveBack;
            if (back == null) {
                return false;
            }
            back.giveBack(value, attachment, ticket);
            return true;
        }
    }
}

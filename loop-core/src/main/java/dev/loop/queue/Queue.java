package dev.loop.queue;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A FIFO between the tasks of one loop, with room for a number of items: {@code put} waits while it is full, {@code get} while it
 * is empty; both in the order of their calls. {@link PriorityQueue} and {@link LifoQueue} are the same with another order of items.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="queue"}
 *
 * <p>No item is lost: a {@code get} that is cancelled after an item was handed to it, and before anybody has read it, gives the
 * item to the next or back to its place. What comes back may exceed the capacity until it is taken again.
 *
 * <p>{@link #shutdown()} ends it: what it holds can still be taken, and a {@code for} loop over it in a task takes until then. Whoever
 * wants to know when the items were not only taken but dealt with calls {@link #taskDone()} for each, and waits in {@link #join()}.
 *
 * <p>It belongs to its loop's thread.
 *
 * @param <T> the items, which are never null
 */
@CheckReturnValue
public sealed class Queue<T> implements Iterable<T> permits PriorityQueue, LifoQueue {

    static final int UNBOUNDED = Integer.MAX_VALUE;

    private final EventLoop loop;
    private final int capacity;
    private final Store<T> store;
    private final WaitQueue<T, @Nullable Void> getters;
    private final WaitQueue<@Nullable Void, T> putters;
    private final WaitQueue<@Nullable Void, @Nullable Void> joiners;
    private final WaitQueue<@Nullable Void, @Nullable Void> lookingForRoom;
    private int peak;
    private int unfinished;

    // open -> shut down -> discarding, or at once
    private boolean shutDown;
    private boolean discarding;

    /**
     * A queue of the current loop, without a bound: {@code put} never waits.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Queue() {
        this(EventLoop.current(), UNBOUNDED);
    }

    /**
     * A queue of the current loop.
     *
     * @param capacity how many items fit, at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Queue(int capacity) {
        this(EventLoop.current(), capacity);
    }

    /**
     * A queue of a loop.
     *
     * @param loop whose tasks use it
     * @param capacity how many items fit, at least 1
     */
    public Queue(EventLoop loop, int capacity) {
        this(loop, capacity, new FifoStore<>());
    }

    Queue(EventLoop loop, int capacity, Store<T> store) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a queue needs room for at least 1 item, not " + capacity);
        }
        this.loop = loop;
        this.capacity = capacity;
        this.store = store;
        getters = new WaitQueue<>(loop, (item, _, number) -> giveBack(item, number));
        putters = new WaitQueue<>(loop, null);
        joiners = new WaitQueue<>(loop, null);
        lookingForRoom = new WaitQueue<>(loop, null);
    }

    /**
     * Adds an item; waits while the queue is full.
     *
     * @param item not null
     * @return done when the item is in the queue, or was handed to a {@code get}; a cancel before that withdraws it. It fails with a
     *     {@link QueueShutdownException} if the queue is shut down before that
     */
    public final Future<@Nullable Void> put(T item) {
        Future<@Nullable Void> now = putNow(item);
        return now != null ? now : parkPut(item);
    }

    /** A put that is done at once; null if it would have to wait. */
    final @Nullable Future<@Nullable Void> putNow(T item) {
        if (offer(item)) {
            return loop.done();
        }
        return shutDown ? loop.failed(isShutDown()) : null;
    }

    final Future<@Nullable Void> parkPut(T item) {
        return putters.park(item);
    }

    /**
     * Adds an item if there is room.
     *
     * @param item not null
     * @return false if the queue is full
     * @throws QueueShutdownException if it was shut down
     */
    public final boolean tryPut(T item) {
        boolean in = offer(item);
        if (!in && shutDown) {
            throw isShutDown();
        }
        return in;
    }

    private boolean offer(T item) {
        loop.checkThread();
        store.check(Objects.requireNonNull(item, "item"));
        while (!shutDown) {
            if (!getters.isEmpty()) {
                unfinished++;
                return getters.grant(item, store.number());
            }
            if (isFull() || !putters.isEmpty()) {
                return false;
            }
            int before = store.changes;
            int place = store.place(item);
            if (store.changes == before) {
                add(item, place);
                return true;
            }
        }
        return false;
    }

    private void add(T item, int place) {
        store.add(item, place);
        unfinished++;
        peak = Math.max(peak, store.size());
    }

    /**
     * Waits until there is room, and takes none of it: a {@code put} that comes in between may fill it again. It is for those who
     * ask for an item elsewhere only when they can put it here.
     *
     * @return done when a {@code put} would not wait. It fails with a {@link QueueShutdownException} if the queue was shut down
     */
    public final Future<@Nullable Void> whenRoom() {
        loop.checkThread();
        if (shutDown) {
            return loop.failed(isShutDown());
        }
        return isFull() ? lookingForRoom.park(null) : loop.done();
    }

    /**
     * Takes the first item; waits while the queue is empty.
     *
     * @return the item. It fails with a {@link QueueShutdownException} if the queue was shut down and is empty, or is shut down while
     *     this waits
     */
    public final Future<T> get() {
        Future<T> now = getNow();
        return now != null ? now : parkGet();
    }

    /** A get that is done at once; null if it would have to wait. */
    final @Nullable Future<T> getNow() {
        loop.checkThread();
        T item = store.poll();
        if (item != null) {
            Future<T> got = getters.granted(item, null, store.polled);
            letIn();
            return got;
        }
        return shutDown ? loop.failed(isShutDown()) : null;
    }

    final Future<T> parkGet() {
        return getters.park(null);
    }

    /**
     * Takes the first item if there is one.
     *
     * @return the item, or null if the queue is empty
     * @throws QueueShutdownException if it was shut down and is empty
     */
    public final @Nullable T tryGet() {
        loop.checkThread();
        T item = store.poll();
        if (item != null) {
            letIn();
        } else if (shutDown) {
            throw isShutDown();
        }
        return item;
    }

    /**
     * Says that an item that was taken has been dealt with.
     *
     * @throws IllegalStateException if it was said as often as items were put
     */
    public final void taskDone() {
        loop.checkThread();
        if (unfinished == 0) {
            throw new IllegalStateException("taskDone() was called more often than items were put: " + this);
        }
        finished(1);
    }

    /**
     * Waits until {@link #taskDone()} was called for every item that was put.
     *
     * @return done when there was nothing unfinished, if only for a moment
     */
    public final Future<@Nullable Void> join() {
        loop.checkThread();
        return unfinished == 0 ? loop.done() : joiners.park(null);
    }

    /**
     * Takes no items any more. Whoever waits to put one fails with a {@link QueueShutdownException}, and so does whoever waits to get
     * one; what is here can still be taken. Harmless when repeated.
     */
    public final void shutdown() {
        loop.checkThread();
        if (shutDown) {
            return;
        }
        shutDown = true;
        store.changes++;
        while (!putters.isEmpty()) {
            putters.fail(isShutDown());
        }
        while (!getters.isEmpty()) {
            getters.fail(isShutDown());
        }
        while (!lookingForRoom.isEmpty()) {
            lookingForRoom.fail(isShutDown());
        }
    }

    /**
     * As {@link #shutdown()}, and takes out what is here: it counts as dealt with, so a {@link #join()} does not wait for it. An item
     * that comes back later from a getter that did not want it is dropped and counts likewise.
     *
     * @return what was in the queue; in the order in which it would have been taken, but for a {@link PriorityQueue}
     */
    @CanIgnoreReturnValue
    public final List<T> shutdownNow() {
        shutdown();
        discarding = true;
        List<T> left = store.clear();
        finished(left.size());
        return left;
    }

    /**
     * Whether it was shut down.
     *
     * @return true if it takes no items any more
     */
    public final boolean isShutdown() {
        return shutDown;
    }

    /**
     * The items as they come, for a {@code for} loop in a task: it waits for each, and ends when the queue was shut down and is empty.
     * Several iterators share the items. {@code hasNext} takes the item that {@code next} gives.
     *
     * @return an iterator that waits
     */
    @Override
    public final Iterator<T> iterator() {
        return new TakingIterator<>(this::get, error -> error instanceof QueueShutdownException);
    }

    /**
     * The loop whose tasks use it. Any thread may ask.
     *
     * @return the loop
     */
    public final EventLoop loop() {
        return loop;
    }

    /**
     * How many items are in the queue.
     *
     * @return the count
     */
    public final int size() {
        return store.size();
    }

    /**
     * How many items fit.
     *
     * @return the bound, {@link Integer#MAX_VALUE} if there is none
     */
    public final int capacity() {
        return capacity;
    }

    /**
     * Whether a {@code get} would wait.
     *
     * @return true if there is no item
     */
    public final boolean isEmpty() {
        return size() == 0;
    }

    /**
     * Whether a {@code put} would wait.
     *
     * @return true if there is no room
     */
    public final boolean isFull() {
        return size() >= capacity;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public final Statistics statistics() {
        return new Statistics(size(), peak, capacity, getters.size(), putters.size(), unfinished, shutDown);
    }

    /** How often a comparator has run, in which others may have. */
    final int consulted() {
        return store.consulted;
    }

    /** Lets in who has waited longest to put, as far as there is room. Its caller has an item in its hands: nothing is thrown here. */
    private void letIn() {
        while (!putters.isEmpty() && !isFull()) {
            T item = putters.firstAttachment();
            int before = store.changes;
            int place = 0;
            Throwable failure = null;
            try {
                place = store.place(item);
            } catch (Throwable e) {
                failure = e;
            }
            if (store.changes != before || putters.isEmpty() || putters.firstAttachment() != item) {
                continue; // while a comparator gave way
            }
            if (failure != null) {
                putters.fail(failure);
            } else {
                add(item, place);
                putters.grant(null);
            }
        }
        while (!lookingForRoom.isEmpty() && !isFull()) {
            lookingForRoom.grant(null);
        }
    }

    private void giveBack(T item, long number) {
        if (discarding) {
            finished(1);
        } else if (!getters.grant(item, number)) {
            store.giveBack(item, number);
            peak = Math.max(peak, store.size());
        }
    }

    private void finished(int items) {
        unfinished -= items;
        if (unfinished == 0) {
            while (joiners.grant(null)) {
                // the next one
            }
        }
    }

    private QueueShutdownException isShutDown() {
        return new QueueShutdownException("shut down: " + this);
    }

    @Override
    public final String toString() {
        return getClass().getSimpleName() + "[" + size() + " of " + (capacity == UNBOUNDED ? "any" : capacity)
                + " items, " + getters.size() + " getting, " + putters.size() + " putting"
                + (shutDown ? ", shut down]" : "]");
    }

    /**
     * How a queue stands.
     *
     * @param items how many items are in it
     * @param peak how many have been in it at most
     * @param capacity how many fit
     * @param getters how many wait to get one
     * @param putters how many wait to put one
     * @param unfinished how many were put, and {@link Queue#taskDone()} was not called for them
     * @param shutDown whether it takes no items any more
     */
    public record Statistics(
            int items, int peak, int capacity, int getters, int putters, int unfinished, boolean shutDown) {}
}

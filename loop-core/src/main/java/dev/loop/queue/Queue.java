package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A FIFO between the tasks of one loop, with room for a number of items: {@code put} waits while it is full, {@code get} while it
 * is empty; both in the order of their calls.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="queue"}
 *
 * <p>No item is lost: a {@code get} that is cancelled after an item was handed to it, and before anybody has read it, gives the
 * item to the next or back to the head. It belongs to its loop's thread.
 *
 * @param <T> the items, which are never null
 */
@CheckReturnValue
public final class Queue<T> {

    private final EventLoop loop;
    private final int capacity;
    private final ArrayDeque<T> items = new ArrayDeque<>();
    // older than the items: what came back from getters that did not want it, in the order in which they got it
    private final TreeMap<Long, T> returned = new TreeMap<>();
    private final WaitQueue<T, @Nullable Void> getters;
    private final WaitQueue<@Nullable Void, T> putters;
    private final WaitQueue<@Nullable Void, @Nullable Void> lookingForRoom;

    /**
     * A queue of the current loop, without a bound: {@code put} never waits.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Queue() {
        this(EventLoop.current(), Integer.MAX_VALUE);
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
        if (capacity < 1) {
            throw new IllegalArgumentException("a queue needs room for at least 1 item, not " + capacity);
        }
        this.loop = loop;
        this.capacity = capacity;
        getters = new WaitQueue<>(loop, this::giveBack);
        putters = new WaitQueue<>(loop, null);
        lookingForRoom = new WaitQueue<>(loop, null);
    }

    /**
     * Adds an item at the end; waits while the queue is full.
     *
     * @param item not null
     * @return done when the item is in the queue, or was handed to a {@code get}; a cancel before that withdraws it
     */
    public Future<@Nullable Void> put(T item) {
        return tryPut(item) ? loop.done() : putters.park(item);
    }

    /**
     * Adds an item at the end if there is room.
     *
     * @param item not null
     * @return false if the queue is full
     */
    public boolean tryPut(T item) {
        loop.checkThread();
        Objects.requireNonNull(item, "item");
        if (getters.grant(item)) {
            return true;
        }
        if (isFull()) {
            return false;
        }
        items.addLast(item);
        return true;
    }

    /**
     * Waits until there is room, and takes none of it: a {@code put} that comes in between may fill it again. It is for those who
     * ask for an item elsewhere only when they can put it here.
     *
     * @return done when a {@code put} would not wait
     */
    public Future<@Nullable Void> whenRoom() {
        loop.checkThread();
        return isFull() ? lookingForRoom.park(null) : loop.done();
    }

    /**
     * Takes the first item; waits while the queue is empty.
     *
     * @return the item
     */
    public Future<T> get() {
        T item = tryGet();
        return item != null ? getters.granted(item, null) : getters.park(null);
    }

    /**
     * Takes the first item if there is one.
     *
     * @return the item, or null if the queue is empty
     */
    public @Nullable T tryGet() {
        loop.checkThread();
        T item = returned.isEmpty()
                ? items.pollFirst()
                : returned.pollFirstEntry().getValue();
        if (item != null) {
            refill();
        }
        return item;
    }

    /**
     * How many items are in the queue.
     *
     * @return the count
     */
    public int size() {
        return items.size() + returned.size();
    }

    /**
     * How many items fit.
     *
     * @return the bound, {@link Integer#MAX_VALUE} if there is none
     */
    public int capacity() {
        return capacity;
    }

    /**
     * Whether a {@code get} would wait.
     *
     * @return true if there is no item
     */
    public boolean isEmpty() {
        return size() == 0;
    }

    /**
     * Whether a {@code put} would wait.
     *
     * @return true if there is no room
     */
    public boolean isFull() {
        return size() >= capacity;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(size(), capacity, getters.size(), putters.size());
    }

    /** Lets in who has waited longest to put, as far as there is room. */
    private void refill() {
        while (!putters.isEmpty() && !isFull()) {
            items.addLast(putters.firstAttachment());
            putters.grant(null);
        }
        while (!isFull() && lookingForRoom.grant(null)) {
            // each of them
        }
    }

    /** An item that its getter no longer wants: it is older than all that is here. */
    private void giveBack(T item, long ticket) {
        if (!getters.grant(item)) {
            returned.put(ticket, item);
        }
    }

    @Override
    public String toString() {
        return "Queue[" + size() + " of " + (capacity == Integer.MAX_VALUE ? "any" : capacity) + " items, "
                + getters.size() + " getting, " + putters.size() + " putting]";
    }

    /**
     * How a queue stands.
     *
     * @param items how many items are in it
     * @param capacity how many fit
     * @param getters how many wait to get one
     * @param putters how many wait to put one
     */
    public record Statistics(int items, int capacity, int getters, int putters) {}
}

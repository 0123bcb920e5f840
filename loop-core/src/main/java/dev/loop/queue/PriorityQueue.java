package dev.loop.queue;

import dev.loop.EventLoop;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Queue} that gives the smallest item, and of equal ones the one that was put first. What that says of waits, cancels and the
 * shutdown holds here too; an item that comes back from a getter that did not want it takes its place by priority and age again.
 *
 * <p>The comparator runs in the task or callback that puts or gets. What it throws goes to that call, or, for an item that had to wait
 * for room, to its {@code put}; the items stay as they were. One that gives way to other tasks in the middle, at a lock for example, is
 * asked again if the items have changed meanwhile. What an item is compared by must not change while it is in the queue.
 *
 * @param <T> the items, which are never null
 */
public final class PriorityQueue<T> extends Queue<T> {

    /**
     * One of the current loop, in the natural order of its items, without a bound.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public PriorityQueue() {
        this(EventLoop.current(), UNBOUNDED, null);
    }

    /**
     * One of the current loop, in the natural order of its items.
     *
     * @param capacity how many items fit, at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public PriorityQueue(int capacity) {
        this(EventLoop.current(), capacity, null);
    }

    /**
     * One of the current loop, without a bound.
     *
     * @param order the smallest comes first
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public PriorityQueue(Comparator<? super T> order) {
        this(EventLoop.current(), UNBOUNDED, order);
    }

    /**
     * One of the current loop.
     *
     * @param capacity how many items fit, at least 1
     * @param order the smallest comes first
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public PriorityQueue(int capacity, Comparator<? super T> order) {
        this(EventLoop.current(), capacity, order);
    }

    /**
     * One of a loop.
     *
     * @param loop whose tasks use it
     * @param capacity how many items fit, at least 1
     * @param order the smallest comes first; null for the natural order, and a {@code put} of what has none throws a
     *     {@link ClassCastException}
     */
    public PriorityQueue(EventLoop loop, int capacity, @Nullable Comparator<? super T> order) {
        super(loop, capacity, new PriorityStore<>(order));
    }
}

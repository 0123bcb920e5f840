package dev.loop.queue;

import dev.loop.EventLoop;

/**
 * A {@link Queue} that gives the item that was put last. What it says of order, waits, cancels and the shutdown holds here too, but
 * for the order of the items: one that comes back from a getter that did not want it stands below those that were put after it.
 *
 * @param <T> the items, which are never null
 */
public final class LifoQueue<T> extends Queue<T> {

    /**
     * One of the current loop, without a bound.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public LifoQueue() {
        this(EventLoop.current(), UNBOUNDED);
    }

    /**
     * One of the current loop.
     *
     * @param capacity how many items fit, at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public LifoQueue(int capacity) {
        this(EventLoop.current(), capacity);
    }

    /**
     * One of a loop.
     *
     * @param loop whose tasks use it
     * @param capacity how many items fit, at least 1
     */
    public LifoQueue(EventLoop loop, int capacity) {
        super(loop, capacity, new LifoStore<>());
    }
}

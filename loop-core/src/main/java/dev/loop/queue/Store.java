package dev.loop.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The items of a queue, in the order in which they leave it. Every item has a number, by which one that comes back finds its place
 * again; it keeps it however often it goes and comes.
 *
 * <p>Only {@link #place} and {@link #poll} may run user code, a comparator, and so may throw or give way to other tasks in the
 * middle; both leave the items as they are until the comparator has said all that is asked of it.
 */
abstract sealed class Store<T> permits FifoStore, LifoStore, PriorityStore {

    private long next;

    /** The number of the item that {@link #poll} gave last. */
    long polled;

    /** How often the items have changed: whoever has run user code looks here whether what it knew still holds. */
    int changes;

    /** How often user code has run in here, and so may have let others run. */
    int consulted;

    abstract int size();

    /** Refuses an item that can have no place here. */
    void check(T item) {}

    /** Where a new item would go. */
    int place(T item) {
        return 0;
    }

    /** Adds an item where {@link #place} has said, with nothing in between. */
    abstract void add(T item, int place);

    /** Takes the item that is next; null if there is none. */
    abstract @Nullable T poll();

    /** An item that was taken or handed over comes back. It runs no user code. */
    abstract void giveBack(T item, long number);

    /** Takes all out, without user code. */
    abstract List<T> clear();

    /** The number of an item that comes after all before it; one that is handed over without a stay here has one too. */
    final long number() {
        return next++;
    }
}

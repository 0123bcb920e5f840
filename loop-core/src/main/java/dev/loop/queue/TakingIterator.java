package dev.loop.queue;

import dev.loop.EventLoop;
import dev.loop.Future;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes items, waiting for each, until the take fails in a way that means the end. For a task. */
final class TakingIterator<T> implements Iterator<T> {

    private final Supplier<Future<T>> take;
    private final Predicate<RuntimeException> isEnd;
    private @Nullable T next;
    private boolean taking;

    TakingIterator(Supplier<Future<T>> take, Predicate<RuntimeException> isEnd) {
        this.take = take;
        this.isEnd = isEnd;
    }

    @Override
    public boolean hasNext() {
        if (next != null) {
            return true;
        }
        if (taking) {
            throw new IllegalStateException(
                    "another task waits in this iterator, and they would lose items to each other: let each have its own");
        }
        taking = true;
        try {
            next = taken(take.get());
            return true;
        } catch (RuntimeException e) {
            if (isEnd.test(e)) {
                return false;
            }
            throw e;
        } finally {
            taking = false;
        }
    }

    private T taken(Future<T> item) {
        try {
            return item.await();
        } catch (IllegalStateException e) {
            if (item.loop() == EventLoop.currentOrNull()) {
                item.cancel(); // it cannot be awaited in a callback: nobody else would have the item
            }
            throw e;
        }
    }

    @Override
    public T next() {
        T item = hasNext() ? next : null;
        if (item == null) {
            throw new NoSuchElementException("the iteration has ended");
        }
        next = null;
        return item;
    }
}

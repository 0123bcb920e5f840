package dev.loop.queue;

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

    TakingIterator(Supplier<Future<T>> take, Predicate<RuntimeException> isEnd) {
        this.take = take;
        this.isEnd = isEnd;
    }

    @Override
    public boolean hasNext() {
        if (next != null) {
            return true;
        }
        try {
            next = take.get().await();
            return true;
        } catch (RuntimeException e) {
            if (isEnd.test(e)) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the iteration has ended");
        }
        T item = next;
        if (item == null) {
            throw new NoSuchElementException("another task has taken it from this iterator");
        }
        next = null;
        return item;
    }
}

package dev.loop.queue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Last in, first out. An item that comes back goes below those that were put after it. */
final class LifoStore<T> extends Store<T> {

    private @Nullable Object[] items = new Object[16];
    private long[] numbers = new long[16]; // rising
    private int size;

    @Override
    int size() {
        return size;
    }

    @Override
    void add(T item, int place) {
        insert(size, item, number());
    }

    @Override
    @Nullable T poll() {
        if (size == 0) {
            return null;
        }
        size--;
        T item = item(size);
        polled = numbers[size];
        items[size] = null;
        changes++;
        return item;
    }

    @Override
    void giveBack(T item, long number) {
        insert(-1 - Arrays.binarySearch(numbers, 0, size, number), item, number);
    }

    private void insert(int at, T item, long number) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        System.arraycopy(items, at, items, at + 1, size - at);
        System.arraycopy(numbers, at, numbers, at + 1, size - at);
        items[at] = item;
        numbers[at] = number;
        size++;
        changes++;
    }

    @Override
    List<T> clear() {
        var all = new ArrayList<T>(size);
        for (T item = poll(); item != null; item = poll()) {
            all.add(item);
        }
        return all;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // below size there are items only
    private T item(int at) {
        return (T) items[at];
    }
}

package dev.loop.queue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** First in, first out. An item gets its number when it leaves: that is the same order, and costs nothing while it is here. */
final class FifoStore<T> extends Store<T> {

    private final ArrayDeque<T> items = new ArrayDeque<>();

    // older than the items: what came back from getters that did not want it
    private final TreeMap<Long, T> returned = new TreeMap<>();

    @Override
    int size() {
        return items.size() + returned.size();
    }

    @Override
    void add(T item, int place) {
        items.addLast(item);
        changes++;
    }

    @Override
    @Nullable T poll() {
        Map.Entry<Long, T> oldest = returned.isEmpty() ? null : returned.pollFirstEntry();
        if (oldest != null) {
            changes++;
            polled = oldest.getKey();
            return oldest.getValue();
        }
        T item = items.pollFirst();
        if (item != null) {
            changes++;
            polled = number();
        }
        return item;
    }

    @Override
    void giveBack(T item, long number) {
        returned.put(number, item);
        changes++;
    }

    @Override
    List<T> clear() {
        var all = new ArrayList<T>(returned.values());
        all.addAll(items);
        returned.clear();
        items.clear();
        changes++;
        return all;
    }
}

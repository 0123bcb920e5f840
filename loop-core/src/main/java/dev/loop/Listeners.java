package dev.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Two or more listeners of one future, in the order of registration. */
final class Listeners {

    private @Nullable Listener[] list = new @Nullable Listener[4];
    private int size;

    void add(Listener listener) {
        if (size == list.length) {
            list = Arrays.copyOf(list, size << 1);
        }
        list[size++] = listener;
    }

    /** Takes out every entry of this listener; returns how many there were. */
    int remove(Listener listener) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            Listener l = list[i];
            if (l != null && !same(l, listener)) {
                list[kept++] = l;
            }
        }
        int removed = size - kept;
        Arrays.fill(list, kept, size, null);
        size = kept;
        return removed;
    }

    @Nullable Listener first() {
        return list[0];
    }

    boolean isEmpty() {
        return size == 0;
    }

    void completed(Future<?> future) {
        for (int i = 0; i < size; i++) {
            Listener l = list[i];
            if (l != null) {
                l.completed(future);
            }
        }
    }

    boolean hasWaiterBesides(@Nullable Listener one) {
        for (int i = 0; i < size; i++) {
            Listener l = list[i];
            if (l != null && l != one && l.waits()) {
                return true;
            }
        }
        return false;
    }

    static boolean same(Listener a, Listener b) {
        return a == b || (a instanceof DoneCallback<?> x && b instanceof DoneCallback<?> y && x.isFor(y));
    }
}

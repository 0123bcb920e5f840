package dev.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /** Takes out every entry of this very listener; returns how many there were. */
    int remove(Listener listener) {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            Listener l = list[i];
            if (l != null && l != listener) {
                list[kept++] = l;
            }
        }
        int removed = size - kept;
        Arrays.fill(list, kept, size, null);
        size = kept;
        return removed;
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

    /** The callbacks among a future's listeners that are equal to this one. The comparison is user code. */
    static List<Listener> equalTo(DoneCallback<?> wanted, @Nullable Object listeners) {
        @Nullable Listener[] all;
        if (listeners instanceof Listeners several) {
            all = Arrays.copyOf(several.list, several.size);
        } else {
            all = new @Nullable Listener[] {(Listener) listeners};
        }
        var equal = new ArrayList<Listener>();
        for (Listener l : all) {
            if (l instanceof DoneCallback<?> callback && callback.isFor(wanted)) {
                equal.add(callback);
            }
        }
        return equal;
    }
}

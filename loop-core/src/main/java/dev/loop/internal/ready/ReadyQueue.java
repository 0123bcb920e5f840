package dev.loop.internal.ready;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The FIFO of what runs next: a ring buffer that grows by doubling. <b>Not thread-safe:</b> it belongs to the loop's thread.
 */
public final class ReadyQueue {

    private static final int SMALLEST = 64;

    private @Nullable ReadyEntry[] ring = new @Nullable ReadyEntry[SMALLEST];
    private int head;
    private int size;

    /** An empty queue. */
    public ReadyQueue() {}

    /**
     * Puts an entry at the end.
     *
     * @param entry what to run
     */
    public void add(ReadyEntry entry) {
        @Nullable ReadyEntry[] r = ring;
        if (size == r.length) {
            r = grow();
        }
        r[(head + size) & (r.length - 1)] = entry;
        size++;
    }

    /**
     * Takes the first entry.
     *
     * @return the entry that waited longest, or null if there is none
     */
    public @Nullable ReadyEntry poll() {
        if (size == 0) {
            return null;
        }
        @Nullable ReadyEntry[] r = ring;
        ReadyEntry first = r[head];
        r[head] = null;
        head = (head + 1) & (r.length - 1);
        size--;
        return first;
    }

    /**
     * Looks at the first entry.
     *
     * @return the entry that {@link #poll()} would take, or null
     */
    public @Nullable ReadyEntry peek() {
        return size == 0 ? null : ring[head];
    }

    /**
     * How many entries wait.
     *
     * @return the count
     */
    public int size() {
        return size;
    }

    /**
     * Whether nothing waits.
     *
     * @return true if empty
     */
    public boolean isEmpty() {
        return size == 0;
    }

    /**
     * Puts all that waits into another order.
     *
     * @param order decides which
     */
    public void arrange(ReadyOrder order) {
        @Nullable ReadyEntry[] batch = new @Nullable ReadyEntry[size];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = poll();
        }
        order.arrange(batch, batch.length);
        for (ReadyEntry entry : batch) {
            add(Objects.requireNonNull(entry));
        }
    }

    /** Forgets everything that waits. */
    public void clear() {
        ring = new @Nullable ReadyEntry[SMALLEST];
        head = 0;
        size = 0;
    }

    private @Nullable ReadyEntry[] grow() {
        @Nullable ReadyEntry[] old = ring;
        @Nullable ReadyEntry[] bigger = new @Nullable ReadyEntry[old.length << 1];
        int tail = old.length - head;
        System.arraycopy(old, head, bigger, 0, tail);
        System.arraycopy(old, 0, bigger, tail, head);
        ring = bigger;
        head = 0;
        return bigger;
    }
}

package dev.loop.internal.timer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one loop, the earliest first; equal deadlines in the order in which they were added. <b>Not
 * thread-safe.</b>
 *
 * <p>A binary heap whose nodes know their place, so that adding, removing and taking cost O(log n) and a removed timer frees its
 * memory at once. Deadlines are compared by difference, because a nanosecond clock may wrap.
 */
public final class TimerQueue {

    private static final int SMALLEST = 16;

    private @Nullable TimerNode[] heap = new @Nullable TimerNode[SMALLEST];
    private int size;
    private long nextSequence;

    /** An empty queue. */
    public TimerQueue() {}

    /**
     * Adds a timer.
     *
     * @param node the timer; it must not be queued
     */
    public void add(TimerNode node) {
        if (node.index != TimerNode.NOT_QUEUED) {
            throw new IllegalStateException("this timer is queued already: " + node);
        }
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size << 1);
        }
        node.sequence = nextSequence++;
        siftUp(size++, node);
    }

    /**
     * Takes a timer out before it is due.
     *
     * @param node the timer
     * @return false if it was not queued
     */
    public boolean remove(TimerNode node) {
        int i = node.index;
        if (i == TimerNode.NOT_QUEUED) {
            return false;
        }
        node.index = TimerNode.NOT_QUEUED;
        TimerNode last = last();
        if (last != node) {
            siftDown(i, last);
            if (heap[i] == last) {
                siftUp(i, last);
            }
        }
        shrink();
        return true;
    }

    /**
     * The earliest timer.
     *
     * @return the timer that {@link #pollDue} would take first, or null
     */
    public @Nullable TimerNode peek() {
        return size == 0 ? null : heap[0];
    }

    /**
     * Takes the earliest timer if it is due.
     *
     * @param now the time in nanoseconds of the loop's clock
     * @return the timer, or null if none is due
     */
    public @Nullable TimerNode pollDue(long now) {
        if (size == 0) {
            return null;
        }
        TimerNode first = heap[0];
        if (first == null || first.deadline - now > 0) {
            return null;
        }
        first.index = TimerNode.NOT_QUEUED;
        TimerNode last = last();
        if (last != first) {
            siftDown(0, last);
        }
        shrink();
        return first;
    }

    /**
     * How many timers wait.
     *
     * @return the count
     */
    public int size() {
        return size;
    }

    /** Takes the last leaf off the heap; the caller finds it a new place unless it is the node that leaves. */
    private TimerNode last() {
        TimerNode last = heap[--size];
        heap[size] = null;
        if (last == null) {
            throw new AssertionError("a hole in the heap at " + size);
        }
        return last;
    }

    private void shrink() {
        if (heap.length > 1024 && size < heap.length >> 2) {
            heap = Arrays.copyOf(heap, heap.length >> 1);
        }
    }

    private static boolean before(TimerNode a, TimerNode b) {
        long difference = a.deadline - b.deadline;
        return difference != 0 ? difference < 0 : a.sequence - b.sequence < 0;
    }

    private void siftUp(int start, TimerNode node) {
        int i = start;
        while (i > 0) {
            int up = (i - 1) >>> 1;
            TimerNode parent = at(up);
            if (!before(node, parent)) {
                break;
            }
            heap[i] = parent;
            parent.index = i;
            i = up;
        }
        heap[i] = node;
        node.index = i;
    }

    private void siftDown(int start, TimerNode node) {
        int i = start;
        int half = size >>> 1;
        while (i < half) {
            int down = (i << 1) + 1;
            TimerNode child = at(down);
            if (down + 1 < size) {
                TimerNode right = at(down + 1);
                if (before(right, child)) {
                    child = right;
                    down++;
                }
            }
            if (!before(child, node)) {
                break;
            }
            heap[i] = child;
            child.index = i;
            i = down;
        }
        heap[i] = node;
        node.index = i;
    }

    private TimerNode at(int i) {
        TimerNode node = heap[i];
        if (node == null) {
            throw new AssertionError("a hole in the heap at " + i);
        }
        return node;
    }
}

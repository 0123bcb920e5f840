package dev.loop.queue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The smallest item first, and of equal ones the one that was put first: a binary heap (Williams, Algorithm 232, CACM 7, 1964).
 *
 * <p>It is our own because the comparator is user code. That of the JDK moves items between two comparisons, so a comparator that
 * throws loses one, and one that gives way shows others a heap that is none. Here a way through the heap is found first, and
 * items move only when it is known and the heap is still the same. What comes back is kept aside until the next call from user code.
 */
final class PriorityStore<T> extends Store<T> {

    private final Comparator<? super T> order;
    private final boolean natural;
    private @Nullable Object[] items = new Object[16];
    private long[] numbers = new long[16];
    private int size;

    private final List<Returned<T>> returned = new ArrayList<>();

    private record Returned<T>(T item, long number) {}

    @SuppressWarnings("unchecked") // check() lets only items in that can be compared
    PriorityStore(@Nullable Comparator<? super T> order) {
        natural = order == null;
        this.order = order != null ? order : (Comparator<? super T>) Comparator.naturalOrder();
    }

    @Override
    int size() {
        return size + returned.size();
    }

    @Override
    void check(T item) {
        if (natural && !(item instanceof Comparable<?>)) {
            throw new ClassCastException("a " + item.getClass().getName()
                    + " has no natural order: let it implement Comparable, or give the queue a comparator");
        }
    }

    @Override
    int place(T item) {
        merge();
        return place(item, Long.MAX_VALUE);
    }

    @Override
    void add(T item, int place) {
        add(item, number(), place);
    }

    private void add(T item, long number, int place) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        int at = size++;
        while (at > place) {
            int parent = (at - 1) >>> 1;
            move(parent, at);
            at = parent;
        }
        items[at] = item;
        numbers[at] = number;
        changes++;
    }

    @Override
    @Nullable T poll() {
        merge();
        while (size > 0) {
            int before = changes;
            long way = size == 1 ? 1 : wayDown();
            if (changes == before) {
                return take(way);
            }
            merge();
        }
        return null;
    }

    @Override
    void giveBack(T item, long number) {
        returned.add(new Returned<>(item, number));
        changes++;
    }

    @Override
    List<T> clear() {
        var all = new ArrayList<T>(size());
        for (int i = 0; i < size; i++) {
            all.add(item(i));
        }
        returned.forEach(back -> all.add(back.item()));
        Arrays.fill(items, 0, size, null);
        size = 0;
        returned.clear();
        changes++;
        return all;
    }

    /** Puts what has come back into the heap. */
    private void merge() {
        while (!returned.isEmpty()) {
            Returned<T> back = returned.getLast();
            int before = changes;
            int place = place(back.item(), back.number());
            if (changes == before) {
                returned.removeLast();
                add(back.item(), back.number(), place);
            }
        }
    }

    /** Where an item goes on its way up from the end of the heap. */
    private int place(T item, long number) {
        int at = size;
        while (at > 0 && at <= size) { // a comparator that gives way may let the heap shrink; the caller finds out
            int parent = (at - 1) >>> 1;
            if (!isBefore(item, number, item(parent), numbers[parent])) {
                break;
            }
            at = parent;
        }
        return at;
    }

    /** The way that the last item takes down from the root: below a leading 1, one bit for each step, set for the right child. */
    private long wayDown() {
        int before = changes;
        int end = size - 1;
        T last = item(end);
        long lastNumber = numbers[end];
        long way = 1;
        int at = 0;
        while (changes == before && 2 * at + 1 < end) {
            int child = 2 * at + 1;
            if (child + 1 < end && isBefore(child + 1, child)) {
                child++;
            }
            if (changes != before || isBefore(last, lastNumber, item(child), numbers[child])) {
                break;
            }
            way = (way << 1) | ((child & 1) ^ 1);
            at = child;
        }
        return way;
    }

    private T take(long way) {
        T first = item(0);
        polled = numbers[0];
        int at = 0;
        for (long bit = Long.highestOneBit(way) >>> 1; bit != 0; bit >>>= 1) {
            int child = 2 * at + ((way & bit) == 0 ? 1 : 2);
            move(child, at);
            at = child;
        }
        size--;
        move(size, at);
        items[size] = null;
        changes++;
        return first;
    }

    private void move(int from, int to) {
        items[to] = items[from];
        numbers[to] = numbers[from];
    }

    private boolean isBefore(int one, int other) {
        return isBefore(item(one), numbers[one], item(other), numbers[other]);
    }

    private boolean isBefore(T one, long number, T other, long otherNumber) {
        consulted++;
        int how = order.compare(one, other);
        return how < 0 || (how == 0 && number < otherNumber);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // below size there are items only
    private T item(int at) {
        return (T) items[at];
    }
}

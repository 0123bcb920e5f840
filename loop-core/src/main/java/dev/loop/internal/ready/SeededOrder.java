package dev.loop.internal.ready;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * An order that a seed decides: the lanes of a batch are merged by chance, always from their heads. The same seed on the same
 * batches gives the same orders. It belongs to the loop's thread.
 */
public final class SeededOrder implements ReadyOrder {

    private final SplittableRandom random;
    private final IdentityHashMap<Object, ArrayDeque<ReadyEntry>> lanes = new IdentityHashMap<>();
    // the same lanes, in the order of their first entries: an identity map has no order that could be repeated
    private final List<ArrayDeque<ReadyEntry>> waiting = new ArrayList<>();

    /**
     * An order.
     *
     * @param seed decides it
     */
    public SeededOrder(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public void arrange(@Nullable ReadyEntry[] batch, int size) {
        int merged = 0;
        for (int i = 0; i < size; i++) {
            ReadyEntry entry = Objects.requireNonNull(batch[i]);
            Object lane = entry.lane();
            if (lane == Lane.BARRIER) {
                merge(batch, merged);
                merged = i + 1;
            } else {
                lanes.computeIfAbsent(lane, _ -> newLane()).add(entry);
            }
        }
        merge(batch, merged);
    }

    private ArrayDeque<ReadyEntry> newLane() {
        var lane = new ArrayDeque<ReadyEntry>();
        waiting.add(lane);
        return lane;
    }

    /** Empties the lanes into the batch. */
    private void merge(@Nullable ReadyEntry[] batch, int from) {
        lanes.clear();
        for (int to = from; !waiting.isEmpty(); to++) {
            int chosen = waiting.size() == 1 ? 0 : random.nextInt(waiting.size());
            ArrayDeque<ReadyEntry> lane = waiting.get(chosen);
            batch[to] = lane.remove();
            if (lane.isEmpty()) {
                waiting.set(chosen, waiting.getLast());
                waiting.removeLast();
            }
        }
    }
}

package dev.loop.internal.ready;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a seed may change in a batch, and what it may not. */
class SeededOrderTest {

    private record Entry(Object lane, int number) implements ReadyEntry {
        @Override
        public void run() {}
    }

    private static List<ReadyEntry> arranged(long seed, ReadyEntry... entries) {
        ReadyEntry[] batch = Arrays.copyOf(entries, entries.length + 3); // a batch may be longer than its size
        new SeededOrder(seed).arrange(batch, entries.length);
        assertThat(batch).endsWith(null, null, null);
        return Arrays.asList(batch).subList(0, entries.length);
    }

    @Test
    void oneLaneKeepsItsOrder() {
        var entries = new ReadyEntry[20];
        Arrays.setAll(entries, i -> new Entry(Lane.ORDERED, i));
        for (long seed = 0; seed < 20; seed++) {
            assertThat(arranged(seed, entries)).containsExactly(entries);
        }
    }

    @Test
    void lanesAreMergedInEveryWay() {
        var a1 = new Entry("a", 1);
        var a2 = new Entry("a", 2);
        var b1 = new Entry("b", 1);
        Set<List<ReadyEntry>> seen = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            seen.add(arranged(seed, a1, b1, a2));
        }
        assertThat(seen).containsExactlyInAnyOrder(List.of(a1, a2, b1), List.of(a1, b1, a2), List.of(b1, a1, a2));
    }

    @Test
    void nothingPassesABarrier() {
        Set<List<ReadyEntry>> seen = new HashSet<>();
        var a = new Entry("a", 1);
        var b = new Entry("b", 1);
        var barrier = new Entry(Lane.BARRIER, 1);
        var c = new Entry("c", 1);
        for (long seed = 0; seed < 50; seed++) {
            seen.add(arranged(seed, a, b, barrier, c, new Entry(Lane.BARRIER, 2)));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        List.of(a, b, barrier, c, new Entry(Lane.BARRIER, 2)),
                        List.of(b, a, barrier, c, new Entry(Lane.BARRIER, 2)));
    }

    @Test
    void oneSeedIsOneOrder() {
        var random = new Random(7);
        var lanes = new String[] {"a", "b", "c", "d"};
        var entries = new ReadyEntry[100];
        Arrays.setAll(entries, i -> new Entry(i % 17 == 0 ? Lane.BARRIER : lanes[random.nextInt(lanes.length)], i));
        List<ReadyEntry> once = arranged(42, entries);
        assertThat(arranged(42, entries)).isEqualTo(once).isNotEqualTo(arranged(43, entries));
        assertThat(once).containsExactlyInAnyOrder(entries);
    }

    @Test
    void lanesAreToldApartByIdentity() {
        var one = new String("lane");
        var other = new String("lane");
        Set<List<ReadyEntry>> seen = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            seen.add(arranged(seed, new Entry(one, 1), new Entry(other, 2)));
        }
        assertThat(seen).hasSize(2);
    }

    @Test
    void theQueueIsArrangedAlsoAcrossTheEndOfItsRing() {
        var queue = new ReadyQueue();
        for (int i = 0; i < 60; i++) {
            queue.add(new Entry("x", i));
            queue.poll();
        }
        for (int i = 0; i < 10; i++) {
            queue.add(new Entry("x", i));
        }
        queue.arrange((batch, size) -> {
            assertThat(size).isEqualTo(10);
            ReadyEntry first = batch[0];
            batch[0] = batch[9];
            batch[9] = first;
        });
        var order = new ArrayList<Integer>();
        for (ReadyEntry entry = queue.poll(); entry != null; entry = queue.poll()) {
            order.add(((Entry) entry).number());
        }
        assertThat(order).containsExactly(9, 1, 2, 3, 4, 5, 6, 7, 8, 0);
    }
}

package dev.loop.internal.ready;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A FIFO that grows. */
class ReadyQueueTest {

    private final ReadyQueue queue = new ReadyQueue();

    private record Entry(int number) implements ReadyEntry {
        @Override
        public void run() {}
    }

    @Test
    void anEmptyQueueHasNothing() {
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.size()).isZero();
        assertThat(queue.peek()).isNull();
        assertThat(queue.poll()).isNull();
    }

    @Test
    void firstInFirstOut() {
        for (int i = 0; i < 10; i++) {
            queue.add(new Entry(i));
        }
        assertThat(queue.size()).isEqualTo(10);
        for (int i = 0; i < 10; i++) {
            assertThat(queue.peek()).isEqualTo(new Entry(i));
            assertThat(queue.poll()).isEqualTo(new Entry(i));
        }
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void itGrowsWhereverItsHeadStands() {
        for (int shift = 0; shift < 70; shift++) {
            var q = new ReadyQueue();
            for (int i = 0; i < shift; i++) {
                q.add(new Entry(-1));
                assertThat(q.poll()).isNotNull();
            }
            for (int i = 0; i < 300; i++) {
                q.add(new Entry(i));
            }
            for (int i = 0; i < 300; i++) {
                assertThat(q.poll()).isEqualTo(new Entry(i));
            }
            assertThat(q.isEmpty()).isTrue();
        }
    }

    @Test
    void clearForgetsEverything() {
        for (int i = 0; i < 1000; i++) {
            queue.add(new Entry(i));
        }
        queue.clear();
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.poll()).isNull();
        queue.add(new Entry(1));
        assertThat(queue.poll()).isEqualTo(new Entry(1));
    }

    @Test
    void anEntryMayStandThereTwice() {
        var entry = new Entry(1);
        queue.add(entry);
        queue.add(entry);
        assertThat(queue.size()).isEqualTo(2);
        assertThat(queue.poll()).isSameAs(entry);
        assertThat(queue.poll()).isSameAs(entry);
    }

    @Test
    void itAgreesWithADequeOnRandomWork() {
        for (int seed = 0; seed < 100; seed++) {
            var random = new Random(seed);
            var real = new ReadyQueue();
            var model = new ArrayDeque<ReadyEntry>();
            int number = 0;
            for (int step = 0; step < 2000; step++) {
                // long runs of one kind, so that it grows and drains
                boolean adds = random.nextInt(100) < (step / 200 % 2 == 0 ? 70 : 30);
                if (adds) {
                    var entry = new Entry(number++);
                    real.add(entry);
                    model.addLast(entry);
                } else {
                    assertThat(real.peek()).isEqualTo(model.peekFirst());
                    assertThat(real.poll()).isEqualTo(model.pollFirst());
                }
                assertThat(real.size()).isEqualTo(model.size());
            }
        }
    }
}

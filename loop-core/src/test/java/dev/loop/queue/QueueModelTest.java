package dev.loop.queue;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random puts, gets, limits and cancels: what went in comes out, once. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class QueueModelTest {

    @Test
    void noItemIsLostOrDoubled() {
        for (int seed = 0; seed < 1000; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("both-engines")
    void noItemIsLostOrDoubledOnAnyEngine() {
        for (int seed = 1000; seed < 1020; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("stress")
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void noItemIsLostOrDoubledInManyMoreRuns() {
        for (int seed = 2000; seed < 30_000; seed++) {
            new Run(seed).check();
        }
    }

    private static final class Run {
        private final int seed;
        private final Random random;
        private final List<Integer> accepted = new ArrayList<>();
        private final List<Integer> received = new ArrayList<>();
        private final Set<Integer> withdrawn = new HashSet<>();
        private int nextItem;

        Run(int seed) {
            this.seed = seed;
            random = new Random(seed);
        }

        void check() {
            TestLoop.run(this::body);
        }

        private void body() {
            int capacity = 1 + random.nextInt(4);
            Queue<Integer> queue = switch (seed % 4) {
                case 0 -> new LifoQueue<>(capacity);
                case 1 -> new PriorityQueue<>(capacity);
                default -> new Queue<>(capacity);
            };
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 4; i++) {
                tasks.add(spawn(() -> produce(queue)));
                tasks.add(spawn(() -> consume(queue)));
            }
            for (int i = 0; i < 12; i++) {
                pause();
                tasks.get(random.nextInt(tasks.size())).cancel();
                if (seed % 5 == 0 && random.nextInt(10) == 0) {
                    queue.shutdown();
                }
            }
            sleep(Duration.ofHours(1)).await(); // whoever can go on has ended by now
            received.addAll(drain(queue));
            sleep(Duration.ofHours(1)).await(); // so have the putters that were let in
            received.addAll(drain(queue));
            for (Task<?> task : tasks) {
                task.cancel();
            }
            sleep(Duration.ofHours(1)).await();
            received.addAll(drain(queue));

            assertThat(tasks).as("seed %d", seed).allMatch(Future::isDone);
            Collections.sort(accepted);
            Collections.sort(received);
            assertThat(received).as("seed %d", seed).isEqualTo(accepted);
            assertThat(received).doesNotContainAnyElementsOf(withdrawn.isEmpty() ? Set.of(-1) : withdrawn);
            Queue.Statistics end = queue.statistics();
            assertThat(List.of(end.items(), end.getters(), end.putters()))
                    .as("seed %d", seed)
                    .containsOnly(0);
            assertThat(end.unfinished()).as("seed %d", seed).isEqualTo(accepted.size());
            Future<?> join = queue.join();
            for (int i = 0; i < accepted.size(); i++) {
                assertThat(join.isDone()).as("seed %d", seed).isFalse();
                queue.taskDone();
            }
            join.await();
        }

        private void pause() {
            switch (random.nextInt(4)) {
                case 0 -> yieldNow();
                case 1 -> sleep(Duration.ofMillis(random.nextInt(3))).await();
                default -> {
                    // go on at once
                }
            }
        }

        private void produce(Queue<Integer> queue) {
            for (int i = 0; i < 6; i++) {
                int item = nextItem++;
                try {
                    boolean in = true;
                    switch (random.nextInt(4)) {
                        case 0 -> in = queue.tryPut(item);
                        case 1 -> timeout(limit(), () -> queue.put(item).await());
                        default -> queue.put(item).await();
                    }
                    (in ? accepted : withdrawn).add(item);
                } catch (TimeoutException | QueueShutdownException e) {
                    withdrawn.add(item);
                } catch (CancelledException e) {
                    withdrawn.add(item);
                    throw e;
                }
                pause();
            }
        }

        private void consume(Queue<Integer> queue) {
            for (int i = 0; i < 6; i++) {
                try {
                    switch (random.nextInt(5)) {
                        case 0 -> {
                            Integer item = queue.tryGet();
                            if (item != null) {
                                received.add(item);
                            }
                        }
                        case 1 ->
                            received.add(timeout(limit(), () -> queue.get().await()));
                        case 2 -> received.add(waitFor(queue.get(), limit()).await());
                        case 3 -> takeOrGiveBack(queue.get());
                        default -> received.add(queue.get().await());
                    }
                } catch (TimeoutException | QueueShutdownException e) {
                    // nothing came in time, or nothing comes
                }
                pause();
            }
        }

        /** A wait that is hot: it is looked at later, and cancelled if nobody wants it any more. */
        private void takeOrGiveBack(Future<Integer> get) {
            try {
                pause();
                if (random.nextBoolean() && get.cancel()) {
                    return;
                }
                received.add(get.await());
            } catch (CancelledException e) {
                if (!get.cancel() && !get.isCancelled()) { // what this task has not read it must not keep
                    assertThat(get.exception()).isInstanceOf(QueueShutdownException.class);
                }
                throw e;
            }
        }

        private Duration limit() {
            return Duration.ofMillis(random.nextInt(4));
        }

        private static List<Integer> drain(Queue<Integer> queue) {
            var items = new ArrayList<Integer>();
            while (!queue.isEmpty()) {
                items.add(queue.tryGet());
            }
            return items;
        }
    }
}

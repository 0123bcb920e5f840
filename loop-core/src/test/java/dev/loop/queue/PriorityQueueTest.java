package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The smallest first, equal ones in their order, whatever the comparator does. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PriorityQueueTest {

    private record Job(int priority, String name) {}

    private static final Comparator<Job> BY_PRIORITY = Comparator.comparingInt(Job::priority);

    /** A comparator that does as it is told. */
    private static final class Order implements Comparator<Integer> {
        private Runnable before = () -> {};
        private int calls;

        @Override
        public int compare(Integer one, Integer other) {
            calls++;
            before.run();
            return Integer.compare(one, other);
        }

        void fail() {
            before = () -> {
                throw new IllegalStateException("no order today");
            };
        }

        void work() {
            before = () -> {};
        }
    }

    private static <T> List<T> drain(Queue<T> queue) {
        var items = new ArrayList<T>();
        for (T item = queue.tryGet(); item != null; item = queue.tryGet()) {
            items.add(item);
        }
        return items;
    }

    private static <T> void put(Queue<T> queue, List<T> items) {
        items.forEach(item -> assertThat(queue.tryPut(item)).isTrue());
    }

    @Test
    @Tag("both-engines")
    void theSmallestComesFirstAndEqualOnesInTheirOrder() {
        TestLoop.run(() -> {
            var queue = new PriorityQueue<Job>(BY_PRIORITY);
            var jobs = new ArrayList<Job>();
            var random = new Random(1);
            for (int i = 0; i < 1000; i++) {
                jobs.add(new Job(random.nextInt(20), "job " + i));
            }
            put(queue, jobs);
            jobs.sort(BY_PRIORITY); // which is stable
            assertThat(drain(queue)).isEqualTo(jobs);
        });
    }

    @Test
    @Tag("both-engines")
    void whatComesBackTakesItsPlaceByPriorityAndAge() {
        TestLoop.run(() -> {
            var queue = new PriorityQueue<Job>(BY_PRIORITY);
            var jobs = List.of(new Job(1, "a"), new Job(1, "b"), new Job(1, "c"), new Job(2, "d"));
            put(queue, jobs);
            List<Future<Job>> gets = List.of(queue.get(), queue.get(), queue.get());
            var urgent = new Job(0, "urgent");
            put(queue, List.of(urgent, new Job(1, "e")));
            gets.forEach(get -> assertThat(get.cancel()).isTrue());
            assertThat(queue.size()).isEqualTo(6);
            assertThat(drain(queue)).extracting(Job::name).containsExactly("urgent", "a", "b", "c", "e", "d");
        });
    }

    @Test
    @Tag("both-engines")
    void anItemThatWasHandedOverComesBackToItsPlace() {
        TestLoop.run(() -> {
            var queue = new PriorityQueue<Integer>();
            Future<Integer> get = queue.get();
            put(queue, List.of(5, 3, 7));
            assertThat(get.cancel()).isTrue();
            assertThat(drain(queue)).containsExactly(3, 5, 7);
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelAsksNoComparator() {
        TestLoop.run(() -> {
            var order = new Order();
            var queue = new PriorityQueue<Integer>(order);
            put(queue, List.of(3, 2, 1));
            List<Future<Integer>> gets = List.of(queue.get(), queue.get());
            order.fail();
            int before = order.calls;
            gets.forEach(get -> assertThat(get.cancel()).isTrue());
            assertThat(order.calls).isEqualTo(before);
            assertThat(queue.size()).isEqualTo(3);
            order.work();
            assertThat(drain(queue)).containsExactly(1, 2, 3);
        });
    }

    @Test
    @Tag("both-engines")
    void aComparatorThatThrowsLeavesTheItemsAsTheyWere() {
        TestLoop.run(() -> {
            for (int seed = 0; seed < 100; seed++) {
                var random = new Random(seed);
                var order = new Order();
                var queue = new PriorityQueue<Integer>(order);
                var model = new ArrayList<Integer>();
                for (int i = 0; i < 200; i++) {
                    int last = order.calls + random.nextInt(8);
                    order.before = () -> {
                        if (order.calls > last) {
                            throw new IllegalStateException("no order today");
                        }
                    };
                    try {
                        step(queue, model, random);
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessage("no order today");
                    }
                    assertThat(queue.size()).as("seed %d", seed).isEqualTo(model.size());
                }
                order.work();
                model.sort(null);
                assertThat(drain(queue)).as("seed %d", seed).isEqualTo(model);
            }
        });
    }

    private static void step(Queue<Integer> queue, List<Integer> model, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> {
                Integer item = queue.tryGet();
                if (item != null) {
                    model.remove(item);
                }
            }
            case 1 -> {
                Future<Integer> get = queue.get();
                assertThat(get.cancel()).isTrue();
            }
            default -> {
                int item = random.nextInt(100);
                assertThat(queue.tryPut(item)).isTrue();
                model.add(item);
            }
        }
    }

    @Test
    @Tag("both-engines")
    void itsFailureGoesToTheCallThatNeededIt() {
        TestLoop.run(() -> {
            var order = new Order();
            var queue = new PriorityQueue<Integer>(2, order);
            put(queue, List.of(2, 1));
            Future<?> waits = queue.put(0);
            order.fail();
            assertThat(queue.tryGet()).isEqualTo(1); // alone with one other it needs no comparison
            assertThatThrownBy(waits::await).hasMessage("no order today");
            assertThat(queue.statistics().unfinished()).isEqualTo(2);
            assertThatThrownBy(() -> queue.tryPut(3)).hasMessage("no order today");
            assertThatThrownBy(() -> queue.put(3).await()).hasMessage("no order today");
            assertThat(queue.size()).isEqualTo(1);
            order.work();
            put(queue, List.of(3));
            assertThat(drain(queue)).containsExactly(2, 3);
        });
    }

    @Test
    @Tag("both-engines")
    void whatHasNoOrderIsRefused() {
        TestLoop.run(() -> {
            var queue = new PriorityQueue<Object>();
            Future<Object> get = queue.get();
            assertThatThrownBy(() -> queue.tryPut(new Object()))
                    .isInstanceOf(ClassCastException.class)
                    .hasMessageContaining("java.lang.Object")
                    .hasMessageContaining("comparator");
            assertThat(queue.tryPut("a")).isTrue();
            assertThat(get.await()).isEqualTo("a");
            assertThat(queue.tryPut("b")).isTrue();
            assertThatThrownBy(() -> queue.tryPut(1)).isInstanceOf(ClassCastException.class);
            assertThat(drain(queue)).containsExactly("b");
        });
    }

    @Test
    @Tag("both-engines")
    void aComparatorMayGiveWayToOthers() {
        for (int s = 0; s < 200; s++) {
            int seed = s;
            TestLoop.run(() -> {
                var random = new Random(seed);
                var order = new Order();
                order.before = () -> {
                    if (random.nextInt(4) == 0) {
                        yieldNow();
                    }
                };
                var queue = new PriorityQueue<Integer>(3, order);
                var in = new ArrayList<Integer>();
                var out = new ArrayList<Integer>();
                var tasks = new ArrayList<Task<?>>();
                for (int t = 0; t < 3; t++) {
                    tasks.add(spawn(() -> {
                        for (int i = 0; i < 8; i++) {
                            int item = random.nextInt(100);
                            in.add(item);
                            queue.put(item).await();
                        }
                    }));
                    tasks.add(spawn(() -> {
                        for (int item : queue) {
                            out.add(item);
                            Future<Integer> unwanted = queue.get();
                            if (random.nextBoolean()) {
                                yieldNow();
                            }
                            if (!unwanted.cancel()) {
                                assertThat(unwanted.exception()).isInstanceOf(QueueShutdownException.class);
                                break;
                            }
                        }
                    }));
                }
                gather(tasks.get(0), tasks.get(2), tasks.get(4)).await();
                while (!queue.isEmpty()) {
                    yieldNow();
                }
                queue.shutdown();
                gather(tasks).await();
                assertThat(out).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(in);
                assertThat(queue.statistics().unfinished()).isEqualTo(in.size());
            });
        }
    }
}

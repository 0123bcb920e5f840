package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs of everything that the kernel has, with random cancels: whatever they do, they end, and leave nothing behind: no
 * task, no timer, no held lock, no wait, no cancel that is still on its way.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class ChaosTest {

    @Test
    void randomProgramsEndAndLeaveNothingBehind() {
        for (int seed = 0; seed < 400; seed++) {
            new Program(seed).run();
        }
    }

    @Test
    @Tag("both-engines")
    void randomProgramsEndOnAnyEngine() {
        for (int seed = 400; seed < 420; seed++) {
            new Program(seed).run();
        }
    }

    @Test
    @Tag("stress")
    @Timeout(value = 400, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void manyMoreRandomProgramsEnd() {
        for (int seed = 1000; seed < 20_000; seed++) {
            new Program(seed).run();
        }
    }

    /** A failure that is meant. */
    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final class Program {
        private final int seed;
        private final Random random;
        private final List<Task<?>> tasks = new ArrayList<>();
        private final List<Promise<String>> promises = new ArrayList<>();
        private int budget = 60;

        Program(int seed) {
            this.seed = seed;
            random = new Random(seed);
        }

        void run() {
            try (var test = new TestLoop()) {
                test.runMain(this::body);
                test.loop().close(); // tells what nobody has looked at
                // of shielded work whose wait was cancelled
                test.reports().removeIf(report -> report.exception() instanceof Planned);
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }

        private void body() {
            EventLoop loop = EventLoop.current();
            var queue = new Queue<Integer>(2);
            var lock = new Lock();
            for (int i = 0; i < 4; i++) {
                tasks.add(spawn(() -> act(queue, lock, 3)));
            }
            for (int i = 0; i < 15; i++) {
                sleep(Duration.ofMillis(random.nextInt(4))).await();
                tasks.get(random.nextInt(tasks.size())).cancel("chaos " + i);
                if (!promises.isEmpty()) {
                    settle(promises.get(random.nextInt(promises.size())));
                }
            }
            for (int i = 0; i < 200; i++) {
                yieldNow(); // everybody reaches a wait
                promises.forEach(this::settle);
                tasks.forEach(Task::cancel);
                while (queue.tryGet() != null) {
                    // room for who still waits to put
                }
            }
            for (Task<?> task : tasks) {
                assertThat(task.isDone()).as(task.toString()).isTrue();
                if (!task.isCancelled()) {
                    assertThat(task.exception()).isIn(null, task.exception() instanceof Planned p ? p : null);
                }
            }
            while (queue.tryGet() != null) {
                // what is left of it
            }
            sleep(Duration.ofHours(1)).await();
            assertThat(loop.allTasks()).hasSize(1);
            assertThat(loop.timers.size()).isZero();
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
            assertThat(queue.statistics().putters()).isZero();
            assertThat(queue.statistics().getters()).isZero();
            assertThat(loop.externalWork()).isZero();
        }

        private void settle(Promise<String> promise) {
            if (random.nextBoolean()) {
                promise.tryComplete("value");
            } else {
                promise.cancel("settled");
            }
        }

        private Promise<String> promise() {
            Promise<String> promise = EventLoop.current().promise();
            promises.add(promise);
            return promise;
        }

        private Task<String> child(Queue<Integer> queue, Lock lock, int depth) {
            Task<String> task = spawn(() -> act(queue, lock, depth - 1));
            tasks.add(task);
            return task;
        }

        private Duration moment() {
            return Duration.ofMillis(random.nextInt(5) - 1);
        }

        private String act(Queue<Integer> queue, Lock lock, int depth) {
            int steps = 1 + random.nextInt(4);
            for (int i = 0; i < steps && budget > 0; i++) {
                budget--;
                try {
                    step(queue, lock, depth);
                } catch (TimeoutException e) {
                    // as meant
                } catch (CancelledException e) {
                    if (random.nextInt(4) > 0) {
                        throw e;
                    }
                } catch (Planned e) {
                    if (random.nextBoolean()) {
                        throw e;
                    }
                }
            }
            if (random.nextInt(8) == 0) {
                throw new Planned();
            }
            return "value";
        }

        private void step(Queue<Integer> queue, Lock lock, int depth) {
            int kinds = depth > 0 ? 14 : 8;
            switch (random.nextInt(kinds)) {
                case 0 -> yieldNow();
                case 1 -> sleep(moment()).await();
                case 2 -> promise().await();
                case 3 -> timeout(moment(), () -> queue.put(random.nextInt()).await());
                case 4 -> timeout(moment(), () -> queue.get().await());
                case 5 -> {
                    try (var _ = lock.acquire().await()) {
                        sleep(moment()).await();
                    }
                }
                case 6 -> waitFor(promise(), moment()).await();
                case 7 -> {
                    Task<?> other = tasks.get(random.nextInt(tasks.size())); // circles included
                    if (other != currentTask()) {
                        other.await();
                    }
                }
                case 8 -> child(queue, lock, depth).await();
                case 9 ->
                    gather(child(queue, lock, depth), sleep(moment()), child(queue, lock, depth))
                            .await();
                case 10 -> waitFor(child(queue, lock, depth), moment()).await();
                case 11 -> shield(child(queue, lock, depth)).await();
                case 12 -> timeout(moment(), () -> act(queue, lock, depth - 1));
                default -> {
                    Task<String> task = child(queue, lock, depth);
                    yieldNow();
                    task.cancel("by its parent");
                    task.await();
                }
            }
        }
    }
}

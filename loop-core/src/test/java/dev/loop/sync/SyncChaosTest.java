package dev.loop.sync;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitOn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks with random lives: cancels, deadlines, ends for good, at any moment. Nothing is lost, and nobody is where nobody may be. */
@Tag("both-engines")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class SyncChaosTest {

    private static final int SEEDS = Boolean.getBoolean("loop.stress") ? 1_000 : 150;

    /** What the tasks of one seed do. */
    private interface Life {
        void live(Random random, int number) throws Exception;
    }

    /** Lets tasks live under random cancels until all have ended. */
    private static void disturb(Random random, Life life) {
        var tasks = new ArrayList<Task<?>>();
        for (int i = 0; i < 12; i++) {
            int number = i;
            int begin = random.nextInt(4);
            boolean limited = random.nextInt(3) == 0;
            int limit = random.nextInt(12);
            tasks.add(spawn("life " + i, () -> {
                sleep(Duration.ofMillis(begin)).await();
                if (limited) {
                    timeout(Duration.ofMillis(limit), () -> life.live(random, number));
                } else {
                    life.live(random, number);
                }
            }));
        }
        for (int i = 0; i < 14; i++) {
            sleep(Duration.ofMillis(random.nextInt(3))).await();
            Task<?> victim = tasks.get(random.nextInt(tasks.size()));
            if (random.nextInt(4) == 0) {
                victim.cancelAndJoin("for good");
            } else {
                victim.cancel("cancel " + i);
            }
        }
        waitOn(tasks).await();
        for (Task<?> task : tasks) {
            if (!task.isCancelled()) {
                Throwable failure = task.exception();
                if (failure != null && !(failure instanceof TimeoutException)) {
                    throw new AssertionError(task + " failed", failure);
                }
            }
        }
    }

    private static void sweep(String what, SeedBody body) {
        for (int seed = 0; seed < SEEDS; seed++) {
            var random = new Random(seed);
            long replay = seed;
            try (var test = TestLoop.builder().seed(replay).build()) {
                test.runMain(() -> body.run(random));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(what + ", seed " + seed, e);
            }
        }
    }

    private interface SeedBody {
        void run(Random random) throws Exception;
    }

    private static void enter(int[] inside, int most) {
        assertThat(++inside[0]).isLessThanOrEqualTo(most);
    }

    private static void stay(Random random, int[] inside, int most) {
        enter(inside, most);
        try {
            sleep(Duration.ofMillis(random.nextInt(4))).await();
        } finally {
            inside[0]--;
        }
    }

    @Test
    void lock() {
        sweep("lock", seed -> {
            var lock = new Lock();
            var inside = new int[1];
            disturb(seed, (random, _) -> {
                try (var _ = lock.acquire().await()) {
                    stay(random, inside, 1);
                }
            });
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
        });
    }

    @Test
    void reentrantLock() {
        sweep("re-entrant lock", seed -> {
            var lock = new ReentrantLock();
            var inside = new int[1];
            disturb(seed, (random, _) -> {
                try (var _ = lock.acquire().await()) {
                    enter(inside, 1);
                    try (var _ = lock.acquire().await()) {
                        sleep(Duration.ofMillis(random.nextInt(3))).await();
                        assertThat(lock.holdCount()).isEqualTo(2);
                    } finally {
                        inside[0]--;
                    }
                }
            });
            assertThat(lock.statistics()).isEqualTo(new ReentrantLock.Statistics(null, 0, 0));
        });
    }

    @Test
    void semaphore() {
        sweep("semaphore", seed -> {
            var semaphore = new BoundedSemaphore(3);
            var inside = new int[1];
            disturb(seed, (random, number) -> {
                int permits = 1 + number % 3;
                try (var _ = semaphore.acquire(permits).await()) {
                    inside[0] += permits - 1;
                    try {
                        stay(random, inside, 3);
                    } finally {
                        inside[0] -= permits - 1;
                    }
                }
            });
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(3, 0, List.of()));
        });
    }

    @Test
    void readersAndWriters() {
        sweep("rw lock", seed -> {
            var lock = new RwLock();
            var readers = new int[1];
            var writers = new int[1];
            disturb(seed, (random, number) -> {
                if (number % 3 == 0) {
                    try (var held = lock.write().await()) {
                        assertThat(readers[0]).isZero();
                        stay(random, writers, 1);
                        if (random.nextBoolean()) {
                            held.downgrade();
                            stay(random, readers, 12);
                        }
                    }
                } else {
                    try (var _ = lock.read().await()) {
                        assertThat(writers[0]).isZero();
                        stay(random, readers, 12);
                    }
                }
            });
            assertThat(lock.statistics()).isEqualTo(new RwLock.Statistics(0, false, 0, 0, List.of()));
        });
    }

    @Test
    void limiter() {
        sweep("limiter", seed -> {
            var limiter = new CapacityLimiter(2);
            var inside = new int[1];
            disturb(seed, (random, number) -> {
                if (number == 0) {
                    limiter.setTotal(1 + random.nextInt(4));
                }
                try (var _ = limiter.acquire().await()) {
                    stay(random, inside, 4);
                }
            });
            CapacityLimiter.Statistics statistics = limiter.statistics();
            assertThat(statistics.borrowed()).isZero();
            assertThat(statistics.borrowers()).isEmpty();
            assertThat(statistics.waiting()).isZero();
        });
    }

    /** Producers and consumers: every signal of an item reaches somebody who takes it, whoever is cancelled meanwhile. */
    @Test
    void condition() {
        sweep("condition", seed -> {
            var condition = new Condition();
            var inside = new int[1];
            var items = new int[1];
            var taken = new int[1];
            disturb(
                    seed,
                    (random, number) -> {
                        try (var _ = condition.acquire().await()) {
                            enter(inside, 1);
                            try {
                                if (number % 3 == 0) {
                                    items[0]++;
                                    condition.signal();
                                    return;
                                }
                                inside[0]--;
                                try {
                                    condition.until(() -> items[0] > 0);
                                } finally {
                                    enter(inside, 1); // with the lock, however the wait has ended
                                }
                                items[0]--;
                                taken[0]++;
                                if (random.nextBoolean()) {
                                    sleep(Duration.ofMillis(1)).await();
                                }
                            } finally {
                                inside[0]--;
                            }
                        }
                    },
                    condition,
                    items);
            assertThat(condition.statistics()).isEqualTo(new Condition.Statistics(0, new Lock.Statistics(null, 0)));
        });
    }

    /** Consumers that are left over get items in the end, one signal for each: one that was lost would leave one of them waiting. */
    private static void disturb(Random random, Life life, Condition condition, int[] items) {
        Task<?> feeder = spawn("feeder", () -> {
            for (int i = 0; i < 20; i++) {
                sleep(Duration.ofMillis(3)).await();
                try (var _ = condition.acquire().await()) {
                    items[0]++;
                    condition.signal();
                }
            }
        });
        disturb(random, life);
        feeder.await();
        assertThat(condition.statistics().waiting()).isZero();
    }

    @Test
    void barrier() {
        sweep("barrier", seed -> {
            var barrier = new Barrier(3);
            var released = new int[1];
            disturb(seed, (random, number) -> {
                for (int i = 0; i < 2; i++) {
                    if (number == 0 && random.nextBoolean()) {
                        barrier.reset();
                    }
                    try {
                        moveOn(Duration.ofMillis(5), () -> {
                            barrier.arrive().await();
                            released[0]++;
                        });
                    } catch (BrokenBarrierException e) {
                        assertThat(barrier.isBroken()).isFalse();
                    }
                }
            });
            assertThat(released[0])
                    .isLessThanOrEqualTo((int) barrier.statistics().rounds() * 3);
            assertThat(barrier.waiting()).isZero();
        });
    }

    @Test
    void event() {
        sweep("event", seed -> {
            var event = new Event();
            disturb(seed, (random, number) -> {
                if (number % 2 == 0) {
                    sleep(Duration.ofMillis(random.nextInt(5))).await();
                    event.set();
                    event.clear();
                } else {
                    moveOn(Duration.ofMillis(20), () -> event.whenSet().await());
                }
            });
            assertThat(event.statistics()).isEqualTo(new Event.Statistics(false, 0));
        });
    }
}

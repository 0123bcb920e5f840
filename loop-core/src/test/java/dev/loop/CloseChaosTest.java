package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.moveOn;
import static dev.loop.Async.shield;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A loop that closes in the middle of random programs: every task ends, in as much time as the shields in it take and no more; what
 * each held is free, and whoever waited outside is told. Each task sees its own context, to the last.
 */
@Timeout(value = 590, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class CloseChaosTest {

    private static final ContextVar<Integer> ME = ContextVar.of("me", 0);

    @Test
    void whateverGoesOnEndsWhenTheLoopCloses() {
        int programs = Boolean.getBoolean("loop.stress") ? 40_000 : 600;
        for (long seed = Long.getLong("loop.seed", 0), end = seed + programs; seed < end; seed++) {
            new Program(seed).run();
        }
    }

    @Test
    @Tag("both-engines")
    void onAnyEngine() {
        for (long seed = -1; seed > -10; seed--) {
            new Program(seed).run();
        }
    }

    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Planned() {
            super("planned", null, false, false);
        }
    }

    private static final class Program {
        private final long seed;
        private final Random random;
        private final List<Task<?>> tasks = new ArrayList<>();
        private final List<Promise<String>> promises = new ArrayList<>();
        private final List<CompletableFuture<?>> stages = new ArrayList<>();
        private final Queue<Integer> queue;
        private final Lock lock;
        private final TestLoop test = new TestLoop();
        private int budget = 80;
        private int cleanups;

        Program(long seed) {
            this.seed = seed;
            random = new Random(seed);
            queue = test.runMain(() -> new Queue<Integer>(2));
            lock = test.runMain(() -> new Lock());
        }

        void run() {
            try (test) {
                EventLoop loop = test.loop();
                test.runMain(() -> {
                    for (int i = 0; i < 5; i++) {
                        spawn(null, 3);
                    }
                    for (int i = random.nextInt(20); i > 0; i--) {
                        if (random.nextBoolean()) {
                            yieldNow();
                        } else {
                            sleep(moment()).await();
                        }
                        if (!promises.isEmpty() && random.nextInt(3) == 0) {
                            promises.get(random.nextInt(promises.size())).tryComplete("value");
                        }
                        if (random.nextInt(4) == 0) {
                            tasks.get(random.nextInt(tasks.size())).cancel("chaos");
                        }
                    }
                });
                Duration before = test.elapsed();
                loop.close();
                // shields end by themselves; nothing else takes time
                assertThat(test.elapsed().minus(before)).isLessThan(Duration.ofMillis(20L * (cleanups + 1)));
                assertThat(tasks).allMatch(Task::isDone);
                assertThat(stages).allMatch(CompletableFuture::isDone);
                assertThat(loop.allTasks()).isEmpty();
                assertThat(loop.timers.size()).isZero();
                assertThat(loop.foreignWaits).isEmpty();
                assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
                assertThat(queue.statistics().getters()).isZero();
                assertThat(queue.statistics().putters()).isZero();
                test.reports().removeIf(report -> meant(report.exception()));
            } catch (Throwable e) {
                throw new AssertionError("again with -Dloop.seed=" + seed, e);
            }
        }

        private static boolean meant(Throwable e) {
            return e instanceof Planned
                    || e instanceof TimeoutException
                    || e instanceof TaskGroupException
                    || (e instanceof IllegalStateException
                            && (e.getMessage().contains("without telling")
                                    || e.getMessage().startsWith("the task group")));
        }

        private Duration moment() {
            return Duration.ofMillis(random.nextInt(6) - 1);
        }

        private Future<String> promise() {
            Promise<String> promise = test.loop().promise();
            promises.add(promise);
            return promise;
        }

        private Task<String> spawn(TaskGroup group, int depth) {
            TaskBuilder builder = group == null ? test.loop().task() : group.task();
            Task<String> task = builder.eager(random.nextInt(3) == 0).spawn(() -> act(depth));
            tasks.add(task);
            if (random.nextInt(4) == 0) {
                stages.add(task.toCompletableFuture());
            }
            return task;
        }

        private String act(int depth) {
            int outer = ME.get();
            try {
                return actAs(random.nextInt(), depth);
            } finally {
                ME.set(outer);
            }
        }

        private String actAs(int me, int depth) {
            ME.set(me);
            for (int i = random.nextInt(4); i >= 0 && budget > 0; i--) {
                budget--;
                try {
                    step(depth);
                } catch (CancelledException e) {
                    if (random.nextInt(3) == 0) {
                        cleanups++;
                        shielded(() ->
                                sleep(Duration.ofMillis(random.nextInt(10))).await());
                    }
                    if (random.nextInt(4) > 0) {
                        throw e;
                    }
                } catch (RuntimeException e) {
                    if (!meant(e)) {
                        throw e;
                    }
                    if (random.nextInt(3) == 0) {
                        throw e;
                    }
                }
                assertThat(ME.get()).isEqualTo(me);
            }
            if (random.nextInt(6) == 0) {
                throw new Planned();
            }
            return "value";
        }

        private void step(int depth) {
            switch (random.nextInt(depth > 0 && budget > 0 ? 18 : 9)) {
                case 0 -> yieldNow();
                case 1 -> sleep(moment()).await();
                case 2 -> promise().await();
                case 3 -> queue.put(1).await();
                case 4 -> queue.get().await();
                case 5 -> {
                    try (var _ = lock.acquire().await()) {
                        sleep(moment()).await();
                    }
                }
                case 6 -> waitFor(promise(), Duration.ofHours(1)).await();
                case 7 -> timeout(moment(), () -> promise().await());
                case 8 -> {
                    CompletableFuture<String> stage = promise().toCompletableFuture();
                    stages.add(stage);
                    yieldNow();
                    if (random.nextBoolean()) {
                        stage.cancel(true);
                    }
                }
                case 9 -> spawn(null, depth - 1).await();
                case 10 ->
                    gather(spawn(null, depth - 1), promise(), spawn(null, depth - 1))
                            .await();
                case 11 -> shield(spawn(null, depth - 1)).await();
                case 12 -> moveOn(moment(), () -> act(depth - 1));
                case 13 -> {
                    Task<String> task = spawn(null, depth - 1);
                    Context.current()
                            .with(ME, -1)
                            .run(() -> test.loop()
                                    .callSoon(() -> assertThat(ME.get()).isEqualTo(-1)));
                    task.cancelAndJoin("by its parent").await();
                }
                case 14 -> spawn(null, depth - 1).join().await();
                case 15, 16 ->
                    TaskGroup.run(policy(), group -> {
                        spawn(group, depth - 1);
                        spawn(group, depth - 1);
                        act(depth - 1);
                    });
                default -> {
                    try (var group = TaskGroup.open(policy())) {
                        spawn(group, depth - 1);
                        Future<Integer> start = group.start(started -> {
                            act(depth - 1);
                            started.started(1);
                            act(depth - 1);
                        });
                        if (random.nextBoolean()) {
                            start.await();
                        }
                        if (random.nextBoolean()) {
                            group.join();
                        }
                    }
                }
            }
        }

        private TaskGroup.Policy policy() {
            TaskGroup.Policy[] all = TaskGroup.Policy.values();
            return all[random.nextInt(all.length)];
        }
    }
}

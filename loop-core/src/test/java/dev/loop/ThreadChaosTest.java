package dev.loop;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs on real time that block in the JDK, share locks with callbacks and other threads, and are completed and cancelled
 * from outside: nothing hangs, two never run at once, and nothing is left. For the virtual-thread engine.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadChaosTest {

    private final ScheduledExecutorService others = Executors.newScheduledThreadPool(2);

    @AfterEach
    void stop() throws InterruptedException {
        others.shutdownNow();
        assertThat(others.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void programsThatBlockAndAreWokenByOtherThreadsEnd() {
        for (int seed = 0; seed < 25; seed++) {
            new Program(seed).run();
        }
    }

    @Test
    @Tag("stress")
    @Timeout(value = 400, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void manyMoreProgramsEnd() {
        for (int seed = 1000; seed < 3000; seed++) {
            new Program(seed).run();
        }
    }

    private final class Program {
        private final int seed;
        private final Random random;
        private final ReentrantLock lock = new ReentrantLock();
        private final Object monitor = new Object();
        private final List<ExceptionContext> reports = new ArrayList<>();
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicBoolean overlap = new AtomicBoolean();
        private final AtomicInteger portalCalls = new AtomicInteger(); // also those whose task has turned away

        Program(int seed) {
            this.seed = seed;
            random = new Random(seed);
        }

        void run() {
            try (var runner = Runner.create()) {
                runner.loop().setExceptionHandler((_, context) -> reports.add(context));
                runner.run(this::body);
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
            assertThat(reports).as("seed %d", seed).isEmpty();
            assertThat(overlap).as("seed %d", seed).isFalse();
            assertThat(isFree()).as("seed %d: nobody has kept the lock", seed).isTrue();
        }

        /** The other threads may be in the middle of their last turn with it. */
        private boolean isFree() {
            try {
                boolean free = lock.tryLock(10, TimeUnit.SECONDS);
                if (free) {
                    lock.unlock(); // they have more to do
                }
                return free;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        private void body() {
            EventLoop loop = EventLoop.current();
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 8; i++) {
                tasks.add(spawn(this::act));
            }
            for (int i = 0; i < 30; i++) {
                if (random.nextInt(3) == 0) {
                    sleep(Duration.ofNanos(random.nextInt(500_000))).await();
                } else {
                    yieldNow();
                }
                loop.callSoon(this::inLock);
                others.execute(() -> {
                    inLockOf(lock);
                    loop.callSoonThreadsafe(this::inMonitor);
                });
                if (i % 3 == 0) {
                    tasks.get(random.nextInt(tasks.size())).cancel("chaos " + i);
                }
            }
            for (Task<?> task : tasks) {
                while (!task.isDone()) {
                    task.cancel("the end");
                    sleep(Duration.ofMillis(1)).await();
                }
            }
            for (Task<?> task : tasks) {
                assertThat(task.isCancelled() || task.exception() == null || meant(task.exception()))
                        .as(task.toString())
                        .isTrue();
            }
            while (portalCalls.get() > 0 || loop.externalWork() > 0) {
                sleep(Duration.ofMillis(1)).await();
            }
            assertThat(loop.allTasks()).hasSize(1);
        }

        private static boolean meant(Throwable e) {
            return e instanceof TimeoutException || e instanceof InterruptedException;
        }

        private void act() throws Exception {
            for (int i = 0; i < 12; i++) {
                try {
                    step();
                } catch (TimeoutException e) {
                    // as meant
                } catch (InterruptedException | CancelledException e) {
                    if (random.nextBoolean()) {
                        throw e;
                    }
                }
                alone();
            }
        }

        /** A stretch without a wait: if two threads were in it, the loop would have two. */
        private void alone() {
            if (running.incrementAndGet() != 1) {
                overlap.set(true);
            }
            Thread.onSpinWait();
            running.decrementAndGet();
        }

        private void step() throws Exception {
            EventLoop loop = EventLoop.current();
            switch (random.nextInt(15)) {
                case 0 -> Thread.sleep(0, random.nextInt(300_000));
                case 1 -> inLock();
                case 2 -> inMonitor();
                case 3 -> {
                    synchronized (monitor) {
                        sleep(Duration.ofNanos(random.nextInt(200_000))).await();
                    }
                }
                case 4 -> {
                    Promise<String> promise = loop.promise();
                    others.schedule(
                            () -> promise.completeThreadsafe("value"), random.nextInt(200), TimeUnit.MICROSECONDS);
                    promise.await();
                }
                case 5 ->
                    toThread(() -> {
                                inLockOf(lock);
                                return 1;
                            })
                            .await();
                case 6 ->
                    timeout(Duration.ofNanos(random.nextInt(400_000)), () -> Thread.sleep(0, random.nextInt(800_000)));
                case 7 -> timeout(Duration.ofNanos(random.nextInt(400_000)), this::inLock);
                case 8 -> {
                    var stage = new CompletableFuture<String>();
                    others.schedule(() -> stage.complete("value"), random.nextInt(200), TimeUnit.MICROSECONDS);
                    if (random.nextBoolean()) {
                        stage.join(); // blocks in the JDK
                    } else {
                        Future.from(stage).await();
                    }
                }
                case 9 -> {
                    Task<?> eager = loop.task().eager().spawn(this::brief);
                    alone();
                    eager.await();
                }
                case 10 -> shielded(this::brief);
                case 11 -> moveOn(Duration.ofNanos(random.nextInt(400_000)), this::brief);
                case 12 -> group();
                case 13 -> {
                    CompletableFuture<Integer> call = new CompletableFuture<>();
                    portalCalls.incrementAndGet();
                    others.execute(() -> {
                        try {
                            call.complete(loop.portal().call(this::portalCall));
                        } catch (Throwable e) {
                            call.completeExceptionally(e);
                        } finally {
                            portalCalls.decrementAndGet();
                        }
                    });
                    Future.from(call).await();
                }
                default -> Thread.yield();
            }
        }

        private void brief() throws InterruptedException {
            alone();
            Thread.sleep(0, random.nextInt(300_000));
            alone();
        }

        private int portalCall() {
            alone();
            yieldNow();
            alone();
            return 1;
        }

        /** Children that block, one of them begun at once, and perhaps an early end. */
        private void group() {
            TaskGroup.run(group -> {
                group.spawn(this::brief);
                group.spawn(this::inLock);
                group.task().eager().spawn(this::brief);
                if (random.nextInt(3) == 0) {
                    group.cancel("chaos");
                } else if (random.nextBoolean()) {
                    brief();
                }
            });
        }

        private void inLock() {
            inLockOf(lock);
            alone();
        }

        private void inMonitor() {
            synchronized (monitor) {
                alone();
            }
        }
    }

    private static void inLockOf(ReentrantLock lock) {
        lock.lock();
        try {
            Thread.onSpinWait();
        } finally {
            lock.unlock();
        }
    }
}

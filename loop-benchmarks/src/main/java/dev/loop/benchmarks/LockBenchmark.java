package dev.loop.benchmarks;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;

import dev.loop.Task;
import dev.loop.benchmarks.BareLoop.ParkingLock;
import dev.loop.sync.Lock;
import java.util.ArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** A lock, contended and not. */
public class LockBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;
    private static final int TASKS = 100;

    private final BareLoop bare = new BareLoop();

    /** For JMH. */
    public LockBenchmark() {}

    /**
     * A hundred tasks that pass a lock on; its holder gives way once while it holds it.
     *
     * @return how often the lock was held
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int handOff() {
        return run(() -> {
            var lock = new Lock();
            int[] held = {0};
            var tasks = new ArrayList<Task<?>>(TASKS);
            for (int t = 0; t < TASKS; t++) {
                tasks.add(spawn(() -> {
                    for (int i = 0; i < OPERATIONS / TASKS; i++) {
                        try (var _ = lock.acquire().await()) {
                            yieldNow();
                            held[0]++;
                        }
                    }
                }));
            }
            gather(tasks).await();
            return held[0];
        });
    }

    /**
     * One task that takes a free lock and releases it.
     *
     * @return how often the lock was held
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int uncontended() {
        return run(() -> {
            var lock = new Lock();
            int held = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                try (var _ = lock.acquire().await()) {
                    held++;
                }
            }
            return held;
        });
    }

    /**
     * Baseline: the hand-off between a hundred virtual threads that park, on a bare queue.
     *
     * @return how often the lock was held
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBareHandOff() {
        return bare.run(() -> {
            var lock = new ParkingLock();
            int[] held = {0};
            var threads = new Thread[TASKS];
            for (int t = 0; t < TASKS; t++) {
                threads[t] = bare.start(() -> {
                    for (int i = 0; i < OPERATIONS / TASKS; i++) {
                        lock.lock();
                        Thread.yield();
                        held[0]++;
                        lock.unlock();
                    }
                });
            }
            for (Thread thread : threads) {
                thread.join();
            }
            return held[0];
        });
    }

    /**
     * Peer: the hand-off between a hundred virtual threads by a fair lock of java.util.concurrent.
     *
     * @return how often the lock was held
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineJucHandOff() {
        var lock = new ReentrantLock(true);
        int[] held = {0};
        PlainThreads.run(TASKS, () -> {
            for (int i = 0; i < OPERATIONS / TASKS; i++) {
                lock.lock();
                try {
                    Thread.yield();
                    held[0]++;
                } finally {
                    lock.unlock();
                }
            }
        });
        return held[0];
    }

    /**
     * Peer: one virtual thread that takes a free, fair lock of java.util.concurrent and releases it.
     *
     * @return how often the lock was held
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineJucUncontended() {
        var lock = new ReentrantLock(true);
        int[] held = {0};
        PlainThreads.run(1, () -> {
            for (int i = 0; i < OPERATIONS; i++) {
                lock.lock();
                try {
                    held[0]++;
                } finally {
                    lock.unlock();
                }
            }
        });
        return held[0];
    }
}

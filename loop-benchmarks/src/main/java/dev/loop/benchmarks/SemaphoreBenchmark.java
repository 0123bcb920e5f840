package dev.loop.benchmarks;

import static dev.loop.Async.spawn;

import dev.loop.sync.Semaphore;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** Permits, contended and not. One operation of the hand-off is a round trip: two permits, two switches. */
public class SemaphoreBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;

    /** For JMH. */
    public SemaphoreBenchmark() {}

    /**
     * One task that takes a permit which is there, and gives it back.
     *
     * @return how often it did
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int uncontended() {
        return run(() -> {
            var semaphore = new Semaphore(1);
            int held = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                try (var _ = semaphore.acquire().await()) {
                    held++;
                }
            }
            return held;
        });
    }

    /**
     * One task that takes a permit without a future and releases it without an object.
     *
     * @return how often it did
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int tryAcquireAndRelease() {
        return run(() -> {
            var semaphore = new Semaphore(1);
            int held = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                if (semaphore.tryAcquire() != null) {
                    held++;
                    semaphore.release();
                }
            }
            return held;
        });
    }

    /**
     * One task that only counts up.
     *
     * @return how often it did
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int release() {
        return run(() -> {
            var semaphore = new Semaphore(0);
            for (int i = 0; i < OPERATIONS; i++) {
                semaphore.release();
            }
            return semaphore.available();
        });
    }

    /**
     * Two tasks that let each other go on.
     *
     * @return how many round trips there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int handOff() {
        return run(() -> {
            var there = new Semaphore(0);
            var back = new Semaphore(0);
            var answers = spawn(() -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    var _ = there.acquire().await();
                    back.release();
                }
            });
            int trips = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                there.release();
                trips += back.acquire().await().count();
            }
            answers.await();
            return trips;
        });
    }

    /**
     * Peer: the same with java.util.concurrent in a virtual thread.
     *
     * @return how often it did
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineJucUncontended() {
        var semaphore = new java.util.concurrent.Semaphore(1, true);
        int[] held = {0};
        PlainThreads.run(1, () -> {
            for (int i = 0; i < OPERATIONS; i++) {
                semaphore.acquire();
                held[0]++;
                semaphore.release();
            }
        });
        return held[0];
    }

    /**
     * Peer: the hand-off of two virtual threads with java.util.concurrent.
     *
     * @return how many round trips there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineJucHandOff() {
        var there = new java.util.concurrent.Semaphore(0, true);
        var back = new java.util.concurrent.Semaphore(0, true);
        int[] trips = {0};
        PlainThreads.run(List.of(
                () -> {
                    for (int i = 0; i < OPERATIONS; i++) {
                        there.acquire();
                        back.release();
                    }
                },
                () -> {
                    for (int i = 0; i < OPERATIONS; i++) {
                        there.release();
                        back.acquire();
                        trips[0]++;
                    }
                }));
        return trips[0];
    }
}

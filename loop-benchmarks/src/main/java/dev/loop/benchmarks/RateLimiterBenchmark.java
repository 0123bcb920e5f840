package dev.loop.benchmarks;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;

import dev.loop.Task;
import dev.loop.flow.RateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** A rate limiter, with permits to spare and without. */
public class RateLimiterBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;
    private static final int TASKS = 100;

    /** For JMH. */
    public RateLimiterBenchmark() {}

    /**
     * One task that takes permits of which there are enough.
     *
     * @return how many it took
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int uncontended() {
        return run(() -> {
            var limiter = new RateLimiter(1_000_000_000, Duration.ofSeconds(1));
            int taken = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                limiter.acquire().await();
                taken++;
            }
            return taken;
        });
    }

    /**
     * A hundred tasks that wait for permits, which come one by one and faster than a timer of the machine can tell: each time the timer
     * goes off, whoever has waited long enough goes on.
     *
     * @return how many they took
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int contended() {
        return run(() -> {
            var limiter = new RateLimiter(10_000_000, Duration.ofSeconds(1), 1);
            int[] taken = {0};
            var tasks = new ArrayList<Task<?>>(TASKS);
            for (int t = 0; t < TASKS; t++) {
                tasks.add(spawn(() -> {
                    for (int i = 0; i < OPERATIONS / TASKS; i++) {
                        limiter.acquire().await();
                        taken[0]++;
                    }
                }));
            }
            gather(tasks).await();
            return taken[0];
        });
    }
}

package dev.loop.benchmarks;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;

import dev.loop.Task;
import java.util.ArrayList;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** Starting a task and waiting for it. */
public class SpawnBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;

    private final BareLoop bare = new BareLoop();

    /** For JMH. */
    public SpawnBenchmark() {}

    /**
     * A task that returns at once.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int spawnAndJoin() {
        return run(() -> {
            int joined = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                joined += spawn(() -> 1).await();
            }
            return joined;
        });
    }

    /**
     * A task that gives way once before it returns.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int spawnAndJoinSuspending() {
        return run(() -> {
            int joined = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                joined += spawn(() -> {
                            yieldNow();
                            return 1;
                        })
                        .await();
            }
            return joined;
        });
    }

    /**
     * Ten thousand tasks that return at once, gathered.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int gatherTenThousand() {
        return run(() -> {
            var tasks = new ArrayList<Task<Integer>>(OPERATIONS);
            for (int i = 0; i < OPERATIONS; i++) {
                int value = i;
                tasks.add(spawn(() -> value));
            }
            return gather(tasks).await().size();
        });
    }

    /**
     * Waiting for a task that has ended already. It includes the step aside that a task makes after 64 of those.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int joinOfFinished() {
        return run(() -> {
            Task<Integer> task = spawn(() -> 1);
            int joined = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                joined += task.await();
            }
            return joined;
        });
    }

    /**
     * Baseline: a virtual thread that returns at once, on a bare queue.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBareThread() {
        return bare.run(() -> {
            int[] joined = {0};
            for (int i = 0; i < OPERATIONS; i++) {
                bare.start(() -> joined[0]++).join();
            }
            return joined[0];
        });
    }

    /**
     * Baseline: a virtual thread that gives way once, on a bare queue.
     *
     * @return how many were joined
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBareThreadSuspending() {
        return bare.run(() -> {
            int[] joined = {0};
            for (int i = 0; i < OPERATIONS; i++) {
                bare.start(() -> {
                            Thread.yield();
                            joined[0]++;
                        })
                        .join();
            }
            return joined[0];
        });
    }
}

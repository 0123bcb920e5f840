package dev.loop.benchmarks;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;

import dev.loop.Promise;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** From one task to the next. */
public class SwitchBenchmark extends OnLoop {

    private static final int OPERATIONS = 20_000;

    private final BareLoop bare = new BareLoop();

    /** For JMH. */
    public SwitchBenchmark() {}

    /**
     * Two tasks that give way to each other.
     *
     * @return how many switches there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int yieldNowBetweenTwo() {
        return run(() -> {
            Callable<Integer> half = () -> {
                int switches = 0;
                for (; switches < OPERATIONS / 2; switches++) {
                    yieldNow();
                }
                return switches;
            };
            var other = spawn(half);
            return spawn(half).await() + other.await();
        });
    }

    /**
     * Two tasks, each of which completes the promise that the other waits for.
     *
     * @return how many wakeups there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int wakeByPromise() {
        return run(() -> {
            var turns = new Turns(loop().promise(), loop().promise());
            var other = spawn(() -> turns.take(1));
            var one = spawn(() -> turns.take(0));
            turns.promises[0].complete(1);
            return one.await() + other.await();
        });
    }

    /**
     * Baseline: two virtual threads that yield, on a bare queue.
     *
     * @return how many switches there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBareYield() {
        return bare.run(() -> {
            int[] switches = {0};
            Runnable half = () -> {
                for (int i = 0; i < OPERATIONS / 2; i++) {
                    Thread.yield();
                    switches[0]++;
                }
            };
            Thread one = bare.start(half);
            Thread other = bare.start(half);
            one.join();
            other.join();
            return switches[0];
        });
    }

    /**
     * Baseline: two virtual threads that unpark each other, on a bare queue.
     *
     * @return how many wakeups there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBarePark() {
        return bare.run(() -> {
            int[] next = {0};
            var threads = new Thread[2];
            for (int i = 0; i < 2; i++) {
                int me = i;
                threads[i] = bare.start(() -> {
                    while (next[0] < OPERATIONS) {
                        if ((next[0] & 1) == me) {
                            next[0]++;
                            LockSupport.unpark(threads[1 - me]);
                        }
                        if (next[0] < OPERATIONS) {
                            LockSupport.park();
                        }
                    }
                });
            }
            threads[0].join();
            threads[1].join();
            return next[0];
        });
    }

    /** Whose turn it is: each side waits for its own promise, renews it, and completes the other's. */
    private final class Turns {
        final Promise<Integer>[] promises;

        @SafeVarargs
        Turns(Promise<Integer>... promises) {
            this.promises = promises;
        }

        int take(int me) {
            int wakeups = 0;
            for (int i = 0; i < OPERATIONS / 2; i++) {
                wakeups += promises[me].await();
                promises[me] = loop().promise();
                promises[1 - me].tryComplete(1);
            }
            return wakeups;
        }
    }
}

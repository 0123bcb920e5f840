package dev.loop.benchmarks;

import dev.loop.Promise;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Timers, among others that wait. */
public class TimerBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;
    private static final long HOUR = 3_600_000_000_000L;
    private static final Runnable NOTHING = () -> {};

    private final long[] offsets = new Random(42).longs(OPERATIONS, 0, HOUR).toArray();

    /** How many timers wait all the time, due in one to two hours. */
    @Param({"10", "100000"})
    public int waiting;

    /** For JMH. */
    public TimerBenchmark() {}

    /** Adds the timers that wait. */
    @Setup
    public void addWaiting() {
        long base = loop().time() + HOUR;
        new Random(7).longs(waiting, 0, HOUR).forEach(offset -> loop().callAt(base + offset, NOTHING));
    }

    /**
     * A timer that is added, somewhere among those that wait, and cancelled: a time-out that did not strike.
     *
     * @return how many were cancelled
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int addAndCancel() {
        return run(() -> {
            long base = loop().time() + HOUR;
            int cancelled = 0;
            for (long offset : offsets) {
                var timer = loop().callAt(base + offset, NOTHING);
                timer.cancel();
                cancelled += timer.isCancelled() ? 1 : 0;
            }
            return cancelled;
        });
    }

    /**
     * Ten thousand timers, added in no order, that are due at once.
     *
     * @return how many fired
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int addAndFire() {
        return run(() -> {
            Promise<Integer> all = loop().promise();
            int[] fired = {0};
            Runnable callback = () -> {
                if (++fired[0] == OPERATIONS) {
                    all.complete(fired[0]);
                }
            };
            long base = loop().time() - HOUR;
            for (long offset : offsets) {
                loop().callAt(base + offset, callback);
            }
            return all.await();
        });
    }
}

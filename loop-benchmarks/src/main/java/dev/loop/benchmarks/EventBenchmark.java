package dev.loop.benchmarks;

import static dev.loop.Async.spawn;

import dev.loop.sync.Event;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** A flag. One operation of the hand-off is a round trip: two events, two switches. */
public class EventBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;

    /** For JMH. */
    public EventBenchmark() {}

    /**
     * One task that sets a flag, waits for it, and clears it.
     *
     * @return how often it did
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int uncontended() {
        return run(() -> {
            var event = new Event();
            int seen = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                event.set();
                event.whenSet().await();
                event.clear();
                seen++;
            }
            return seen;
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
            var there = new Event();
            var back = new Event();
            var answers = spawn(() -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    there.whenSet().await();
                    there.clear();
                    back.set();
                }
            });
            int trips = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                there.set();
                back.whenSet().await();
                back.clear();
                trips++;
            }
            answers.await();
            return trips;
        });
    }

    /**
     * Peer: two virtual threads with a volatile flag each, which they park for; it is the least that can be done.
     *
     * @return how many round trips there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineParkedHandOff() {
        var flags = new Flag[] {new Flag(), new Flag()};
        int[] trips = {0};
        PlainThreads.run(List.of(
                () -> {
                    flags[0].waiter = Thread.currentThread();
                    for (int i = 0; i < OPERATIONS; i++) {
                        flags[0].await();
                        flags[1].set();
                    }
                },
                () -> {
                    flags[1].waiter = Thread.currentThread();
                    for (int i = 0; i < OPERATIONS; i++) {
                        flags[0].set();
                        flags[1].await();
                        trips[0]++;
                    }
                }));
        return trips[0];
    }

    private static final class Flag {
        private volatile boolean set;
        private volatile @Nullable Thread waiter; // null until its thread has begun, which looks at the flag first

        void set() {
            set = true;
            Thread thread = waiter;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }

        void await() {
            while (!set) {
                LockSupport.park(this);
            }
            set = false;
        }
    }
}

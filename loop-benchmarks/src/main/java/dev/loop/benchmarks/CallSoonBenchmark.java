package dev.loop.benchmarks;

import dev.loop.EventLoop;
import dev.loop.Promise;
import java.util.ArrayDeque;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** A callback that schedules the next one: {@code callSoon} and its run. */
public class CallSoonBenchmark extends OnLoop {

    private static final int OPERATIONS = 100_000;

    /** For JMH. */
    public CallSoonBenchmark() {}

    /**
     * A thousand chains at once: a turn runs a thousand callbacks.
     *
     * @return how many callbacks ran
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int thousandChains() {
        return run(() -> new Chain(loop()).run(1000));
    }

    /**
     * One chain: a turn for every callback.
     *
     * @return how many callbacks ran
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int oneChain() {
        return run(() -> new Chain(loop()).run(1));
    }

    /**
     * Baseline: the thousand chains on an {@link ArrayDeque} that is polled until it is empty.
     *
     * @return how many callbacks ran
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineArrayDeque() {
        var ready = new ArrayDeque<Runnable>(4096);
        var link = new Runnable() {
            int started = 1000;
            int ran;

            @Override
            public void run() {
                ran++;
                if (started < OPERATIONS) {
                    started++;
                    ready.addLast(this);
                }
            }
        };
        for (int i = 0; i < 1000; i++) {
            ready.addLast(link);
        }
        for (Runnable next = ready.pollFirst(); next != null; next = ready.pollFirst()) {
            next.run();
        }
        return link.ran;
    }

    private static final class Chain implements Runnable {
        private final EventLoop loop;
        private final Promise<Integer> end;
        private int started;
        private int ran;

        Chain(EventLoop loop) {
            this.loop = loop;
            end = loop.promise();
        }

        int run(int chains) {
            started = chains;
            for (int i = 0; i < chains; i++) {
                loop.callSoon(this);
            }
            return end.await();
        }

        @Override
        public void run() {
            if (started < OPERATIONS) {
                started++;
                loop.callSoon(this);
            }
            if (++ran == OPERATIONS) {
                end.complete(ran);
            }
        }
    }
}

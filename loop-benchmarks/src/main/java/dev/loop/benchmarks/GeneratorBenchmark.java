package dev.loop.benchmarks;

import dev.loop.generator.AsyncGenerator;
import dev.loop.generator.Generator;
import java.util.Iterator;
import java.util.concurrent.SynchronousQueue;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** One value of a generator, wherever it is driven from, beside what else gives values one by one. */
public class GeneratorBenchmark extends OnLoop {

    private static final int OPERATIONS = 20_000;

    /** For JMH. */
    public GeneratorBenchmark() {}

    private static Generator<Integer, @Nullable Void, @Nullable Void> numbers() {
        return Generator.yielding(out -> {
            for (int i = 0; i < OPERATIONS; i++) {
                out.yield(i);
            }
        });
    }

    private static int count(Iterable<Integer> values) {
        int count = 0;
        for (int value : values) {
            count += value >= 0 ? 1 : 0;
        }
        return count;
    }

    /**
     * A generator on a platform thread without a loop.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int onAPlatformThread() {
        return count(numbers());
    }

    /**
     * A generator in a task.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int inATask() {
        return run(() -> count(numbers()));
    }

    /**
     * A generator on a stock virtual thread.
     *
     * @return how many values there were
     * @throws InterruptedException never
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int onAVirtualThread() throws InterruptedException {
        int[] count = {0};
        Thread.ofVirtual().start(() -> count[0] = count(numbers())).join();
        return count[0];
    }

    /**
     * A generator that ten others have delegated to, one the next.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int throughTenDelegations() {
        var values = numbers();
        for (int i = 0; i < 10; i++) {
            var inner = values;
            values = Generator.yielding(out -> out.yieldFrom(inner));
        }
        return count(values);
    }

    /**
     * An asynchronous generator that a task iterates.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int asyncInAForLoop() {
        return run(() -> count(asyncNumbers()));
    }

    /**
     * An asynchronous generator whose values are asked for as futures.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int asyncByFutures() {
        return run(() -> {
            var values = asyncNumbers();
            int count = 0;
            while (values.next().await() != null) {
                count++;
            }
            return count;
        });
    }

    private static AsyncGenerator<Integer, @Nullable Void> asyncNumbers() {
        return AsyncGenerator.yielding(out -> {
            for (int i = 0; i < OPERATIONS; i++) {
                out.yield(i);
            }
        });
    }

    /**
     * Baseline: an iterator that is written by hand.
     *
     * @return how many values there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineIterator() {
        return count(() -> new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < OPERATIONS;
            }

            @Override
            public Integer next() {
                return next++;
            }
        });
    }

    /**
     * Peer: a stock virtual thread that hands its values over by a {@link SynchronousQueue}, to another one.
     *
     * @return how many values there were
     * @throws InterruptedException never
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int peerSynchronousQueue() throws InterruptedException {
        var queue = new SynchronousQueue<Integer>();
        int[] count = {0};
        Thread producer = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < OPERATIONS; i++) {
                putInto(queue, i);
            }
        });
        Thread consumer = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < OPERATIONS; i++) {
                count[0] += takeFrom(queue) >= 0 ? 1 : 0;
            }
        });
        consumer.join();
        producer.join();
        return count[0];
    }

    private static void putInto(SynchronousQueue<Integer> queue, int value) {
        try {
            queue.put(value);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int takeFrom(SynchronousQueue<Integer> queue) {
        try {
            return queue.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

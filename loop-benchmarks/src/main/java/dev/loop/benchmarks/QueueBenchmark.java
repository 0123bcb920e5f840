package dev.loop.benchmarks;

import static dev.loop.Async.spawn;

import dev.loop.benchmarks.BareLoop.ParkingQueue;
import dev.loop.queue.Queue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** Items between two tasks. One operation of the ping-pong is a round trip: two items, two switches. */
public class QueueBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;

    private final BareLoop bare = new BareLoop();

    /** For JMH. */
    public QueueBenchmark() {}

    /**
     * Two tasks that answer each other through two queues.
     *
     * @return how many round trips there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int pingPong() {
        return run(() -> {
            var there = new Queue<Integer>();
            var back = new Queue<Integer>();
            var pong = spawn(() -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    back.put(there.get().await()).await();
                }
            });
            int answered = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                there.put(1).await();
                answered += back.get().await();
            }
            pong.await();
            return answered;
        });
    }

    /**
     * One task that puts an item and takes it out again, and never has to wait for it.
     *
     * @return how many items went through
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int putAndGetWithoutWaiting() {
        return run(() -> {
            var queue = new Queue<Integer>();
            int taken = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                queue.put(1).await();
                taken += queue.get().await();
            }
            return taken;
        });
    }

    /**
     * Baseline: the ping-pong of two virtual threads that park, on a bare queue.
     *
     * @return how many round trips there were
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int baselineBarePingPong() {
        return bare.run(() -> {
            var there = new ParkingQueue<Integer>();
            var back = new ParkingQueue<Integer>();
            bare.start(() -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    back.put(there.get());
                }
            });
            int answered = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                there.put(1);
                answered += back.get();
            }
            return answered;
        });
    }
}

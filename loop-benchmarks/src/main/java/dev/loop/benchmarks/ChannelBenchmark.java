package dev.loop.benchmarks;

import static dev.loop.Async.spawn;

import dev.loop.queue.Channel;
import dev.loop.queue.Clause;
import dev.loop.queue.Queue;
import dev.loop.queue.Select;
import dev.loop.queue.Sender;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Items through a channel or a queue: from one task, or from many, to one. One operation is an item. The peers do the same with plain
 * virtual threads, on the JDK's own scheduler, and with Reactor on its parallel scheduler.
 */
public class ChannelBenchmark extends OnLoop {

    private static final int OPERATIONS = 10_000;
    private static final int PRODUCERS = 100;
    private static final int CAPACITY = 16;

    /** For JMH. */
    public ChannelBenchmark() {}

    /**
     * One task sends, another receives; there is room for sixteen.
     *
     * @return how many items arrived
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int buffered() {
        return oneToOne(CAPACITY);
    }

    /**
     * One task sends, another receives; there is no room.
     *
     * @return how many items arrived
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int rendezvous() {
        return oneToOne(0);
    }

    private int oneToOne(int capacity) {
        return run(() -> {
            var channel = new Channel<Integer>(capacity);
            spawn(() -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    channel.send(1).await();
                }
                channel.close();
            });
            int arrived = 0;
            for (int item : channel) {
                arrived += item;
            }
            return arrived;
        });
    }

    /**
     * A hundred tasks send through an end of their own, another receives; there is room for sixteen.
     *
     * @return how many items arrived
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int fanIn() {
        return run(() -> {
            var channel = new Channel<Integer>(CAPACITY);
            for (int p = 0; p < PRODUCERS; p++) {
                Sender<Integer> sender = channel.sender();
                spawn(() -> {
                    try (sender) {
                        for (int i = 0; i < OPERATIONS / PRODUCERS; i++) {
                            sender.send(1).await();
                        }
                    }
                });
            }
            int arrived = 0;
            for (int item : channel) {
                arrived += item;
            }
            return arrived;
        });
    }

    /**
     * A hundred tasks put into a queue, another gets; there is room for sixteen.
     *
     * @return how many items arrived
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int fanInQueue() {
        return run(() -> {
            var queue = new Queue<Integer>(CAPACITY);
            for (int p = 0; p < PRODUCERS; p++) {
                spawn(() -> {
                    for (int i = 0; i < OPERATIONS / PRODUCERS; i++) {
                        queue.put(1).await();
                    }
                });
            }
            int arrived = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                arrived += queue.get().await();
            }
            return arrived;
        });
    }

    /**
     * One task that selects from two channels, of which another task fills one after the other.
     *
     * @return how many items arrived
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int select() {
        return run(() -> {
            var one = new Channel<Integer>(CAPACITY);
            var two = new Channel<Integer>(CAPACITY);
            spawn(() -> {
                for (int i = 0; i < OPERATIONS / 2; i++) {
                    one.send(1).await();
                    two.send(1).await();
                }
            });
            int arrived = 0;
            for (int i = 0; i < OPERATIONS; i++) {
                arrived += Select.<Integer>first(Clause.receive(one, item -> item), Clause.receive(two, item -> item));
            }
            return arrived;
        });
    }

    // --- peers

    /**
     * Peer: one virtual thread to another, on the JDK's scheduler, over an {@link ArrayBlockingQueue} of sixteen.
     *
     * @return how many items arrived
     * @throws InterruptedException if the benchmark is stopped
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int peerArrayBlockingQueue() throws InterruptedException {
        return threads(new ArrayBlockingQueue<>(CAPACITY), 1);
    }

    /**
     * Peer: one virtual thread to another, on the JDK's scheduler, over a {@link SynchronousQueue}.
     *
     * @return how many items arrived
     * @throws InterruptedException if the benchmark is stopped
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int peerSynchronousQueue() throws InterruptedException {
        return threads(new SynchronousQueue<>(), 1);
    }

    /**
     * Peer: a hundred virtual threads to one, on the JDK's scheduler, over an {@link ArrayBlockingQueue} of sixteen.
     *
     * @return how many items arrived
     * @throws InterruptedException if the benchmark is stopped
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int peerArrayBlockingQueueFanIn() throws InterruptedException {
        return threads(new ArrayBlockingQueue<>(CAPACITY), PRODUCERS);
    }

    private static int threads(BlockingQueue<Integer> queue, int producers) throws InterruptedException {
        for (int p = 0; p < producers; p++) {
            Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < OPERATIONS / producers; i++) {
                        queue.put(1);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException("nobody interrupts here", e);
                }
            });
        }
        int[] arrived = {0};
        Thread consumer = Thread.startVirtualThread(() -> {
            try {
                for (int i = 0; i < OPERATIONS; i++) {
                    arrived[0] += queue.take();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts here", e);
            }
        });
        consumer.join();
        return arrived[0];
    }

    /**
     * Peer: Reactor's unicast sink, which has no bound, filled by one thread and consumed on another.
     *
     * @return how many items arrived
     * @throws InterruptedException if the benchmark is stopped
     */
    @Benchmark
    @OperationsPerInvocation(OPERATIONS)
    public int peerReactorSink() throws InterruptedException {
        Sinks.Many<Integer> sink = Sinks.many().unicast().onBackpressureBuffer();
        int[] arrived = {0};
        var done = new CountDownLatch(1);
        sink.asFlux()
                .publishOn(Schedulers.parallel(), CAPACITY)
                .subscribe(item -> arrived[0] += item, null, done::countDown);
        for (int i = 0; i < OPERATIONS; i++) {
            sink.tryEmitNext(1).orThrow();
        }
        sink.tryEmitComplete().orThrow();
        done.await();
        return arrived[0];
    }
}

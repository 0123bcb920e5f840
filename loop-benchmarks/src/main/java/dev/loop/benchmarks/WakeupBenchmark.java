package dev.loop.benchmarks;

import dev.loop.EventLoop;
import dev.loop.Promise;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Our loop, woken by another thread. */
public class WakeupBenchmark extends FromAnotherThread {

    private final EventLoop loop = EventLoop.create();
    private final Thread thread = Thread.ofPlatform().name("loop").unstarted(loop::runForever);
    private volatile Promise<Boolean> question = loop.promise();

    /** For JMH. */
    public WakeupBenchmark() {}

    /** Starts the loop, and the task that answers. */
    @Setup
    public void start() {
        loop.spawn(() -> {
            while (question.await()) {
                question = loop.promise();
                answer();
            }
        });
        thread.start();
    }

    /**
     * Stops the loop and closes it.
     *
     * @throws InterruptedException if the thread is interrupted while it waits for the loop to end
     */
    @TearDown
    public void stop() throws InterruptedException {
        question.completeThreadsafe(false);
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
        loop.close();
    }

    @Override
    protected void submit(Runnable callback) {
        loop.callSoonThreadsafe(callback);
    }

    /**
     * A promise that a task waits for is completed there; an unpark back.
     *
     * @return how many answers came
     */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public int taskRoundTrip() {
        return ask(() -> question.completeThreadsafe(true));
    }
}

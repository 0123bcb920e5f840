package dev.loop.benchmarks;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * A thread that hands work to a loop which sleeps in its selector, and waits for the answer. The same for every loop. Two cores are
 * needed for figures that mean something: most of it is the operating system waking two threads.
 */
public abstract class FromAnotherThread extends Measured {

    /** Round trips in one invocation. */
    protected static final int ROUND_TRIPS = 500;

    private static final int BURST = 10_000;

    private volatile int answers;
    private volatile @Nullable Thread asking;

    /** For subclasses. */
    protected FromAnotherThread() {}

    /**
     * Hands a callback to the loop.
     *
     * @param callback runs on the loop
     */
    protected abstract void submit(Runnable callback);

    /** Answers the thread that asks. Called on the loop. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // only the loop's thread writes while somebody asks
    protected final void answer() {
        answers++;
        LockSupport.unpark(asking);
    }

    /**
     * Asks so often, each time after the answer before.
     *
     * @param question has the loop call {@link #answer()}
     * @return how many answers came
     */
    protected final int ask(Runnable question) {
        asking = Thread.currentThread();
        answers = 0;
        for (int i = 0; i < ROUND_TRIPS; i++) {
            question.run();
            while (answers == i) {
                LockSupport.park(this);
            }
        }
        return answers;
    }

    /**
     * A callback there, an unpark back.
     *
     * @return how many answers came
     */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public int callbackRoundTrip() {
        return ask(() -> submit(this::answer));
    }

    /**
     * Ten thousand callbacks one after another, and one answer to all.
     *
     * @return how many ran
     */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public int burst() {
        asking = Thread.currentThread();
        answers = 0;
        int[] ran = {0}; // the loop's; read here after the answer
        Runnable callback = () -> {
            if (++ran[0] == BURST) {
                answer();
            }
        };
        for (int i = 0; i < BURST; i++) {
            submit(callback);
        }
        while (answers == 0) {
            LockSupport.park(this);
        }
        return ran[0];
    }
}

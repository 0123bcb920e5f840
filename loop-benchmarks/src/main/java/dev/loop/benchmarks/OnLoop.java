package dev.loop.benchmarks;

import dev.loop.EventLoop;
import dev.loop.Runner;
import java.util.concurrent.Callable;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A benchmark whose body is the main task of a loop. One loop serves all invocations, and each does thousands of operations in
 * one run, so that entering and leaving the loop does not show.
 */
public abstract class OnLoop extends Measured {

    private final Runner runner = Runner.create();

    /** For subclasses, with a loop of their own that is not running yet. */
    protected OnLoop() {}

    /**
     * Runs a body as the loop's main task.
     *
     * @param body returns how many operations it has done
     * @return the same
     */
    protected final int run(Callable<Integer> body) {
        return runner.run(body);
    }

    /**
     * The loop on which the bodies run.
     *
     * @return the loop; outside of {@link #run} it stands still
     */
    protected final EventLoop loop() {
        return runner.loop();
    }

    /** Closes the loop. */
    @TearDown
    public void close() {
        runner.close();
    }
}

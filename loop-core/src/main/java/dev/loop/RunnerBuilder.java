package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a new {@link Runner} is made of. Not thread-safe. */
public final class RunnerBuilder {

    Supplier<EventLoop> loops = EventLoop::create;

    @Nullable Boolean signals; // null for on the main thread only

    RunnerBuilder() {}

    /**
     * Sets where the loop comes from. The runner closes it.
     *
     * @param loops gives a loop of the caller's making; by default a new one on the system clock
     * @return this
     */
    @CanIgnoreReturnValue
    public RunnerBuilder loop(Supplier<EventLoop> loops) {
        this.loops = Objects.requireNonNull(loops, "loops");
        return this;
    }

    /**
     * Sets whether signals of the process end a run. If so, then while {@link Runner#run} or {@link Runner#close} is under way:
     *
     * <ul>
     *   <li>A SIGINT (Ctrl-C) cancels the main task once, as {@link Task#cancel(String)} does: it may catch that, clean up with waits
     *       of its own and end as it likes. If it ends cancelled, the run throws an {@link InterruptedRunException}.
     *   <li>A SIGTERM begins an orderly end, as {@link EventLoop#requestShutdown} does; a second signal ends its first phase.
     *   <li>The next one after these aborts: the run or the close ends with this turn, and what is left is reported and unwound outside.
     *   <li>A last one, if the loop is stuck in a step, does what it does to every JVM: the process ends.
     * </ul>
     *
     * <p>Several runners that run at the same time are all told. A signal for which the program has a handler of its own is left to
     * that; one that a task waits for is the program's from then on, so that the next one ends the JVM if nobody waits; with {@code java -Xrs} signals are the JVM's.
     *
     * @param handled by default true if the run is called on the JVM's thread {@code main}, where it is the program's own, else false:
     *     a loop inside of something larger is not to be asked when that is to end
     * @return this
     */
    @CanIgnoreReturnValue
    public RunnerBuilder signals(boolean handled) {
        signals = handled;
        return this;
    }

    /**
     * Makes the runner and its loop.
     *
     * @return the runner
     */
    public Runner build() {
        return new Runner(this);
    }
}

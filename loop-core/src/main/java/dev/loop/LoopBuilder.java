package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a new {@link EventLoop} is made of. Not thread-safe. */
public final class LoopBuilder {

    @Nullable String name;

    Clock clock = Clock.system();

    @Nullable Poller poller;

    Duration drainLimit = Duration.ofSeconds(10);

    Duration closeLimit = Duration.ofSeconds(10);

    Duration stallBound = Duration.ofSeconds(1);

    Duration slowCallbackDuration = Duration.ofMillis(100);

    boolean debug = Boolean.getBoolean("dev.loop.debug");

    @Nullable Long seed;

    final List<ContextAccessor<?>> accessors = new ArrayList<>();

    LoopBuilder() {}

    /**
     * Names the loop; its threads' names begin with it.
     *
     * @param name the name; by default {@code loop-} and a number
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * Sets the clock by which the loop's timers run.
     *
     * @param clock the clock; by default the system's
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder clock(Clock clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
        return this;
    }

    /**
     * Sets where the loop waits. The loop owns it from now on and closes it.
     *
     * @param poller the poller; by default a java.nio selector
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder poller(Poller poller) {
        this.poller = Objects.requireNonNull(poller, "poller");
        return this;
    }

    /**
     * Sets how long an orderly shutdown lets things go on before it cancels them: the hooks of {@link EventLoop#onClose} at a close,
     * and the main task as well after {@link EventLoop#requestShutdown}.
     *
     * @param limit on the loop's clock; by default ten seconds
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder drainLimit(Duration limit) {
        this.drainLimit = Objects.requireNonNull(limit, "limit");
        return this;
    }

    /**
     * Sets how long a shutdown waits for what it has cancelled, {@link EventLoop#close()} included. What has not ended then is reported
     * and goes on outside of the loop. A {@link TaskGroup} reports children that have not ended so long after their cancel, and waits on.
     *
     * @param limit on the loop's clock; by default ten seconds
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder closeLimit(Duration limit) {
        this.closeLimit = Objects.requireNonNull(limit, "limit");
        return this;
    }

    /**
     * Sets how long one step of a task, or one callback, may hold the loop before a thread that watches all loops logs a warning
     * with its stack, once for each such stall, under the name {@code dev.loop.Watchdog}. It is the time of the machine, also on
     * a loop with another clock.
     *
     * @param bound not negative; by default one second. Zero, and what is too long for nanoseconds, switches it off.
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder stallBound(Duration bound) {
        stallBound = StepSampler.checkBound(bound);
        return this;
    }

    /**
     * Has the loop begin in debug mode, or not.
     *
     * @param on true for debug mode; by default as the system property {@code dev.loop.debug} says
     * @return this
     * @see EventLoop#setDebug
     */
    @CanIgnoreReturnValue
    public LoopBuilder debug(boolean on) {
        debug = on;
        return this;
    }

    /**
     * Sets what is slow in debug mode.
     *
     * @param duration not negative; by default 100 milliseconds
     * @return this
     * @see EventLoop#setSlowCallbackDuration
     */
    @CanIgnoreReturnValue
    public LoopBuilder slowCallbackDuration(Duration duration) {
        slowCallbackDuration = StepSampler.checkBound(duration);
        return this;
    }

    /**
     * Varies what is promised to nobody, for tests that look for races: in which order a turn runs the arrivals of different threads
     * and the tasks and callbacks that different causes have woken. What is promised stays: {@link EventLoop#callSoon} and the first
     * steps of tasks, what waits for one future, timers, wait queues, and the arrivals of one thread keep their order. The same seed
     * gives the same orders, as long as no other thread takes part.
     *
     * @param seed any number; by default there is none, and all run first come, first served
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder seed(long seed) {
        this.seed = seed;
        return this;
    }

    /**
     * Has state of threads carried along with the {@link Context}: into callbacks, tasks and helper threads. Nothing is by default.
     * It costs a read of that state for whatever is scheduled, and putting it in place and back for each callback.
     *
     * @param accessor how to read and write it: {@link ContextAccessor#mdc()}, for one
     * @return this
     */
    @CanIgnoreReturnValue
    public LoopBuilder carry(ContextAccessor<?> accessor) {
        accessors.add(Objects.requireNonNull(accessor, "accessor"));
        return this;
    }

    /**
     * Makes the loop.
     *
     * @return a loop that does not run yet
     * @throws IllegalArgumentException if the system property {@code dev.loop.carrier} names no carrier
     */
    public EventLoop build() {
        return new EventLoop(this);
    }
}

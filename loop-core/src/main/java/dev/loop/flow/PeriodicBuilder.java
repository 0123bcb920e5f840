package dev.loop.flow;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.TaskGroup;
import dev.loop.VoidBody;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link Periodic}, whose methods make it. Not thread-safe. It can be started more than once; each is a periodic of
 * its own.
 */
@CheckReturnValue
public final class PeriodicBuilder {

    private final boolean rate;
    private final long period;
    private final @Nullable CronExpression cron;

    private long initialDelay;
    private @Nullable Instant firstAt;
    private int catchUp;
    private ZoneId zone = ZoneId.systemDefault();

    String name;
    long jitter;
    Supplier<RandomGenerator> random = ThreadLocalRandom::current;

    @Nullable Duration runLimit;

    int failuresAllowed = Integer.MAX_VALUE;
    boolean cancelsOnClose;

    PeriodicBuilder(boolean rate, long period, @Nullable CronExpression cron, String name) {
        this.rate = rate;
        this.period = period;
        this.cron = cron;
        this.name = name;
    }

    /** What a periodic keeps, whatever is set here later. */
    PeriodicBuilder copy() {
        var copy = new PeriodicBuilder(rate, period, cron, name);
        copy.jitter = jitter;
        copy.random = random;
        copy.runLimit = runLimit;
        copy.failuresAllowed = failuresAllowed;
        copy.cancelsOnClose = cancelsOnClose;
        return copy;
    }

    /**
     * Names it, for its task and for what is reported.
     *
     * @param newName the name; by default it tells the period
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder name(String newName) {
        name = Objects.requireNonNull(newName, "newName");
        return this;
    }

    /**
     * Lets some time pass before the first run.
     *
     * @param delay zero or longer; by default zero: the first run is now
     * @return this
     * @throws IllegalStateException for a cron expression, which says itself when the first run is
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder initialDelay(Duration delay) {
        refuseCron("an initial delay");
        initialDelay = Nanos.notNegative(delay, "the initial delay");
        firstAt = null;
        return this;
    }

    /**
     * Has the first run at an instant of the wall clock, and those at a fixed rate as many periods after it. If the instant has passed,
     * the first run at a fixed rate is at the next instant that lies whole periods after it; with a fixed delay it is now.
     *
     * @param instant when
     * @return this
     * @throws IllegalStateException for a cron expression, which says itself when the first run is
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder firstAt(Instant instant) {
        refuseCron("an instant for the first run");
        firstAt = Objects.requireNonNull(instant, "instant");
        initialDelay = 0;
        return this;
    }

    private void refuseCron(String what) {
        if (cron != null) {
            throw new IllegalStateException(
                    "the cron expression '" + cron + "' says when the first run is: leave " + what + " out");
        }
    }

    /**
     * Makes up for ticks that were missed because a run took too long, or the loop was held up: one run for each, one right after
     * another, and of more than this number only the latest. By default it is none: what was missed is left out, and counted. With a
     * fixed delay nothing is ever missed.
     *
     * @param most how many are made up for at a time, zero or more; {@link Integer#MAX_VALUE} is as a
     *     {@link java.util.concurrent.ScheduledExecutorService} does it
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder catchUp(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("the missed runs to make up for are zero or more, not " + most);
        }
        catchUp = most;
        return this;
    }

    /**
     * Delays each run by chance, so that many that have the same period do not run together. The delays do not add up.
     *
     * @param most anything from zero to this is added to each tick; not longer than the period of a fixed rate
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder jitter(Duration most) {
        long nanos = Nanos.notNegative(most, "the jitter");
        if (rate && nanos > period) {
            throw new IllegalArgumentException(
                    "the jitter is not longer than the period: " + most + " is more than " + Duration.ofNanos(period));
        }
        jitter = nanos;
        return this;
    }

    /**
     * Where the chance comes from; with one of a known seed the instants can be told.
     *
     * @param generator by default that of the thread
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder random(RandomGenerator generator) {
        Objects.requireNonNull(generator, "generator");
        random = () -> generator;
        return this;
    }

    /**
     * Cancels a run that takes longer. That is a failure of the run, a {@link dev.loop.TimeoutException}.
     *
     * @param limit longer than zero; by default a run takes as long as it takes, and ticks are missed meanwhile
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder runTimeout(Duration limit) {
        Nanos.positive(limit, "the time for a run");
        runLimit = limit;
        return this;
    }

    /**
     * Stops after so many failures in a row. By default it goes on whatever happens.
     *
     * @param failures at least 1
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder stopAfterFailures(int failures) {
        if (failures < 1) {
            throw new IllegalArgumentException("it stops after at least 1 failure, not " + failures);
        }
        failuresAllowed = failures;
        return this;
    }

    /**
     * The time zone of a cron expression.
     *
     * @param timeZone by default that of the machine
     * @return this
     * @throws IllegalStateException if there is no cron expression
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder zone(ZoneId timeZone) {
        if (cron == null) {
            throw new IllegalStateException(
                    "only a cron expression has a time zone; a period is the same in all of them");
        }
        zone = Objects.requireNonNull(timeZone, "timeZone");
        return this;
    }

    /**
     * Has {@link Periodic#close()}, and the close of its loop, cancel the run that is under way; by default they let it end.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public PeriodicBuilder cancelOnClose() {
        cancelsOnClose = true;
        return this;
    }

    /**
     * Starts it on the current loop; as {@link #start(EventLoop, VoidBody)}.
     *
     * @param body what is done each time
     * @return what runs it
     * @throws IllegalStateException if the calling thread runs no loop
     */
    @CanIgnoreReturnValue
    public Periodic start(VoidBody<? extends Exception> body) {
        return start(EventLoop.current(), body);
    }

    /**
     * Starts it as the loop's: it ends with the loop, whose close waits for a run that is under way, within its drain limit.
     *
     * @param loop where it runs
     * @param body what is done each time
     * @return what runs it
     * @throws IllegalArgumentException if a cron expression has no instant to come
     */
    @CanIgnoreReturnValue
    public Periodic start(EventLoop loop, VoidBody<? extends Exception> body) {
        loop.checkThread();
        var periodic = new Periodic(this, loop, ticks(loop), body);
        periodic.ownedByLoop();
        return periodic;
    }

    /**
     * Starts it as a child of a task group, in the loop that calls: it ends when the group is cancelled, and a {@code join} of the group
     * waits until it is stopped.
     *
     * @param group which it belongs to
     * @param body what is done each time
     * @return what runs it
     * @throws IllegalArgumentException if a cron expression has no instant to come
     * @throws IllegalStateException if the group was left or is being cancelled
     */
    @CanIgnoreReturnValue
    public Periodic start(TaskGroup group, VoidBody<? extends Exception> body) {
        EventLoop loop = EventLoop.current();
        var periodic = new Periodic(this, loop, ticks(loop), body);
        periodic.ownedBy(group);
        return periodic;
    }

    private Ticks ticks(EventLoop loop) {
        if (cron != null) {
            var ticks = new CronTicks(cron.in(zone), catchUp, loop);
            if (!ticks.any()) {
                throw new IllegalArgumentException("the cron expression '" + cron
                        + "' has no instant to come: look at its" + " day, month and year");
            }
            return ticks;
        }
        Instant at = firstAt;
        return at == null
                ? new SteadyTicks(rate, period, catchUp, loop, initialDelay)
                : new SteadyTicks(rate, period, catchUp, loop, at);
    }
}

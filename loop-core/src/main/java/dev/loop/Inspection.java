package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one asks a loop about itself, and who is told what it does: debug mode, instruments, statistics. It is a part of
 * {@link EventLoop}, whose documentation shows these methods as its own.
 */
@CheckReturnValue
abstract sealed class Inspection extends Kernel permits Scheduling {

    Inspection(LoopBuilder builder) {
        super(builder);
    }

    /**
     * Whether the loop is in debug mode. Thread-safe.
     *
     * @return true in debug mode
     * @see #setDebug
     */
    public boolean isDebug() {
        return probes.isDebug();
    }

    /**
     * Switches debug mode. In it the loop logs each step and callback that takes longer than {@link #slowCallbackDuration()}, with the
     * stack that was seen meanwhile; futures, tasks and handles keep where they were made, and what is told of their failures
     * says so; and the cause of a {@link CancelledException} shows where the cancel was asked for. All of that is slow. It is on
     * from the start with {@link LoopBuilder#debug} or the system property {@code dev.loop.debug=true}.
     *
     * @param on whether it is to be on; what was made while it was off has no history
     */
    public void setDebug(boolean on) {
        refuseOtherThreads();
        probes.debug(on);
    }

    /**
     * What is slow in debug mode.
     *
     * @return how long a step or a callback may take without being logged
     */
    public Duration slowCallbackDuration() {
        refuseOtherThreads();
        return probes.slow();
    }

    /**
     * Sets what is slow in debug mode.
     *
     * @param duration how long a step or a callback may take, in the time of the machine, without being logged; by default 100
     *     milliseconds
     * @throws IllegalArgumentException if it is negative
     */
    public void setSlowCallbackDuration(Duration duration) {
        refuseOtherThreads();
        probes.slow(StepSampler.checkBound(duration));
    }

    /**
     * Has an instrument told what the loop does from now on.
     *
     * @param instrument its hooks
     * @throws IllegalArgumentException if the loop has it already
     */
    public void addInstrument(Instrument instrument) {
        checkUsable();
        probes.add(Objects.requireNonNull(instrument, "instrument"));
    }

    /**
     * Has an instrument told nothing any more.
     *
     * @param instrument the same object that was added
     * @return false if the loop did not have it, or had removed it because one of its hooks threw
     */
    @CanIgnoreReturnValue
    public boolean removeInstrument(Instrument instrument) {
        refuseOtherThreads();
        return probes.remove(instrument);
    }

    /**
     * What the loop has done so far, and what it has to do now.
     *
     * @return a copy
     */
    public LoopStatistics statistics() {
        refuseOtherThreads();
        return new LoopStatistics(
                meter.turns,
                meter.polls,
                steps,
                ready.size() + callbacks().held(),
                timers.size(),
                tasks.size(),
                jdkWaits,
                ((EventLoop) this).externalWork(),
                meter.arrivals,
                meter.largestArrival,
                Duration.ofNanos(meter.userTime),
                Duration.ofNanos(meter.longestBatch),
                Duration.ofNanos(probes.longestStep),
                sampler.stalls(),
                Duration.ofNanos(sampler.longestStall()));
    }

    /**
     * When the turn that runs now began, or the last one: a time that is there already, for stamps on what happens often.
     *
     * @return nanoseconds, on the scale of {@link EventLoop#time()}
     */
    public long turnTime() {
        return meter.turnTime;
    }

    /**
     * The task that calls.
     *
     * @return the task; null in a callback, and while no task of this loop runs
     */
    public @Nullable Task<?> currentTask() {
        refuseOtherThreads();
        TaskStep step = current;
        return step == null ? null : step.task;
    }

    /**
     * What is done with failures while no exception handler is set: they are logged. An exception handler calls this for those that
     * it does not want.
     *
     * @return the handler, which may be called by callbacks of this loop
     */
    public ExceptionHandler defaultExceptionHandler() {
        return (_, context) -> reports.log(context);
    }
}

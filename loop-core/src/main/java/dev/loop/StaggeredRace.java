package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Attempts at the same thing, begun one after another, until one has a value. All of their tasks exist from the beginning, and wait
 * at a gate each: so what they inherit comes from whoever has asked for the race, and no user code runs where a timer fires.
 *
 * <pre>
 *   attempt 0 -------------------------- cancelled
 *      delay -> attempt 1 ---- value     ^
 *                  delay -> attempt 2 -- cancelled
 * </pre>
 */
final class StaggeredRace<T extends @Nullable Object> extends Future<T> {

    private final List<Task<T>> tasks = new ArrayList<>();
    private final List<Promise<@Nullable Void>> gates = new ArrayList<>();
    private final Duration delay;
    private @Nullable TimerNode timer; // opens the next gate
    private int opened;
    private int missing;
    private @Nullable Task<T> winner;
    private Outcome.@Nullable Cancelled cancelled;

    StaggeredRace(EventLoop loop, List<? extends Callable<? extends T>> attempts, Duration delay) {
        super(loop);
        this.delay = Objects.requireNonNull(delay, "delay");
        if (attempts.isEmpty()) {
            throw new IllegalArgumentException("a race of no attempts has no winner: give it at least one");
        }
        for (Callable<? extends T> attempt : attempts) {
            Objects.requireNonNull(attempt, "attempt");
        }
        missing = attempts.size();
        try {
            for (Callable<? extends T> attempt : attempts) {
                add(attempt);
            }
        } catch (Throwable e) {
            cancelAll("the race could not begin");
            throw e;
        }
        open();
    }

    private void add(Callable<? extends T> attempt) {
        int index = tasks.size();
        Promise<@Nullable Void> gate = loop.promise();
        Task<T> task = loop.spawn("attempt-" + index, () -> {
            gate.await();
            if (winner != null || cancelled != null) {
                throw new CancelledException("the race was over in the same turn");
            }
            return attempt.call();
        });
        gates.add(gate);
        tasks.add(task);
        if (task.outcome != null) {
            ended(index);
        } else {
            Listener end = _ -> ended(index);
            task.addListener(end);
        }
    }

    /** Lets the next attempt begin, and those behind it that somebody has ended before it could. */
    private void open() {
        do {
            gates.get(opened++).tryComplete(null);
        } while (opened < gates.size() && tasks.get(opened - 1).outcome != null);
        if (opened < gates.size()) {
            timer = new TimerNode(loop.now() + Durations.nanos(delay)) {
                @Override
                public void fire() {
                    open();
                }
            };
            loop.timers.add(timer);
        }
    }

    private void stopTimer() {
        if (timer != null) {
            loop.timers.remove(timer);
        }
    }

    private void ended(int index) {
        missing--;
        Task<T> task = tasks.get(index);
        boolean failed = task.failure() != null || task.outcome instanceof Outcome.Cancelled;
        if (!failed && winner == null) {
            winner = task;
            stopTimer();
            cancelAll("another attempt has won the race");
        }
        if (missing == 0) {
            stopTimer();
            end();
        } else if (failed && winner == null && cancelled == null && index == opened - 1 && opened < gates.size()) {
            stopTimer();
            open();
        }
    }

    /** All have ended: a value is never lost, also if a cancel has come in between. */
    private void end() {
        if (winner != null) {
            finish(Objects.requireNonNull(winner.outcome));
        } else if (cancelled != null) {
            finish(cancelled);
        } else {
            finish(new Outcome.Failed(new RaceException(
                    tasks.stream().map(StaggeredRace::failureOf).toList())));
        }
    }

    private static Throwable failureOf(Task<?> task) {
        return task.outcome instanceof Outcome.Cancelled c
                ? c.toException()
                : Objects.requireNonNull(task.failure(), "an attempt that has neither a value nor a failure");
    }

    private void cancelAll(@Nullable String reason) {
        loop.cancels.together(() -> tasks.forEach(task -> task.step.cancelRoot(reason)));
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return tasks;
    }

    /** Ends all attempts for good; a race that has a winner already refuses, and the value follows when the others have ended. */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (outcome != null || winner != null) {
            return false;
        }
        if (cancelled == null) {
            cancelled = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
            stopTimer();
            cancelAll(reason);
        }
        return true;
    }
}

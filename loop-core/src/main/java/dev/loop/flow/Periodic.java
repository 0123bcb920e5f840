package dev.loop.flow;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.CancelScope;
import dev.loop.CancelledException;
import dev.loop.Context;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TaskGroup;
import dev.loop.VoidBody;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done again and again: at a fixed rate, with a fixed delay, or at the times of a cron expression. It is the loop's
 * {@link java.util.concurrent.ScheduledExecutorService}, with its terms.
 *
 * {@snippet class="dev.loop.flow.FlowSnippetsTest" region="periodic"}
 *
 * <p>Runs never overlap: they are made one after another by one task. A tick that comes while a run is under way is missed, and left
 * out unless {@link PeriodicBuilder#catchUp} says otherwise; one that comes when the run ends is not missed. A run that fails is
 * reported once, to the loop's {@linkplain EventLoop#exceptionHandler exception handler}, and the next one comes all the same; so it
 * does after a run that ends with a cancel of something that it has waited for.
 *
 * <p>A fixed rate counts from its first tick on the loop's monotonic clock, and does not drift: the n-th tick comes n periods later. A
 * cron expression goes by the wall clock, which may be moved: the next instant is worked out when a run has ended, and looked at
 * again every minute at least. If the clock is set forward, a tick that is passed comes at once, and others that are passed count as missed.
 * If it is set back by less than three hours, nothing that has run comes again; if further, the new time counts (that is the
 * rule of Vixie cron). Where the zone leaves out an hour, what lies in it does not come on that day, and what comes every hour goes on
 * with the next one there is; where it repeats an hour, a fixed time of day comes once, at the first pass, and what comes several times
 * in a day comes in both.
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public final class Periodic implements AutoCloseable {

    private final EventLoop loop;
    private final String name;
    private final PeriodicBuilder settings;
    private final Ticks ticks;
    private final VoidBody<? extends Exception> body;

    private @Nullable Task<@Nullable Void> task; // from the start on
    private Runnable forget = () -> {};
    private boolean stopped;
    private @Nullable CancelScope wait; // while it waits
    private @Nullable CancelScope run; // while a run is under way
    private long offset; // of the next run from its tick, by jitter

    private long runs;
    private long failures;
    private int failuresInARow;
    private @Nullable Instant lastStart;
    private @Nullable Duration lastDuration;

    Periodic(PeriodicBuilder settings, EventLoop loop, Ticks ticks, VoidBody<? extends Exception> body) {
        this.settings = settings.copy();
        this.loop = loop;
        this.ticks = ticks;
        this.body = Objects.requireNonNull(body, "body");
        name = settings.name;
    }

    void ownedByLoop() {
        task = loop.spawn(name, this::drive);
        forget = loop.onClose(this::close);
    }

    void ownedBy(TaskGroup group) {
        task = group.spawn(name, this::drive);
    }

    // --- making one

    /**
     * Runs at instants that are a period apart, however long the runs take.
     *
     * @param period longer than zero
     * @return the settings, to be ended by a {@code start}
     */
    public static PeriodicBuilder atFixedRate(Duration period) {
        return new PeriodicBuilder(true, Nanos.positive(period, "the period"), null, "every " + period);
    }

    /**
     * Runs with a delay between the end of one run and the beginning of the next.
     *
     * @param delay longer than zero
     * @return the settings, to be ended by a {@code start}
     */
    public static PeriodicBuilder withFixedDelay(Duration delay) {
        return new PeriodicBuilder(false, Nanos.positive(delay, "the delay"), null, delay + " after each other");
    }

    /**
     * Runs at the times of a cron expression as Unix has it: minute, hour, day of month, month, day of week. If both days are given,
     * either is enough. It takes the library {@code com.cronutils:cron-utils}, which is optional.
     *
     * @param expression such as <code>*&#47;5 * * * *</code>, every five minutes
     * @return the settings, to be ended by a {@code start}
     * @throws IllegalArgumentException if the expression is wrong; says where
     * @throws IllegalStateException if the library is not on the class path
     */
    public static PeriodicBuilder cron(String expression) {
        var cron = CronExpression.of(expression, CronExpression.Dialect.UNIX);
        return new PeriodicBuilder(false, 0, cron, "cron " + cron);
    }

    /**
     * Runs at the times of a cron expression as Quartz has it: second, minute, hour, day of month, month, day of week and, if wanted,
     * year. One of the two days is {@code ?}. It takes the library {@code com.cronutils:cron-utils}, which is optional.
     *
     * @param expression such as <code>*&#47;10 * * * * ?</code>, every ten seconds
     * @return the settings, to be ended by a {@code start}
     * @throws IllegalArgumentException if the expression is wrong; says where
     * @throws IllegalStateException if the library is not on the class path
     */
    public static PeriodicBuilder quartzCron(String expression) {
        var cron = CronExpression.of(expression, CronExpression.Dialect.QUARTZ);
        return new PeriodicBuilder(false, 0, cron, "cron " + cron);
    }

    // --- its task

    private void drive() throws Exception {
        try {
            boolean first = true;
            while (!stopped && ticks.advance(loop)) {
                offset = settings.jitter == 0 ? 0 : settings.random.get().nextLong(settings.jitter + 1);
                if (left() <= 0 && !first) {
                    Async.yieldNow(); // one that is always late does not keep the others waiting
                }
                first = false;
                awaitTick();
                if (!stopped) {
                    runOnce();
                }
            }
        } finally {
            stopped = true;
            if (!loop.isClosed()) {
                forget.run();
            }
        }
    }

    private long left() {
        return ticks.left(loop) + offset;
    }

    private void awaitTick() {
        for (long left = left(); left > 0 && !stopped; left = left()) {
            var nap = Duration.ofNanos(Math.min(left, ticks.longestWait()));
            var scope = CancelScope.create();
            wait = scope;
            try {
                scope.run(() -> loop.sleep(nap).await());
            } finally {
                wait = null;
            }
        }
    }

    private void runOnce() throws Exception {
        long begin = loop.time();
        lastStart = loop.clock().now();
        runs++;
        var scope = CancelScope.create();
        run = scope;
        try {
            if (scope.run(this::callBody)) {
                failuresInARow = 0;
            }
        } catch (CancelledException | InterruptedException e) {
            endIfCancelled(e);
            if (e instanceof InterruptedException) {
                failed(e);
            }
        } catch (VirtualMachineError | LinkageError e) {
            throw e; // fatal: the loop stops
        } catch (Throwable e) {
            failed(e);
        } finally {
            run = null;
            lastDuration = Duration.ofNanos(loop.time() - begin);
        }
    }

    /** What a run sets in its context ends with it. */
    private void callBody() throws Exception {
        VoidBody<Exception> whole = body::run;
        Duration limit = settings.runLimit;
        if (limit != null) {
            Context.current()
                    .run(() ->
                            CancelScope.within(limit).about("a run of " + name).runOrFail(whole));
        } else {
            Context.current().run(whole);
        }
    }

    /** A cancel that comes from further out is not the run's affair. */
    private <X extends Exception> void endIfCancelled(X e) throws X {
        if (Async.currentTask().cancelling() > 0) {
            throw e;
        }
        Async.checkpoint();
    }

    private void failed(Throwable failure) {
        failures++;
        failuresInARow++;
        String row = failuresInARow == 1 ? "" : ", " + failuresInARow + " in a row";
        if (failuresInARow >= settings.failuresAllowed) {
            stopped = true;
            row += ", and it stops";
        }
        loop.callExceptionHandler(
                new ExceptionContext("run " + runs + " of '" + name + "' failed" + row, failure, task, null));
    }

    // --- its end

    /** Stops it: no run begins any more. One that is under way goes on to its end. */
    public void stop() {
        loop.checkThread();
        stopped = true;
        CancelScope w = wait;
        if (w != null) {
            w.cancel();
        }
    }

    /** Stops it and cancels the run that is under way, without a reason. */
    public void cancel() {
        cancel(null);
    }

    /**
     * Stops it and cancels the run that is under way: every wait of that throws from now on.
     *
     * @param reason why, for people; null for none
     */
    public void cancel(@Nullable String reason) {
        stop();
        CancelScope r = run;
        if (r != null) {
            r.cancel(reason);
        }
    }

    /**
     * The end of it: it was stopped or cancelled, or a cron expression has no instant any more, and no run is under way. A cancel of the
     * join leaves it alone.
     *
     * @return completes when it has ended, in whatever way
     * @throws IllegalStateException in a run, which would wait for its own end
     */
    public Future<@Nullable Void> join() {
        return task().join();
    }

    /**
     * Stops it, and waits until the run that is under way has ended; with {@link PeriodicBuilder#cancelOnClose} that is cancelled. If the
     * task that waits here is cancelled, so is the run.
     *
     * @throws IllegalStateException in a run, which would wait for its own end, and outside of a task
     */
    @Override
    public void close() {
        loop.checkThread();
        if (task().isDone()) {
            return;
        }
        if (Async.currentTask() == task) {
            throw new IllegalStateException("a run of '" + name + "' cannot wait for its own end: call stop() there");
        }
        stop();
        if (settings.cancelsOnClose) {
            cancel("closed");
        }
        try {
            join().await();
        } catch (CancelledException e) {
            cancel("closed");
            Async.shielded(() -> join().await());
            throw e;
        }
    }

    /**
     * Whether it was stopped or has come to its end by itself; a run may still be under way.
     *
     * @return true if no run begins any more
     */
    public boolean isStopped() {
        return stopped || task().isDone();
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures, as of now
     */
    public Statistics statistics() {
        loop.checkThread();
        var next = isStopped() || run != null ? null : loop.clock().now().plusNanos(Math.max(0, left()));
        return new Statistics(
                runs, failures, failuresInARow, ticks.skipped(), run != null, lastStart, lastDuration, next);
    }

    private Task<@Nullable Void> task() {
        return Objects.requireNonNull(task);
    }

    @Override
    public String toString() {
        return "Periodic[" + name + ", " + (stopped ? "stopped" : run != null ? "running" : "waiting") + ", " + runs
                + " runs on " + loop.name() + "]";
    }

    /**
     * How a periodic stands. Instants are of the wall clock.
     *
     * @param runs how many runs have begun
     * @param failures how many of them have failed
     * @param failuresInARow how many of the latest have
     * @param skipped how many ticks were left out because they were missed; a cron expression counts a thousand for one gap at most
     * @param running whether a run is under way
     * @param lastStart when the last run began; null before the first
     * @param lastDuration how long the last run that is over took; null before that
     * @param next when the next run is due; null while one is under way and when it is stopped
     */
    public record Statistics(
            long runs,
            long failures,
            int failuresInARow,
            long skipped,
            boolean running,
            @Nullable Instant lastStart,
            @Nullable Duration lastDuration,
            @Nullable Instant next) {}
}

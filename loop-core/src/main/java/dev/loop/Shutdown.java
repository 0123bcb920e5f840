package dev.loop;

import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The end of a loop. It begins when somebody asks for it, while the loop runs on, or with the close, which takes it to its end.
 *
 * <pre>
 *   RUNNING -> DRAINING     those who asked are told; the hooks run, the last one first, one after another; tasks go on
 *           -> CANCELLING   the hooks have ended, or the drain limit has come: tasks are cancelled, also those that come
 *           -> OVER         all has ended, or the close limit has come: what overran is reported and goes on outside
 * </pre>
 *
 * <p>It belongs to the loop's thread, except where a method says otherwise. None of it is user code but the hooks, which are tasks.
 */
final class Shutdown implements Listener {

    private enum Phase {
        RUNNING,
        DRAINING,
        CANCELLING,
        OVER
    }

    private static final String CLOSING = "the event loop is closing";

    private final EventLoop loop;
    private final Once<String> requested;
    private final SequencedSet<Callable<@Nullable Void>> hooks = new LinkedHashSet<>();
    private final List<TaskStep> runningHooks = new ArrayList<>();
    private String reason = CLOSING;
    private @Nullable TimerNode limit;
    private boolean aborted;
    private long cancelled; // the number of the last task that was
    private @Nullable TaskStep watched;

    // any thread, from here
    private volatile boolean asked; // somebody wants to be told
    private volatile Phase phase = Phase.RUNNING; // written by the loop's thread only

    Shutdown(EventLoop loop) {
        this.loop = loop;
        requested = new Once<>(loop);
    }

    Runnable addHook(Callable<@Nullable Void> hook) {
        if (phase == Phase.CANCELLING) {
            start(hook);
        } else {
            hooks.add(hook);
        }
        return () -> {
            loop.checkThread();
            hooks.remove(hook);
        };
    }

    /** A wait for the beginning. Any thread. */
    Future<String> requested() {
        asked = true;
        return requested.await();
    }

    /** Whether it has begun. Any thread. */
    boolean isRequested() {
        asked = true;
        return phase != Phase.RUNNING;
    }

    /** Whether tasks are being cancelled, or were. */
    boolean isCancelling() {
        return phase.compareTo(Phase.CANCELLING) >= 0;
    }

    /** Whether nothing is waited for any more. */
    boolean isOver() {
        return phase == Phase.OVER;
    }

    String reason() {
        return reason;
    }

    // --- while the loop runs

    /** The first phase begins. If nobody could make use of it, there is nothing to wait for. */
    void request(String why) {
        if (phase != Phase.RUNNING) {
            return;
        }
        reason = why;
        boolean somebodyActs = asked || !hooks.isEmpty();
        beginDraining();
        if (somebodyActs) {
            stopWhenNothingIsLeft();
        } else {
            beginCancelling();
        }
    }

    /** Waits no longer for what goes on; a request that is not there yet begins at its second phase. */
    void hurry(String why) {
        request(why);
        beginCancelling();
    }

    /** Ends the loop's turns at once. */
    void abort(String why) {
        if (phase == Phase.RUNNING) {
            reason = why;
        }
        aborted = true;
        over();
    }

    private void beginDraining() {
        phase = Phase.DRAINING;
        requested.happen(reason);
        setLimit(loop.drainLimit, this::beginCancelling);
        startNextHook();
    }

    private void startNextHook() {
        if (!hooks.isEmpty()) {
            start(hooks.removeLast());
        }
    }

    private void start(Callable<@Nullable Void> hook) {
        TaskStep step = loop.spawnAsKernel("close", hook).step;
        runningHooks.add(step);
        step.task.addListener(this);
    }

    /** A hook has ended, or what a loop without a main task is kept running for. */
    @Override
    public void completed(Future<?> future) {
        if (runningHooks.removeIf(step -> step.task == future) && phase == Phase.DRAINING) {
            startNextHook();
        }
        TaskStep w = watched;
        if (w != null && w.task == future) {
            watched = null;
            stopWhenNothingIsLeft();
        }
    }

    @Override
    public boolean waits() {
        return false;
    }

    private void beginCancelling() {
        if (phase != Phase.DRAINING) {
            return;
        }
        phase = Phase.CANCELLING;
        for (TaskStep step : new ArrayList<>(runningHooks)) {
            if (step.isStarted()) {
                String what = "a hook of the close did not end within " + loop.drainLimit + " and is cancelled";
                loop.reports.later(overran(what, step.stack()));
                runningHooks.remove(step);
            }
        }
        while (!hooks.isEmpty()) {
            start(hooks.removeLast()); // all at once: each has its chance
        }
        cancelled = 0; // a hook that was left out before is no longer
        cancelAll();
        setLimit(loop.closeLimit, this::over);
        stopWhenNothingIsLeft();
    }

    private void over() {
        phase = Phase.OVER;
        clearLimit();
        loop.turns.stop();
    }

    /** A loop that somebody runs without a main task ends when its last task has. */
    private void stopWhenNothingIsLeft() {
        if (loop.turns.main != null || watched != null) {
            return;
        }
        TaskStep first = loop.tasks.first();
        if (first == null) {
            loop.turns.stop();
        } else {
            watched = first;
            first.task.addListener(this);
        }
    }

    private void setLimit(Duration time, Runnable then) {
        clearLimit();
        var timer = new TimerNode(loop.now() + Durations.nanos(time)) {
            @Override
            public void fire() {
                then.run();
            }
        };
        limit = timer;
        loop.timers.add(timer);
    }

    private void clearLimit() {
        TimerNode timer = limit;
        if (timer != null) {
            limit = null;
            loop.timers.remove(timer);
        }
    }

    /** Cancels every task that was added since this was called last. */
    private void cancelAll() {
        List<TaskStep> steps = loop.tasks.since(cancelled);
        loop.cancels.together(() -> {
            for (TaskStep step : steps) {
                if (!runningHooks.contains(step)) {
                    step.cancelRoot(reason);
                }
            }
        });
        cancelled = steps.isEmpty() ? cancelled : steps.getLast().number;
    }

    // --- the close

    void close() {
        boolean work = loop.tasks.size() > 0
                || !hooks.isEmpty()
                || !loop.generators.isEmpty()
                || loop.callbacks().isBlocked()
                || !loop.ready.isEmpty();
        if (work && phase != Phase.OVER) {
            runToTheEnd();
        }
        phase = Phase.OVER;
        clearLimit();
        List<TaskStep> stuck = loop.tasks.snapshot();
        List<ExceptionContext> reports = whatIsLeft(stuck);
        if (!loop.callbacks().isBlocked()) {
            reports.forEach(loop.reports::later);
            reports.clear();
        }
        loop.reports.reportUnretrieved();
        if (!loop.ready.isEmpty()) {
            // what was just reported, and what the end of the tasks has scheduled
            var turns = new int[1];
            loop.runWhile(() -> !loop.ready.isEmpty() && turns[0]++ < 2);
        }
        Coroutine blocked = loop.callbacks().end();
        loop.closeForGood();
        if (blocked != null) {
            reports.add(overran(left("a callback"), blocked.thread().getStackTrace()));
        }
        reports.forEach(loop.reports::later); // nothing could be told while a callback was in the way
        // only now: from here on they run on another thread, and nothing of the loop is theirs
        if (blocked != null) {
            loop.carrier.strand(blocked);
        }
        stuck.forEach(TaskStep::strand);
        for (ForeignWait.Abandoned wait : new ArrayList<>(loop.foreignWaits)) {
            wait.fail(loop.closedException());
        }
        loop.foreignWaits.clear();
        LoopLocal.close(loop);
    }

    /**
     * Runs the hooks to their end, then cancels every other task, also those that the dying ones start, and runs until all have
     * ended or the time is up.
     */
    private void runToTheEnd() {
        if (phase == Phase.RUNNING) {
            beginDraining();
        }
        var rounds = new int[1];
        var still = new Standstill(loop);
        loop.runWhile(() -> {
            if (runningHooks.isEmpty() && phase == Phase.DRAINING && !hooks.isEmpty()) {
                startNextHook(); // it came after the others had ended
            } else if (runningHooks.isEmpty()) {
                beginCancelling(); // there is no main task any more that could use the time
            }
            // a callback that is blocked may wait for one of those tasks, and a hook for that callback
            if (phase != Phase.DRAINING || loop.callbacks().isBlocked()) {
                cancelAll();
            }
            if (loop.ready.isEmpty()) {
                loop.callbacks().interrupt(); // nothing else can go on that would free it
            }
            boolean working = loop.tasks.size() > 0 || loop.callbacks().isBlocked() || closeGenerators();
            return phase != Phase.OVER && !still.noticed() && (working || rounds[0] == 0) && rounds[0]++ >= 0;
        });
    }

    /** No task is left: the generators that are, end now, each in a task that nobody cancels. Returns whether there were any. */
    private boolean closeGenerators() {
        List<VoidBody<? extends Exception>> left = loop.generators.takeAll();
        for (VoidBody<? extends Exception> close : left) {
            start(Scheduling.callable(() -> loop.generators.close(close)));
        }
        return !left.isEmpty();
    }

    /**
     * Notices that turns go by, and neither time moves nor are there fewer tasks: on a virtual clock a task that is always ready,
     * catching every cancel, would keep the limit from ever coming.
     */
    private static final class Standstill {
        private static final int TURNS = 10_000;

        private final EventLoop loop;
        private long seen;
        private int fewest;
        private int turns;

        Standstill(EventLoop loop) {
            this.loop = loop;
            seen = loop.now();
            fewest = loop.tasks.size();
        }

        boolean noticed() {
            long now = loop.now();
            int tasks = loop.tasks.size();
            turns = now == seen && tasks >= fewest ? turns + 1 : 0;
            seen = now;
            fewest = Math.min(fewest, tasks);
            return turns >= TURNS;
        }
    }

    // --- what overran

    private List<ExceptionContext> whatIsLeft(List<TaskStep> stuck) {
        var reports = new ArrayList<ExceptionContext>();
        for (TaskStep step : stuck) {
            if (step.isStarted()) {
                reports.add(overran(left(step.task.toString()), step.stack()));
            }
        }
        if (!hooks.isEmpty()) {
            reports.add(new ExceptionContext(
                    hooks.size() + " hooks of the close did not run: " + reason, null, null, null));
        }
        return reports;
    }

    private String left(String what) {
        String when = aborted ? "before its loop was aborted" : "within " + loop.closeLimit + " of the loop's close";
        return what + " did not end " + when + " and goes on outside of it";
    }

    private static ExceptionContext overran(String message, StackTraceElement[] stack) {
        var where = new IllegalStateException("it was here");
        where.setStackTrace(stack);
        return new ExceptionContext(message, where, null, null);
    }
}

package dev.loop;

import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.timer.TimerNode;
import java.util.ArrayList;
import java.util.List;

/** The end of a loop: cancel, drain, report, divert what is left, close. */
final class Shutdown {

    private Shutdown() {}

    static void close(EventLoop loop) {
        List<TaskStep> closers = loop.spawnClosers();
        if (loop.tasks.size() > 0 || loop.callbacks().isBlocked() || !loop.ready.isEmpty()) {
            drain(loop, closers);
        }
        List<TaskStep> stuck = loop.tasks.snapshot();
        for (TaskStep step : stuck) {
            if (step.isStarted()) {
                loop.reports.later(stuck(loop, step.task.toString(), step.stack()));
            }
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
            loop.reports.later(stuck(loop, "a callback", blocked.thread().getStackTrace()));
        }
        // only now: from here on they run on another thread, and nothing of the loop is theirs
        if (blocked != null) {
            loop.carrier.strand(blocked);
        }
        stuck.forEach(TaskStep::strand);
        for (ForeignWait.Abandoned wait : new ArrayList<>(loop.foreignWaits)) {
            wait.fail(loop.closedException());
        }
        loop.foreignWaits.clear();
    }

    /**
     * Runs the closers to their end, then cancels every other task, also those that the dying ones start, and runs until all have
     * ended or the time is up.
     */
    private static void drain(EventLoop loop, List<TaskStep> closers) {
        var late = new boolean[1];
        var limit = new TimerNode(loop.now() + Durations.nanos(loop.closeLimit)) {
            @Override
            public void fire() {
                late[0] = true;
            }
        };
        loop.timers.add(limit);
        var rounds = new int[1];
        var cancelled = new long[1];
        var still = new Standstill(loop);
        loop.runWhile(() -> {
            boolean closing = closers.stream().anyMatch(step -> step.task.outcome == null);
            // a callback that is blocked may wait for one of those tasks, and a closer for that callback
            if (!closing || loop.callbacks().isBlocked()) {
                cancelled[0] = cancelAll(loop, closers, cancelled[0]);
            }
            if (loop.ready.isEmpty()) {
                loop.callbacks().interrupt(); // nothing else can go on that would free it
            }
            boolean working = loop.tasks.size() > 0 || loop.callbacks().isBlocked();
            return !late[0] && !still.noticed() && (working || rounds[0] == 0) && rounds[0]++ >= 0;
        });
        loop.timers.remove(limit);
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

    /** Cancels every task that was added after the one with this number. Returns the number of the last one. */
    private static long cancelAll(EventLoop loop, List<TaskStep> butThese, long after) {
        List<TaskStep> steps = loop.tasks.since(after);
        loop.cancels.together(() -> {
            for (TaskStep step : steps) {
                if (!butThese.contains(step)) {
                    step.cancelRoot("the event loop is closing");
                }
            }
        });
        return steps.isEmpty() ? after : steps.getLast().number;
    }

    private static ExceptionContext stuck(EventLoop loop, String what, StackTraceElement[] stack) {
        var where = new IllegalStateException(what + " did not end when its event loop closed; it was here");
        where.setStackTrace(stack);
        return new ExceptionContext(
                what + " did not end within " + loop.closeLimit + " of the loop's close and goes on outside of it",
                where,
                null,
                null);
    }
}

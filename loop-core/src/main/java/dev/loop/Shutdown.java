package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.util.ArrayList;
import java.util.List;

/** The end of a loop: cancel, drain, report, divert what is left, close. */
final class Shutdown {

    private Shutdown() {}

    static void close(EventLoop loop) {
        if (loop.tasks.size() > 0 || loop.callbacks().isBlocked() || !loop.ready.isEmpty()) {
            drain(loop);
        }
        strand(loop);
        loop.reports.reportUnretrieved();
        if (!loop.ready.isEmpty()) {
            // what was just reported, and what the end of the tasks has scheduled
            var turns = new int[1];
            loop.runWhile(() -> !loop.ready.isEmpty() && turns[0]++ < 2);
        }
        StackTraceElement[] stack = loop.callbacks().end();
        loop.closeForGood();
        if (stack != null) {
            loop.reports.later(stuck(loop, "a callback", stack));
        }
        for (ForeignWait.Abandoned wait : new ArrayList<>(loop.foreignWaits)) {
            wait.fail(loop.closedException());
        }
        loop.foreignWaits.clear();
    }

    /** Cancels every task, also those that the dying ones start, and runs until all have ended or the time is up. */
    private static void drain(EventLoop loop) {
        var late = new boolean[1];
        var limit = new TimerNode(loop.now() + Durations.nanos(loop.closeLimit)) {
            @Override
            public void fire() {
                late[0] = true;
            }
        };
        loop.timers.add(limit);
        var rounds = new int[1];
        loop.runWhile(() -> {
            for (TaskStep step : loop.tasks.size() == 0 ? List.<TaskStep>of() : loop.tasks.snapshot()) {
                step.cancelRoot("the event loop is closing");
            }
            if (rounds[0] > 0) {
                loop.callbacks().interrupt();
            }
            boolean working = loop.tasks.size() > 0 || loop.callbacks().isBlocked();
            return !late[0] && (working || rounds[0] == 0) && rounds[0]++ >= 0;
        });
        loop.timers.remove(limit);
    }

    /** What has not ended: told with its stack, and diverted, so that its {@code finally} blocks still run. */
    private static void strand(EventLoop loop) {
        for (TaskStep step : loop.tasks.snapshot()) {
            loop.tasks.remove(step);
            boolean started = step.isStarted();
            StackTraceElement[] stack = step.strand();
            if (started) {
                loop.reports.later(stuck(loop, step.task.toString(), stack));
            }
        }
    }

    private static ExceptionContext stuck(EventLoop loop, String what, StackTraceElement[] stack) {
        var where = new IllegalStateException(what + " did not end when its event loop closed; it was here");
        where.setStackTrace(stack);
        return new ExceptionContext(
                what + " did not end within " + loop.closeLimit + " of the loop's close and goes on outside of it", where, null, null);
    }
}

package dev.loop.testing;

import dev.loop.EventLoop;
import dev.loop.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Finds tasks that wait on real time, in {@code Thread.sleep} or a limit of java.util.concurrent, where a test's clock is virtual. */
final class RealTimeWaits {

    private final boolean allowed;
    private final Set<Task<?>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Throwable> found = new ArrayList<>();

    RealTimeWaits(boolean allowed) {
        this.allowed = allowed;
    }

    /** Looks at a loop that has nothing to do; each task is told of once. Returns whether there is one more. */
    boolean found(EventLoop loop) {
        if (allowed) {
            return false;
        }
        int before = found.size();
        for (Task<?> task : loop.allTasks()) {
            if (task.blockedState() == Thread.State.TIMED_WAITING && seen.add(task)) {
                List<StackTraceElement> stack = task.stack();
                var where = new IllegalStateException("the task " + task.name() + " waited on real time"
                        + (stack.isEmpty() ? "" : " in " + where(stack))
                        + ": wait by sleep(…).await() or timeout(…), or let the TestLoop allowRealTime()");
                where.setStackTrace(stack.toArray(StackTraceElement[]::new));
                found.add(where);
            }
        }
        return found.size() > before;
    }

    /** The JDK's method, and the line that called it. */
    private static String where(List<StackTraceElement> stack) {
        StackTraceElement own = stack.getFirst();
        StackTraceElement jdk = own;
        for (StackTraceElement frame : stack) {
            own = frame;
            if (!frame.getClassName().startsWith("java.")) {
                break;
            }
            jdk = frame;
        }
        return jdk.getClassName() + "." + jdk.getMethodName() + ", called by " + own;
    }

    List<Throwable> all() {
        return found;
    }
}

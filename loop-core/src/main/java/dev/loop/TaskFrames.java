package dev.loop;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The stack of a task without what is not its own: the loop that drives it, and the virtual thread that carries it. */
final class TaskFrames {

    private TaskFrames() {}

    /** The frames of the task's code, the innermost first; none before its first step and after its end. */
    static List<StackTraceElement> of(TaskStep step) {
        return step.isStarted() && step.task.outcome == null ? trimmed(step.stack()) : List.of();
    }

    /** What is left when foreign frames are taken off both ends; in the middle they are part of the story. */
    static List<StackTraceElement> trimmed(StackTraceElement[] stack) {
        int from = 0;
        int to = stack.length;
        while (from < to && isForeign(stack[from])) {
            from++;
        }
        while (from < to && isForeign(stack[to - 1])) {
            to--;
        }
        return List.copyOf(Arrays.asList(stack).subList(from, to));
    }

    private static boolean isForeign(StackTraceElement frame) {
        String name = frame.getClassName();
        return name.startsWith("dev.loop.internal.")
                || isKernel(outermost(name), frame.getMethodName())
                || isVirtualThread(name, frame.getMethodName());
    }

    private static boolean isKernel(String name, @Nullable String method) {
        return switch (name) {
            case "dev.loop.TaskStep",
                    "dev.loop.TaskCancels",
                    "dev.loop.TaskFrames",
                    "dev.loop.Scheduling",
                    "dev.loop.Resumable" -> true;
            case "dev.loop.Task" -> "stack".equals(method);
            default -> false;
        };
    }

    /** How the JDK parks and runs a virtual thread. */
    private static boolean isVirtualThread(String name, @Nullable String method) {
        return name.startsWith("java.lang.VirtualThread")
                || name.startsWith("jdk.internal.vm.Continuation")
                || name.startsWith("java.lang.System$")
                || name.equals("java.util.concurrent.locks.LockSupport")
                || name.startsWith("jdk.internal.misc.")
                || (name.equals("java.lang.Thread") && ("getStackTrace".equals(method) || "run".equals(method)));
    }

    private static String outermost(String className) {
        int nested = className.indexOf('$');
        return nested < 0 ? className : className.substring(0, nested);
    }
}

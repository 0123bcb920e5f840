package dev.loop.debug;

import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The words of a call graph. */
final class WaitText {

    private static final int MOST_FRAMES = 16;
    private static final int MOST_PARTS = 12;
    private static final int DEEPEST = 8;

    private WaitText() {}

    /** The frames of a task's code; not those of a capture that the task itself has asked for. */
    static List<StackTraceElement> ownFrames(Task<?> task) {
        List<StackTraceElement> stack = task.stack();
        int from = stack.size();
        while (from > 0 && !isCapture(stack.get(from - 1).getClassName())) {
            from--;
        }
        return stack.subList(from, stack.size());
    }

    private static boolean isCapture(String className) {
        return className.equals(CallGraph.class.getName()) || className.equals(TaskDump.class.getName());
    }

    static String doing(Task<?> task, List<StackTraceElement> stack) {
        Future<?> awaited = task.awaiting();
        if (awaited != null) {
            return "awaits " + of(awaited);
        }
        Thread.State blocked = task.blockedState();
        if (blocked != null) {
            return "is in a blocking call of the JDK (" + blocked + ")";
        }
        if (task.isDone()) {
            return "has ended";
        }
        return stack.isEmpty() ? "has not begun" : "is ready or runs";
    }

    static String kind(Future<?> future) {
        return future instanceof Task<?> ? "Task" : future.getClass().getSimpleName();
    }

    /** A future and what it is made of: {@code Gather(first, WaitFor(second))}, tasks by their names. */
    static String of(Future<?> future) {
        return of(future, 0);
    }

    private static String of(Future<?> future, int depth) {
        if (future instanceof Task<?> task) {
            return task.name();
        }
        Resource resource = future.resource();
        if (resource != null) {
            return resource.toString();
        }
        List<Future<?>> parts = future.dependencies();
        if (parts.isEmpty()) {
            return kind(future);
        }
        if (depth == DEEPEST) {
            return kind(future) + "(…)";
        }
        var texts = new ArrayList<String>();
        for (Future<?> part : parts.subList(0, Math.min(parts.size(), MOST_PARTS))) {
            texts.add(of(part, depth + 1));
        }
        if (parts.size() > MOST_PARTS) {
            texts.add("and " + (parts.size() - MOST_PARTS) + " more");
        }
        return kind(future) + "(" + String.join(", ", texts) + ")";
    }

    static void appendCycles(StringBuilder text, List<List<String>> cycles) {
        for (List<String> cycle : cycles) {
            text.append("cycle: ")
                    .append(String.join(" -> ", cycle))
                    .append(" -> ")
                    .append(cycle.getFirst())
                    .append('\n');
        }
    }

    /** A node; what else is known of it comes at the end of its first line, and in lines of their own. */
    static void append(StringBuilder text, CallGraph.Node node, String more, List<String> details) {
        text.append(node.name()).append(' ').append(node.doing()).append(more).append('\n');
        details.forEach(detail -> text.append("    ").append(detail).append('\n'));
        if (!node.awaitedBy().isEmpty()) {
            text.append("    awaited by ")
                    .append(list(node.awaitedBy().stream().map(Task::name).toList()))
                    .append('\n');
        }
        appendStack(text, "    at ", node.stack());
    }

    static void appendStack(StringBuilder text, String before, List<StackTraceElement> stack) {
        for (StackTraceElement frame : stack.subList(0, Math.min(stack.size(), MOST_FRAMES))) {
            text.append(before).append(frame).append('\n');
        }
        if (stack.size() > MOST_FRAMES) {
            text.append("    … ").append(stack.size() - MOST_FRAMES).append(" more\n");
        }
    }

    /** The first of these names, and how many more there are. */
    static String list(List<String> names) {
        String first = names.stream().limit(MOST_PARTS).collect(Collectors.joining(", "));
        return names.size() > MOST_PARTS ? first + " and " + (names.size() - MOST_PARTS) + " more" : first;
    }
}

package dev.loop.debug;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Who waits for whom: tasks with their own frames, what each awaits, and by which tasks it is awaited, through {@code gather},
 * {@code waitOn}, {@code waitFor}, {@code shield}, groups, and {@linkplain dev.loop.Resource what tasks hold}, such as a lock; and
 * circles of tasks that wait for each other.
 *
 * {@snippet class="dev.loop.debug.CallGraphTest" region="callgraph"}
 *
 * <p>It is a copy of one moment, and stays as it is when its tasks go on or end. A capture belongs to the loop's thread, but for
 * {@link #captureAllThreadsafe}; what it gives may be read by any thread.
 */
@CheckReturnValue
public final class CallGraph {

    private static final int MOST_CYCLES = 20;

    private final List<Node> nodes;
    private final List<List<String>> cycles;

    private CallGraph(List<Node> nodes, List<List<String>> cycles) {
        this.nodes = nodes;
        this.cycles = cycles;
    }

    /**
     * One task, or the future that was asked for, at the moment of the capture.
     *
     * @param future the task or other future
     * @param name the name of the task; for another future, its kind
     * @param doing what it does, as the end of a sentence: {@code awaits Gather(a, b)}
     * @param stack a task's own frames, the innermost first; empty before its first step, after its end, and for other futures
     * @param awaits the tasks that it waits for, also through other futures, or because they hold what it wants (fifty at most do)
     * @param awaitedBy the tasks that wait for it, also through other futures, or because it holds what they want
     */
    public record Node(
            Future<?> future,
            String name,
            String doing,
            List<StackTraceElement> stack,
            List<Task<?>> awaits,
            List<Task<?>> awaitedBy) {

        /** A node with copies of its lists. */
        public Node {
            stack = List.copyOf(stack);
            awaits = List.copyOf(awaits);
            awaitedBy = List.copyOf(awaitedBy);
        }
    }

    /**
     * The part of the graph around the calling task.
     *
     * @return the graph; the task's node comes first
     * @throws IllegalStateException outside of a task
     * @see #capture(Future)
     */
    public static CallGraph capture() {
        return capture(Async.currentTask());
    }

    /**
     * The part of the graph around one future: it, what it waits for, and who waits for it, near and far.
     *
     * @param future of a loop that the caller may call
     * @return the graph; the future's node comes first
     */
    public static CallGraph capture(Future<?> future) {
        var edges = new WaitEdges(future.loop().allTasks());
        Set<Future<?>> around = WaitEdges.newSet();
        around.add(future);
        around.addAll(edges.reachable(edges.tasksBehindParts(future), edges::awaits));
        around.addAll(edges.reachable(edges.awaitedBy(future), edges::awaitedBy));
        return graph(edges, around);
    }

    /**
     * All tasks of a loop that have not ended.
     *
     * @param loop a loop that the caller may call
     * @return the graph, in the order in which the tasks were made
     */
    public static CallGraph captureAll(EventLoop loop) {
        return of(new WaitEdges(loop.allTasks()));
    }

    /** All tasks. */
    static CallGraph of(WaitEdges edges) {
        return graph(edges, edges.tasks());
    }

    /**
     * All tasks of a loop that have not ended, for another thread. Thread-safe. The loop takes the copy in a callback, so a loop that
     * is stuck, or that does not run, gives none.
     *
     * @param loop any loop
     * @return the graph, when the loop has come to it
     * @throws IllegalStateException if the loop has closed
     */
    public static CompletableFuture<CallGraph> captureAllThreadsafe(EventLoop loop) {
        return threadsafe(loop, () -> captureAll(loop));
    }

    static <T> CompletableFuture<T> threadsafe(EventLoop loop, Supplier<T> capture) {
        var result = new CompletableFuture<T>();
        loop.callSoonThreadsafe(() -> {
            try {
                result.complete(capture.get());
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static CallGraph graph(WaitEdges edges, Collection<Future<?>> futures) {
        return new CallGraph(futures.stream().map(future -> node(edges, future)).toList(), cyclesOf(edges, futures));
    }

    private static Node node(WaitEdges edges, Future<?> future) {
        if (future instanceof Task<?> task) {
            List<StackTraceElement> stack = WaitText.ownFrames(task);
            return new Node(
                    task, task.name(), WaitText.doing(task, stack), stack, edges.awaits(task), edges.awaitedBy(task));
        }
        return new Node(
                future,
                WaitText.kind(future),
                future.isDone() ? "is done" : "is pending: " + WaitText.of(future),
                List.of(),
                edges.tasksBehindParts(future),
                edges.awaitedBy(future));
    }

    private static List<List<String>> cyclesOf(WaitEdges edges, Collection<Future<?>> futures) {
        List<Task<?>> tasks = new ArrayList<>();
        for (Future<?> future : futures) {
            if (future instanceof Task<?> task) {
                tasks.add(task);
            }
        }
        return edges.cycles(tasks, MOST_CYCLES).stream()
                .map(cycle -> cycle.stream().map(Task::name).toList())
                .toList();
    }

    /**
     * The nodes.
     *
     * @return tasks, and the future that was asked for if it is none
     */
    public List<Node> nodes() {
        return nodes;
    }

    /**
     * The circles of tasks of which each waits for the next and the last for the first. None of them goes on before one of these waits
     * ends in another way: by a cancel or a limit, or, if it is a wait for the first of several things, by another one of those.
     *
     * @return the names of each circle's tasks in the order of their waits; twenty circles at most
     */
    public List<List<String>> cycles() {
        return cycles;
    }

    /**
     * The graph as text, for people: the circles first, then every node with its frames.
     *
     * @return lines, each with its end
     */
    public String format() {
        var text = new StringBuilder();
        WaitText.appendCycles(text, cycles);
        for (Node node : nodes) {
            WaitText.append(text, node, "", List.of());
        }
        return text.toString();
    }

    /**
     * Prints the graph, as {@link #format()} has it.
     *
     * @param out where to
     */
    public void print(PrintStream out) {
        out.print(format());
        out.flush();
    }

    @Override
    public String toString() {
        return "CallGraph[" + nodes.size() + " nodes, " + cycles.size() + " cycles]";
    }
}

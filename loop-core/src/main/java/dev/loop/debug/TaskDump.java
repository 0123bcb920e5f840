package dev.loop.debug;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelScope;
import dev.loop.EventLoop;
import dev.loop.Resource;
import dev.loop.Task;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What all tasks of a loop are doing at one moment, to find out why nothing goes on: what each waits for and for how long, its scopes
 * with their deadlines, its frames; who holds what others wait for, since when, and where it was acquired; and circles. It is a
 * {@link CallGraph} with all there is to say.
 *
 * {@snippet class="dev.loop.debug.TaskDumpTest" region="taskdump"}
 *
 * <p>Only what a task waits for now is looked at: a lock that nobody waits for is not in it. Where something was acquired is known if
 * the loop was in {@linkplain EventLoop#setDebug debug mode} then.
 *
 * <p>It is a copy and stays as it is. A capture belongs to the loop's thread, but for {@link #captureThreadsafe}; what it gives may
 * be read by any thread.
 */
@CheckReturnValue
public final class TaskDump {

    private final String loop;
    private final CallGraph graph;
    private final List<TaskEntry> tasks;
    private final List<ResourceEntry> resources;

    private TaskDump(String loop, CallGraph graph, List<TaskEntry> tasks, List<ResourceEntry> resources) {
        this.loop = loop;
        this.graph = graph;
        this.tasks = tasks;
        this.resources = resources;
    }

    /**
     * A task that has not ended.
     *
     * @param node what it does, where it stands, and whom it waits for
     * @param waitingFor how long it has been in its wait, on the loop's clock; null if it is in none
     * @param scopes the scopes that it is in, with their deadlines, in words, the innermost first
     */
    public record TaskEntry(CallGraph.Node node, @Nullable Duration waitingFor, List<String> scopes) {

        /** An entry with a copy of its list. */
        public TaskEntry {
            scopes = List.copyOf(scopes);
        }
    }

    /**
     * Something that tasks wait for and others may hold.
     *
     * @param description how it stands, in words
     * @param holders who holds it, the one that has held it longest first; empty if that is not known
     * @param waiters the names of the tasks that wait for it, also through other futures
     */
    public record ResourceEntry(String description, List<Holder> holders, List<String> waiters) {

        /** An entry with copies of its lists. */
        public ResourceEntry {
            holders = List.copyOf(holders);
            waiters = List.copyOf(waiters);
        }
    }

    /**
     * Somebody who holds something.
     *
     * @param name the name of the task
     * @param heldFor how long it has held that, on the loop's clock; null if that is not known
     * @param acquiredAt where it was acquired, the innermost frame first; empty unless the loop was in debug mode
     */
    public record Holder(String name, @Nullable Duration heldFor, List<StackTraceElement> acquiredAt) {

        /** A holder with a copy of its frames. */
        public Holder {
            acquiredAt = List.copyOf(acquiredAt);
        }
    }

    /**
     * The tasks of the loop that runs the caller.
     *
     * @return the dump
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static TaskDump capture() {
        return capture(EventLoop.current());
    }

    /**
     * The tasks of a loop.
     *
     * @param loop a loop that the caller may call
     * @return the dump, its tasks in the order in which they were made
     */
    public static TaskDump capture(EventLoop loop) {
        loop.checkThread();
        var edges = new WaitEdges(loop.allTasks());
        CallGraph graph = CallGraph.of(edges);
        List<TaskEntry> tasks = graph.nodes().stream().map(TaskDump::entry).toList();
        List<ResourceEntry> resources = edges.resources().stream()
                .map(resource -> entry(loop, resource, edges.waiters(resource)))
                .toList();
        return new TaskDump(loop.name(), graph, tasks, resources);
    }

    /**
     * The tasks of a loop, for a thread that watches it. Thread-safe. The loop takes the copy in a callback, so a loop that is stuck in
     * a step, or that does not run, gives none; what is left then are {@link EventLoop#allTasks()} and a thread dump.
     *
     * @param loop any loop
     * @return the dump, when the loop has come to it
     * @throws IllegalStateException if the loop has closed
     */
    public static CompletableFuture<TaskDump> captureThreadsafe(EventLoop loop) {
        return CallGraph.threadsafe(loop, () -> capture(loop));
    }

    private static TaskEntry entry(CallGraph.Node node) {
        Task<?> task = (Task<?>) node.future(); // a graph of all tasks has no other nodes
        return new TaskEntry(
                node,
                task.awaitingFor(),
                task.scopes().stream().map(CancelScope::toString).toList());
    }

    private static ResourceEntry entry(EventLoop loop, Resource resource, List<Task<?>> waiters) {
        List<Holder> holders = resource.holds().stream()
                .map(hold ->
                        new Holder(name(hold.task()), Duration.ofNanos(loop.time() - hold.since()), hold.acquiredAt()))
                .toList();
        if (holders.isEmpty()) {
            holders = resource.holders().stream()
                    .map(task -> new Holder(name(task), null, List.of()))
                    .toList();
        }
        return new ResourceEntry(
                resource.toString(), holders, waiters.stream().map(Task::name).toList());
    }

    private static String name(@Nullable Task<?> task) {
        return task == null ? "code outside of a task" : task.isDone() ? task.name() + " (has ended)" : task.name();
    }

    /**
     * The tasks.
     *
     * @return an entry for each task that has not ended, in the order in which they were made
     */
    public List<TaskEntry> tasks() {
        return tasks;
    }

    /**
     * What tasks wait for that others may hold.
     *
     * @return an entry for each lock, semaphore and the like
     */
    public List<ResourceEntry> resources() {
        return resources;
    }

    /**
     * Circles of tasks that wait for each other.
     *
     * @return as {@link CallGraph#cycles()}
     */
    public List<List<String>> cycles() {
        return graph.cycles();
    }

    /**
     * The dump as text, for people: the circles first, then what is held, then the tasks.
     *
     * @return lines, each with its end
     */
    public String format() {
        var text = new StringBuilder("tasks of " + loop + ": " + tasks.size() + "\n");
        WaitText.appendCycles(text, cycles());
        resources.forEach(resource -> append(text, resource));
        for (TaskEntry task : tasks) {
            Duration waits = task.waitingFor();
            WaitText.append(
                    text,
                    task.node(),
                    waits == null ? "" : " for " + rounded(waits),
                    task.scopes().stream().map(scope -> "in " + scope).toList());
        }
        return text.toString();
    }

    private static void append(StringBuilder text, ResourceEntry resource) {
        text.append(resource.description()).append('\n');
        for (Holder holder : resource.holders()) {
            Duration held = holder.heldFor();
            text.append("    held by ").append(holder.name());
            if (held != null) {
                text.append(" for ").append(rounded(held));
            }
            text.append(holder.acquiredAt().isEmpty() ? "\n" : ", acquired\n");
            WaitText.appendStack(text, "        at ", holder.acquiredAt());
        }
        text.append("    awaited by ").append(WaitText.list(resource.waiters())).append('\n');
    }

    /** To milliseconds. */
    private static Duration rounded(Duration duration) {
        return Duration.ofMillis(duration.toMillis());
    }

    /**
     * Prints the dump, as {@link #format()} has it.
     *
     * @param out where to
     */
    public void print(PrintStream out) {
        out.print(format());
        out.flush();
    }

    @Override
    public String toString() {
        return "TaskDump[" + loop + ", " + tasks.size() + " tasks, " + cycles().size() + " cycles]";
    }
}

package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a task that is to be started. Made by {@link EventLoop#task()}; used once, by code of the loop.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="builder"}
 */
public final class TaskBuilder {

    /** Code around the body of a task. */
    @FunctionalInterface
    public interface Around {

        /**
         * Runs the body, and something before or after it, in the task.
         *
         * @param body what the task does
         * @return what the body returned, or something of the same type
         * @throws Exception as the body does
         */
        @Nullable Object call(Callable<? extends @Nullable Object> body) throws Exception;
    }

    private final EventLoop loop;
    private @Nullable String name;
    private boolean eager;
    private @Nullable Context context;
    private @Nullable Around around;
    private @Nullable TaskGroup group;
    private @Nullable GroupStart<?> start;
    private boolean used;

    TaskBuilder(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * Names the task, and with it its thread.
     *
     * @param newName the name; by default {@code task-} and a number
     * @return this
     */
    @CanIgnoreReturnValue
    public TaskBuilder name(String newName) {
        name = Objects.requireNonNull(newName, "newName");
        return this;
    }

    /**
     * The name that was set.
     *
     * @return the name; null if it is to be made up
     */
    public @Nullable String name() {
        return name;
    }

    /**
     * Has the task take its first step inside the call that spawns it: the caller stands still until the new task waits or ends,
     * and goes on before anything else runs. A task that never waits is done when the spawn returns, and the ready queue has not
     * seen it. On a loop that does not run, the first step comes in the first turn.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public TaskBuilder eager() {
        return eager(true);
    }

    /**
     * Says whether the task takes its first step inside the call that spawns it; see {@link #eager()}.
     *
     * @param now false to have the first step in the next turn, as by default
     * @return this
     */
    @CanIgnoreReturnValue
    public TaskBuilder eager(boolean now) {
        eager = now;
        return this;
    }

    /**
     * Sets the context that the task begins in.
     *
     * @param newContext the context; by default the one of the code that starts the task
     * @return this
     */
    @CanIgnoreReturnValue
    public TaskBuilder context(Context newContext) {
        context = Objects.requireNonNull(newContext, "newContext");
        return this;
    }

    /**
     * Puts code around the body; what is put around later is further out.
     *
     * @param code is handed the body and runs it
     * @return this
     */
    @CanIgnoreReturnValue
    public TaskBuilder around(Around code) {
        Objects.requireNonNull(code, "code");
        Around inner = around;
        around = inner == null ? code : body -> code.call(() -> inner.call(body));
        return this;
    }

    @CanIgnoreReturnValue
    TaskBuilder group(TaskGroup newGroup) {
        group = newGroup;
        return this;
    }

    @CanIgnoreReturnValue
    TaskBuilder group(TaskGroup newGroup, GroupStart<?> newStart) {
        start = newStart;
        return group(newGroup);
    }

    /**
     * Starts the task.
     *
     * @param body what it does
     * @param <T> what the body returns
     * @return the task; the loop keeps it alive, so it need not be kept
     * @throws IllegalStateException if this was used before, or the loop has closed
     */
    @CanIgnoreReturnValue
    @SuppressWarnings("unchecked") // Around promises to keep the type
    public <T extends @Nullable Object> Task<T> spawn(Callable<? extends T> body) {
        Objects.requireNonNull(body, "body");
        loop.checkUsable();
        if (used) {
            throw new IllegalStateException("a TaskBuilder starts one task; make another one for the next");
        }
        used = true;
        TaskGroup g = group;
        if (g != null) {
            g.checkOpen();
        }
        TaskFactory factory = loop.taskFactory;
        if (factory != null) {
            factory.prepare(this);
        }
        Around code = around;
        Callable<? extends T> whole = code == null ? body : () -> (T) code.call(body);
        String n = name;
        var task = new Task<T>(loop, n == null ? loop.nextTaskName() : n, whole);
        Context c = context;
        if (c != null) {
            task.step.context = c;
        }
        if (g != null) {
            g.adopt(task, start);
        }
        loop.start(task.step, eager);
        return task;
    }

    /**
     * Starts the task.
     *
     * @param body what it does
     * @return the task; the loop keeps it alive, so it need not be kept
     * @throws IllegalStateException if this was used before, or the loop has closed
     */
    @CanIgnoreReturnValue
    public Task<@Nullable Void> spawn(VoidBody<? extends Exception> body) {
        return spawn(EventLoop.callable(body));
    }
}

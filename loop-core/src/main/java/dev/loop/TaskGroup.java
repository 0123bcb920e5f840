package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that end before the block of code that started them is left: none is forgotten, and none outlives its group.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="group"}
 *
 * <p>In this form, {@link #open()}, leaving the block without {@link #join()} cancels the children and waits for them. The other
 * form, {@link #run(GroupBody)} and {@link #call(GroupCall)}, takes the block as a body and joins at its end by itself.
 *
 * <p>The first failure of a child cancels the other ones and the body, whose waits then throw; what a group throws is one
 * {@link TaskGroupException} with all failures. A child's cancel is no failure. {@link Policy} has other rules. A cancel of the task
 * that opened the group cancels the children; it goes on when they have ended, unless one has failed: then the failures are thrown,
 * and a cancel by {@link Task#cancel(String)} comes again at the next wait.
 *
 * <p>Whoever runs on the loop may spawn into the group, its children too, until it is left or cancelled. Waiting for children that
 * were cancelled cannot itself be cancelled; when it takes longer than {@link LoopBuilder#closeLimit}, those that do not end are
 * reported by name.
 *
 * <p>Prior art: trio's nurseries, asyncio's {@code TaskGroup}, the JDK's {@code StructuredTaskScope}.
 */
@CheckReturnValue
public final class TaskGroup implements AutoCloseable {

    /** What the end of one child means for the others. */
    public enum Policy {
        /** The first failure cancels the others and the body. */
        FAIL_FAST,

        /**
         * A failure is the child's own affair: the others go on, and whoever wants to know asks the child. One that nobody looks
         * at is reported as usual.
         */
        SUPERVISOR,

        /** The first value cancels the others; failures count only if there is no value at all. */
        FIRST_SUCCESS
    }

    /**
     * The body of a group.
     */
    @FunctionalInterface
    public interface GroupBody {
        /**
         * Runs the body.
         *
         * @param group open until the body and all children have ended
         * @throws Exception as the body does; it ends up among the failures of the group
         */
        void run(TaskGroup group) throws Exception;
    }

    /**
     * The body of a group that has a result.
     *
     * @param <T> the result
     */
    @FunctionalInterface
    public interface GroupCall<T extends @Nullable Object> {
        /**
         * Runs the body.
         *
         * @param group open until the body and all children have ended
         * @return its result
         * @throws Exception as the body does; it ends up among the failures of the group
         */
        T call(TaskGroup group) throws Exception;
    }

    private final TaskCancels owner;
    private final EventLoop loop;
    private final CancelScope scope = CancelScope.create();
    private final int requestsBefore;

    private final GroupChildren children;
    private int thrown; // how many of the failures the body has met
    private boolean left;

    private TaskGroup(Policy policy, boolean throwsFailures) {
        Objects.requireNonNull(policy, "policy");
        owner = scope.enter();
        loop = owner.loop;
        children = new GroupChildren(loop, policy, scope);
        requestsBefore = owner.cancelRequests;
        if (throwsFailures) {
            scope.group = this;
        }
    }

    // --- opening

    /**
     * A group that fails with its first child, for a {@code try} block.
     *
     * @return an open group of the calling task
     * @throws IllegalStateException outside of a task
     */
    public static TaskGroup open() {
        return open(Policy.FAIL_FAST);
    }

    /**
     * A group for a {@code try} block.
     *
     * @param policy what the end of a child means
     * @return an open group of the calling task
     * @throws IllegalStateException outside of a task
     */
    public static TaskGroup open(Policy policy) {
        return new TaskGroup(policy, true);
    }

    /**
     * Runs a body with a group that fails with its first child, and waits for all children.
     *
     * @param body runs in place
     * @throws TaskGroupException with all that failed, the body too
     * @throws CancelledException if the calling task was cancelled and nothing failed
     * @throws IllegalStateException outside of a task
     */
    public static void run(GroupBody body) {
        run(Policy.FAIL_FAST, body);
    }

    /**
     * Runs a body with a group, and waits for all children.
     *
     * @param policy what the end of a child means
     * @param body runs in place
     * @throws TaskGroupException with all that failed, the body too
     * @throws CancelledException if the calling task was cancelled and nothing failed
     * @throws IllegalStateException outside of a task
     */
    public static void run(Policy policy, GroupBody body) {
        Objects.requireNonNull(body, "body");
        TaskGroup.<@Nullable Object>perform(policy, group -> {
            body.run(group);
            return null;
        });
    }

    /**
     * Runs a body that has a result with a group that fails with its first child, and waits for all children.
     *
     * @param body runs in place
     * @param <T> the result
     * @return the body's result; null if {@link #cancel(String)} ended the body
     * @throws TaskGroupException with all that failed, the body too
     * @throws CancelledException if the calling task was cancelled and nothing failed
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object> @Nullable T call(GroupCall<T> body) {
        return call(Policy.FAIL_FAST, body);
    }

    /**
     * Runs a body that has a result with a group, and waits for all children.
     *
     * @param policy what the end of a child means
     * @param body runs in place
     * @param <T> the result
     * @return the body's result; null if {@link #cancel(String)} ended the body
     * @throws TaskGroupException with all that failed, the body too
     * @throws CancelledException if the calling task was cancelled and nothing failed
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public static <T extends @Nullable Object> @Nullable T call(Policy policy, GroupCall<T> body) {
        return perform(policy, Objects.requireNonNull(body, "body"));
    }

    @CanIgnoreReturnValue
    private static <T extends @Nullable Object> @Nullable T perform(Policy policy, GroupCall<T> body) {
        var group = new TaskGroup(policy, false);
        T value = null;
        Throwable end = null;
        try {
            value = body.call(group);
        } catch (Throwable e) {
            end = e;
        }
        group.finish(end);
        return value;
    }

    // --- children

    /**
     * Starts a child.
     *
     * @param body what it does
     * @param <T> what the body returns
     * @return the child
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> Task<T> spawn(Callable<? extends T> body) {
        return spawn(loop.nextTaskName(), body);
    }

    /**
     * Starts a child.
     *
     * @param body what it does
     * @return the child
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    @CanIgnoreReturnValue
    public Task<@Nullable Void> spawn(VoidBody<? extends Exception> body) {
        return spawn(EventLoop.callable(body));
    }

    /**
     * Starts a child with a name.
     *
     * @param name the name
     * @param body what it does
     * @param <T> what the body returns
     * @return the child
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> Task<T> spawn(String name, Callable<? extends T> body) {
        return loop.task().name(name).group(this).spawn(body);
    }

    /**
     * Starts a child with a name.
     *
     * @param name the name
     * @param body what it does
     * @return the child
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    @CanIgnoreReturnValue
    public Task<@Nullable Void> spawn(String name, VoidBody<? extends Exception> body) {
        return spawn(name, EventLoop.callable(body));
    }

    /**
     * A child with settings of its own, such as an eager start.
     *
     * @return the settings, to be ended by {@link TaskBuilder#spawn(Callable)}, which refuses as {@link #spawn(Callable)} does
     */
    public TaskBuilder task() {
        return loop.task().group(this);
    }

    /**
     * Starts a child that has something to get ready first. Until it has called {@link Started#started} its end is the outcome of
     * this start, not the group's affair: its failure, its cancel, or an {@link IllegalStateException} if it just returns.
     *
     * @param body is handed what it has to call when it is ready
     * @param <T> what it tells
     * @return what it told; a cancel of this wait cancels the child, and ends when that has ended
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    public <T extends @Nullable Object> Future<T> start(Started.Body<T> body) {
        return start(loop.nextTaskName(), body);
    }

    /**
     * Starts a child that has a name and something to get ready first; as {@link #start(Started.Body)}.
     *
     * @param name the child's name
     * @param body is handed what it has to call when it is ready
     * @param <T> what it tells
     * @return what it told; a cancel of this wait cancels the child, and ends when that has ended
     * @throws IllegalStateException if the group was left or is being cancelled; the body does not run then
     */
    public <T extends @Nullable Object> Future<T> start(String name, Started.Body<T> body) {
        Objects.requireNonNull(body, "body");
        var start = new GroupStart<T>(loop);
        start.child = loop.task().name(name).group(this, start).spawn(() -> body.run(start));
        return start;
    }

    /**
     * The children that have not ended.
     *
     * @return a copy, in the order of their start
     */
    public List<Task<?>> children() {
        loop.checkThread();
        return children.all();
    }

    /**
     * The child whose value came first, under {@link Policy#FIRST_SUCCESS}.
     *
     * @return the child; null if there is none yet, and under other policies
     */
    public @Nullable Task<?> winner() {
        loop.checkThread();
        return children.winner();
    }

    /** Cancels the children and the body, without a reason. */
    public void cancel() {
        cancel(null);
    }

    /**
     * Ends the group early: cancels the children and the body, and lets in no new ones. That is not an error: {@link #join()}, and
     * the {@code run} and {@code call} forms, then return when the children have ended. A second call, and one after the group was
     * left, changes nothing. In a {@code try} block other waits of the body throw a {@link CancelledException}.
     *
     * @param reason why, for people; null for none
     */
    public void cancel(@Nullable String reason) {
        loop.checkThread();
        if (!left) {
            children.abort(reason);
            scope.cancel(reason);
        }
    }

    /**
     * Whether the group was cancelled, by a failure or by somebody.
     *
     * @return true from then on
     */
    public boolean isCancelled() {
        loop.checkThread();
        return children.cancelled();
    }

    // --- the end

    /**
     * Waits until all children have ended, those that they start meanwhile included. The group stays open.
     *
     * @throws TaskGroupException with all failures of the children so far
     * @throws CancelledException if the calling task was cancelled and no child has failed
     * @throws IllegalStateException in another task than the one that opened the group
     */
    public void join() {
        checkOwner("join()");
        RuntimeException cancel = children.await();
        throwFailures(cancel, false);
        if (cancel != null && !isOwn(cancel)) {
            throw cancel;
        }
    }

    /**
     * Leaves the group: cancels the children that are left and waits for them. A failure that the body has met already, by
     * {@link #join()} or another wait, is not thrown again.
     *
     * @throws TaskGroupException with the failures that the body has not met
     * @throws IllegalStateException in another task than the one that opened the group
     */
    @Override
    public void close() {
        if (left) {
            return;
        }
        checkOwner("close()");
        children.abort("the block of the task group was left");
        children.awaitShielded();
        leave();
        List<Throwable> unmet = children.unmet(thrown);
        if (!unmet.isEmpty() && !children.won()) {
            throw failure(unmet, null);
        }
    }

    /** The end of the form that takes a body. */
    private void finish(@Nullable Throwable end) {
        RuntimeException cancel = cancelOf(end);
        if (end != null) {
            children.abort(
                    cancel == null ? "the body of the task group failed" : "the task of the group was cancelled");
        }
        RuntimeException later = children.await();
        boolean own = isOwn(cancel) || isOwn(later);
        RuntimeException outer = cancel != null && !isOwn(cancel) ? cancel : isOwn(later) ? null : later;
        leave();
        if (end != null && cancel == null) {
            children.bodyFailed(end);
        }
        throwFailures(outer, end != null && cancel == null);
        if (outer == null && own) {
            outer = owner.takeDueCancel(); // ours is over; one from further out that came meanwhile goes on
        }
        if (outer != null) {
            throw outer;
        }
    }

    /** The cancel, if what ended the body was one, whosever it is. */
    private @Nullable RuntimeException cancelOf(@Nullable Throwable end) {
        if (end instanceof CancelledException e) {
            return e;
        }
        if (end instanceof TaskGroupException e && e.scope() != null) {
            return e; // a wait has thrown the failure of a group further out
        }
        return end instanceof InterruptedException && owner.isOwnInterrupt() ? owner.cancelException() : null;
    }

    /** Whether it is this group's own cancel that ended a wait. */
    private boolean isOwn(@Nullable RuntimeException cancel) {
        return (cancel instanceof CancelledException c && c.scope() == scope)
                || (cancel instanceof TaskGroupException g && g.scope() == scope);
    }

    private void leave() {
        left = true;
        scope.leave();
    }

    /** Throws what has failed; a cancel that it takes the place of comes again. */
    private void throwFailures(@Nullable RuntimeException replaced, boolean bodyToo) {
        List<Throwable> failures = children.failures();
        if (failures.isEmpty() || (children.won() && !bodyToo)) {
            return;
        }
        if (replaced instanceof CancelledException e && owner.cancelRequests > requestsBefore) {
            owner.rearm(e);
        }
        thrown = failures.size();
        throw failure(failures, null);
    }

    private RuntimeException failure(List<Throwable> all, @Nullable CancelScope scope) {
        for (Throwable failure : all) {
            if (Outcome.isFatal(failure)) {
                // nothing can be relied on after this, and the loop stops with it; the others are told meanwhile
                all.stream()
                        .filter(other -> other != failure)
                        .forEach(other -> loop.reports.later(new ExceptionContext(
                                "a failure in a task group beside a fatal one", other, owner.task, null)));
                throw Outcome.rethrow(failure);
            }
        }
        return new TaskGroupException(all, scope);
    }

    /** What a wait of the body throws when a child's failure has cancelled it; null if something else has. */
    @Nullable RuntimeException failureOfChildren() {
        List<Throwable> failures = children.failures();
        if (failures.isEmpty()) {
            return null;
        }
        thrown = failures.size();
        return failure(failures, scope);
    }

    /** The block that opened this was left without closing it: by a task that did not use {@code try}. */
    void forgotten() {
        children.abort("its task group was never closed");
        children.awaitShielded();
        leave();
        var where = new IllegalStateException(
                "a TaskGroup was opened and never closed by " + owner.task + ": open it in a try block");
        loop.reports.later(new ExceptionContext("a task group was left open", where, owner.task, null));
    }

    // --- for the kernel

    /** Refuses a new child. */
    void checkOpen() {
        loop.checkThread();
        if (left || children.cancelled()) {
            throw new IllegalStateException(left ? "the task group has ended" : "the task group is being cancelled");
        }
    }

    /** A new child; what it ends with is told to its start first, if it has one. */
    void adopt(Task<?> child, @Nullable GroupStart<?> start) {
        children.adopt(child, start);
    }

    private void checkOwner(String what) {
        loop.checkThread();
        if (loop.current != owner) {
            throw new IllegalStateException(
                    what + " of a task group belongs to the task that opened it, " + owner.task.name());
        }
    }

    @Override
    public String toString() {
        return "TaskGroup[" + children + (left ? ", left]" : "]");
    }
}

package dev.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The wait for a child of a group to be ready. Until it is, the child's end is this wait's. */
final class GroupStart<T extends @Nullable Object> extends Promise<T> implements Started<T> {

    @Nullable Task<?> child;

    private boolean started;

    GroupStart(EventLoop loop) {
        super(loop);
    }

    @Override
    public void started(T value) {
        loop.checkThread();
        if (started) {
            throw new InvalidStateException("a child of a task group told twice that it has started: " + child);
        }
        started = true;
        finish(Outcome.of(value));
    }

    /** Whether the child is the group's affair now. */
    boolean hasStarted() {
        return started;
    }

    /** The child has ended. Returns whether that is the outcome of this. */
    boolean ended(Task<?> task) {
        if (started) {
            return false;
        }
        started = true;
        Object how = task.outcome;
        if (how instanceof Outcome.Failed failed) {
            failed.retrieved();
            finish(new Outcome.Failed(failed.error));
        } else if (how instanceof Outcome.Cancelled) {
            finish(how);
        } else {
            finish(new Outcome.Failed(
                    new IllegalStateException(task.name() + " ended without telling that it has started")));
        }
        return true;
    }

    /** The child is asked to end, for good; this ends when it has. */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        Task<?> c = child;
        if (outcome != null || c == null) {
            return false;
        }
        c.step.cancelRoot(reason);
        return true;
    }

    @Override
    List<Future<?>> parts() {
        Task<?> c = child;
        return c == null ? List.of() : List.of(c);
    }
}

package dev.loop;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The end of a task, whatever its outcome. It only watches: neither a look at a failure nor a wait that holds the task. */
final class Join extends Future<@Nullable Void> implements Listener {

    private final Task<?> task;

    /** For a task that is not done. */
    Join(Task<?> task) {
        super(task.loop);
        this.task = task;
        task.addListener(this);
    }

    @Override
    public void completed(Future<?> future) {
        finish(Outcome.NIL);
    }

    @Override
    public boolean waits() {
        return false;
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return List.of(task);
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (outcome != null) {
            return false;
        }
        task.removeListener(this);
        return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

package dev.loop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All of several futures: their values in the order of the arguments, or the first failure. The others go on. It counts
 * argument positions, so a future may stand there more than once.
 */
final class Gather<T extends @Nullable Object> extends Future<List<T>> implements Listener {

    private final List<Future<? extends T>> children;
    private int missing;
    private Outcome.@Nullable Cancelled cancelled;

    Gather(EventLoop loop, Collection<? extends Future<? extends T>> futures) {
        super(loop);
        children = new ArrayList<>(futures);
        missing = children.size();
        for (Future<?> child : children) {
            if (child.loop != loop) {
                throw new IllegalArgumentException(child + " belongs to " + child.loop + ", not to " + loop);
            }
        }
        for (Future<?> child : children) {
            if (child.outcome != null) {
                completed(child);
            } else {
                child.addListener(this);
            }
        }
        if (children.isEmpty()) {
            finish(List.of());
        }
    }

    @Override
    public void completed(Future<?> child) {
        missing--;
        Throwable failure = child.failure(); // looked at, also when another one came first
        if (outcome != null) {
            return;
        }
        if (cancelled == null && failure != null) {
            finish(new Outcome.Failed(failure));
        } else if (cancelled == null && child.outcome instanceof Outcome.Cancelled c) {
            finish(c);
        } else if (missing == 0) {
            finish(cancelled != null ? cancelled : values());
        }
    }

    private List<T> values() {
        var values = new ArrayList<T>(children.size());
        for (Future<? extends T> child : children) {
            values.add(child.take());
        }
        return Collections.unmodifiableList(values);
    }

    /** Asks every child; ends when all of them have. */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (outcome != null) {
            return false;
        }
        Outcome.Cancelled before = cancelled;
        cancelled = new Outcome.Cancelled(reason); // before the children: they may end inside the call
        boolean any = false;
        for (Future<?> child : children) {
            any |= child.cancel(reason);
        }
        if (!any) {
            cancelled = before;
        }
        return any;
    }
}

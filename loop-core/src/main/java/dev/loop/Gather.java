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

    /** Stands for the children's values until they are read. */
    private static final Object VALUES = new Object();

    private final List<Future<? extends T>> children;
    private int missing;
    private boolean asking;
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
        if (outcome != null || asking) {
            return;
        }
        if (cancelled == null && failure != null) {
            finish(new Outcome.Failed(failure));
        } else if (cancelled == null && child.outcome instanceof Outcome.Cancelled c) {
            finish(c);
        } else if (missing == 0) {
            settle();
        }
    }

    /** Ends this by what the children are now; one that was counted with a value may have been taken back since. */
    private void settle() {
        Object how = cancelled != null ? cancelled : trouble();
        if (how != null) {
            finish(how);
        } else if (missing == 0) {
            finish(VALUES);
        }
    }

    private @Nullable Object trouble() {
        for (Future<?> child : children) {
            if (child.outcome instanceof Outcome.Failed failed) {
                return new Outcome.Failed(failed.error);
            }
            if (child.outcome instanceof Outcome.Cancelled) {
                return child.outcome;
            }
        }
        return null;
    }

    /** The children's values count as read when this is read: until then each of them can be taken back. */
    @Override
    List<T> take() {
        if (outcome == VALUES) {
            Object how = trouble();
            outcome = how != null ? how : values();
        }
        return super.take();
    }

    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        if (outcome != VALUES) {
            return outcome;
        }
        Object how = trouble();
        if (how != null) {
            return how;
        }
        var values = new ArrayList<T>(children.size());
        for (Future<? extends T> child : children) {
            values.add(lent(child, lent));
        }
        return Collections.unmodifiableList(values);
    }

    private static <T extends @Nullable Object> T lent(Future<T> child, List<HookedPromise<?>> lent) {
        return child.value(child.lend(lent));
    }

    private List<T> values() {
        var values = new ArrayList<T>(children.size());
        for (Future<? extends T> child : children) {
            values.add(child.take());
        }
        return Collections.unmodifiableList(values);
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return children;
    }

    @Override
    public boolean waits() {
        return outcome == null;
    }

    /**
     * Asks every child; ends when all of them have. One that is done and unread is cancelled if a child takes back what it was
     * granted.
     */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (outcome != null && outcome != VALUES) {
            return false;
        }
        asking = true; // children may end inside their cancel: they are only counted meanwhile
        boolean any = loop.cancels.all(children, reason);
        asking = false;
        if (outcome == VALUES) {
            if (any) {
                outcome = new Outcome.Cancelled(reason);
            }
            return any;
        }
        if (any) {
            cancelled = new Outcome.Cancelled(reason);
        }
        if (missing == 0 || !any) {
            settle();
        }
        return any;
    }
}

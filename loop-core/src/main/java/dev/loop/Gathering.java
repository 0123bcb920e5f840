package dev.loop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All of several futures, in the order of the arguments. It counts argument positions, so a future may stand there more than once.
 *
 * @param <T> what the futures have in common
 * @param <R> what it makes of each
 */
abstract sealed class Gathering<T extends @Nullable Object, R extends @Nullable Object> extends Future<List<R>>
        implements Listener permits Gather, GatherResults {

    /** Stands for what is read from the children until it is read. */
    private static final Object ALL = new Object();

    /** Looks at what the children of one that ended early come to: it holds nothing, and one of it serves them all. */
    private static final Listener LATER = new Listener() {
        @Override
        public void completed(Future<?> child) {
            child.failure();
        }

        @Override
        public boolean waits() {
            return false;
        }

        @Override
        public boolean looks() {
            return true;
        }
    };

    private final List<Future<? extends T>> children;
    private int missing;
    private boolean asking;
    private Outcome.@Nullable Cancelled cancelled;

    Gathering(EventLoop loop, Collection<? extends Future<? extends T>> futures) {
        super(loop);
        children = new ArrayList<>(futures);
        missing = children.size();
        requireLoop(loop, children);
        for (Future<?> child : children) {
            if (child.outcome != null) {
                completed(child);
            } else {
                child.addListener(this);
            }
        }
        if (children.isEmpty()) {
            finish(List.of());
        } else if (outcome != null && outcome != ALL) {
            letGo();
        }
    }

    @Override
    public void completed(Future<?> child) {
        missing--;
        child.failure(); // looked at, also when another one came first
        if (outcome != null || asking) {
            return;
        }
        Object how = cancelled == null ? trouble(child) : null;
        if (how != null) {
            finish(how);
            letGo();
        } else if (missing == 0) {
            settle();
        }
    }

    /** This has ended early: children that live long must not keep what was made of them again and again. */
    private void letGo() {
        for (Future<?> child : children) {
            if (child.outcome == null) {
                child.removeListener(this);
                child.removeListener(LATER);
                child.addListener(LATER);
            }
        }
    }

    /** Ends this by what the children are now; one that was counted with a value may have been taken back since. */
    private void settle() {
        Object how = cancelled != null ? cancelled : trouble();
        if (how != null) {
            finish(how);
        } else if (missing == 0) {
            finish(ALL);
        }
    }

    private @Nullable Object trouble() {
        for (Future<?> child : children) {
            Object how = trouble(child);
            if (how != null) {
                return how;
            }
        }
        return null;
    }

    /** What a child that is done makes of the whole at once; null if nothing. */
    abstract @Nullable Object trouble(Future<?> child);

    /** What is made of a child when all are done. */
    abstract R read(Future<? extends T> child);

    /** The children's values count as read when this is read: until then each of them can be taken back. */
    @Override
    List<R> take() {
        if (outcome == ALL) {
            Object how = trouble();
            outcome = how != null ? how : read();
        }
        return super.take();
    }

    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        if (outcome != ALL) {
            return outcome;
        }
        Object how = trouble();
        if (how != null) {
            return how;
        }
        var list = new ArrayList<R>(children.size());
        for (Future<? extends T> child : children) {
            list.add(lent(child, lent));
        }
        return Collections.unmodifiableList(list);
    }

    /** What is made of a child for somebody who may turn out not to want it; see {@link #lend}. */
    abstract R lent(Future<? extends T> child, List<HookedPromise<?>> lent);

    static <T extends @Nullable Object> T value(Future<T> child, List<HookedPromise<?>> lent) {
        return child.value(child.lend(lent));
    }

    private List<R> read() {
        var list = new ArrayList<R>(children.size());
        for (Future<? extends T> child : children) {
            list.add(read(child));
        }
        return Collections.unmodifiableList(list);
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
        if (outcome != null && outcome != ALL) {
            return false;
        }
        asking = true; // children may end inside their cancel: they are only counted meanwhile
        boolean any = loop.cancels.all(children, reason);
        asking = false;
        if (outcome == ALL) {
            if (any) {
                outcome = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
            }
            return any;
        }
        if (any) {
            cancelled = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
        }
        if (missing == 0 || !any) {
            settle();
        }
        return any;
    }
}

package dev.loop;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A future whose cancel does not reach the inner one, which goes on; its later failure is reported, having nobody else to go to. */
final class Shield<T extends @Nullable Object> extends Future<T> implements Listener {

    /**
     * Stands in for all shields of a future whose waits were cancelled: whoever shields one future again and again must not fill it
     * with what is left of that.
     */
    private static final Listener LEFT = new Listener() {
        @Override
        public void completed(Future<?> inner) {
            if (inner.outcome instanceof Outcome.Failed failed) {
                failed.retrieved();
                inner.loop.reports.later(new ExceptionContext(
                        "a shielded future failed after its wait was cancelled",
                        failed.error,
                        inner,
                        null,
                        failed.created));
            }
        }

        @Override
        public boolean waits() {
            return false;
        }
    };

    private final Future<T> inner;

    Shield(Future<T> inner) {
        super(inner.loop);
        this.inner = inner;
        if (inner.outcome != null) {
            completed(inner);
        } else {
            inner.addListener(this);
        }
    }

    @Override
    public void completed(Future<?> future) {
        Object how = inner.outcome;
        if (outcome != null || how == null) {
            return;
        }
        if (how instanceof Outcome.Failed failed) {
            failed.retrieved();
            finish(new Outcome.Failed(failed.error));
        } else {
            finish(how);
        }
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return List.of(inner);
    }

    @Override
    Object lane() {
        return inner.lane();
    }

    /** The value counts as read when it is read here: until then the inner one can take it back. */
    @Override
    T take() {
        boolean value = !(outcome instanceof Outcome.Failed || outcome instanceof Outcome.Cancelled);
        return value ? inner.take() : super.take();
    }

    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        boolean value = !(outcome instanceof Outcome.Failed || outcome instanceof Outcome.Cancelled);
        return value ? inner.lend(lent) : outcome;
    }

    @Override
    public boolean waits() {
        return outcome == null;
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (inner.outcome != null) {
            completed(inner); // done already: its outcome follows
        }
        if (outcome != null) {
            return false;
        }
        inner.removeListener(this);
        inner.removeListener(LEFT);
        inner.addListener(LEFT);
        return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

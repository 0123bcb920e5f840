package dev.loop;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A future whose cancel does not reach the inner one, which goes on; its later failure is reported, having nobody else to go to. */
final class Shield<T extends @Nullable Object> extends Future<T> implements Listener {

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
        if (how instanceof Outcome.Failed failed) {
            failed.retrieved();
            if (outcome == null) {
                finish(new Outcome.Failed(failed.error));
            } else {
                loop.reports.later(new ExceptionContext(
                        "a shielded future failed after its wait was cancelled",
                        failed.error,
                        inner,
                        null,
                        failed.created));
            }
        } else if (how instanceof Outcome.Cancelled c) {
            finish(c);
        } else if (how != null && outcome == null) {
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
    public boolean waits() {
        return outcome == null;
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        return outcome == null && finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

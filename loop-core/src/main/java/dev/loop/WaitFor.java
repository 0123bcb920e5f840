package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A future with a limit: when the time is up the inner one is cancelled, and this ends when that has. If the inner one ends with a
 * value or a failure all the same, that is the outcome.
 */
final class WaitFor<T extends @Nullable Object> extends Future<T> implements Listener {

    private final Future<T> inner;
    private final Duration limit;
    private final TimerNode timer;
    private boolean late;

    WaitFor(Future<T> inner, Duration limit) {
        super(inner.loop);
        this.inner = inner;
        this.limit = limit;
        timer = new TimerNode(loop.now() + Durations.nanos(limit)) {
            @Override
            public void fire() {
                expire();
            }
        };
        if (inner.outcome != null) {
            completed(inner);
            return;
        }
        inner.addListener(this);
        if (limit.isZero() || limit.isNegative()) {
            expire();
        } else {
            loop.timers.add(timer);
        }
    }

    private void expire() {
        late = true;
        inner.cancel("not done within " + limit);
    }

    @Override
    public void completed(Future<?> future) {
        loop.timers.remove(timer);
        Object how = inner.outcome;
        if (how instanceof Outcome.Cancelled c) {
            finish(late ? new Outcome.Failed(TimeoutException.after(limit, c.toException())) : c);
        } else if (how instanceof Outcome.Failed failed) {
            failed.retrieved();
            finish(new Outcome.Failed(failed.error));
        } else if (how != null) {
            finish(how);
        }
    }

    /** No time-out is left that nobody would look at; a failure is the inner one's own again. */
    @Override
    void left(@Nullable String reason) {
        if (outcome == null) {
            loop.timers.remove(timer);
            inner.removeListener(this);
            finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
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

    /**
     * Asks the inner one first: if that is complete it refuses, and its outcome follows; unless it was granted something that nobody
     * has read, and takes it back.
     */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        Object how = outcome;
        if (how != null) {
            if (inner.outcome != how || how instanceof Outcome.Cancelled || !inner.cancel(reason)) {
                return false;
            }
            outcome = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
            return true;
        }
        boolean wasLate = late;
        late = false; // before the call: the inner one may end inside it
        if (inner.cancel(reason)) {
            return true;
        }
        late = wasLate;
        return false;
    }
}

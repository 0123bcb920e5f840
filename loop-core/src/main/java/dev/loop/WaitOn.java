package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A wait until some of several futures are done. It reads none of them and cancels none of them. Which are done is looked up when its
 * value is read: what has ended meanwhile, in the same turn, is among them.
 */
final class WaitOn<F extends Future<?>> extends Future<Waited<F>> implements Listener {

    /** Stands for the sets until they are read. */
    private static final Object OVER = new Object();

    private final Set<F> futures;
    private final WaitCondition condition;
    private final @Nullable TimerNode timer;
    private int missing;

    WaitOn(EventLoop loop, Collection<? extends F> futures, @Nullable Duration limit, WaitCondition condition) {
        super(loop);
        this.futures = new LinkedHashSet<>(futures);
        this.condition = Objects.requireNonNull(condition, "condition");
        if (this.futures.isEmpty()) {
            throw new IllegalArgumentException("waitOn of no futures would never end: give it at least one");
        }
        requireLoop(loop, this.futures);
        timer = limit == null ? null : new Limit(loop.now() + Durations.nanos(limit));
        for (F future : this.futures) {
            if (future.outcome == null) {
                missing++;
            }
        }
        if (missing == 0 || this.futures.stream().anyMatch(this::isEnough)) {
            finish(OVER);
            return;
        }
        for (F future : this.futures) {
            if (future.outcome == null) {
                future.addListener(this);
            }
        }
        if (timer != null) {
            loop.timers.add(timer);
        }
    }

    private final class Limit extends TimerNode {
        Limit(long deadline) {
            super(deadline);
        }

        @Override
        public void fire() {
            end(OVER);
        }
    }

    /** Whether this future alone, done as it is, ends the wait. */
    private boolean isEnough(Future<?> future) {
        return switch (condition) {
            case ALL_COMPLETED -> false;
            case FIRST_COMPLETED -> future.outcome != null;
            case FIRST_EXCEPTION -> future.outcome instanceof Outcome.Failed;
        };
    }

    @Override
    public void completed(Future<?> future) {
        missing--;
        if (missing == 0 || isEnough(future)) {
            end(OVER);
        }
    }

    private boolean end(Object how) {
        if (outcome != null) {
            return false;
        }
        if (timer != null) {
            loop.timers.remove(timer);
        }
        for (F future : futures) {
            if (future.outcome == null) {
                future.removeListener(this);
            }
        }
        return finish(how);
    }

    @Override
    Waited<F> take() {
        if (outcome == OVER) {
            var done = new LinkedHashSet<F>();
            var pending = new LinkedHashSet<F>();
            for (F future : futures) {
                (future.outcome != null ? done : pending).add(future);
            }
            outcome = new Waited<F>(Collections.unmodifiableSet(done), Collections.unmodifiableSet(pending));
        }
        return super.take();
    }

    /** What it gives are the futures, unread; so nothing is lent. */
    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        if (outcome == OVER) {
            var _ = take();
        }
        return outcome;
    }

    @Override
    public boolean looks() {
        return false;
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return futures;
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        return outcome == null && end(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

package dev.loop;

import dev.loop.internal.ready.Lane;
import dev.loop.internal.timer.TimerNode;
import org.jspecify.annotations.Nullable;

/** A wait for a time to come. */
final class SleepFuture<T extends @Nullable Object> extends Future<T> {

    private final @Nullable TimerNode timer; // null for a time that does not come
    private final boolean immediate;

    SleepFuture(EventLoop loop, Deadline deadline, T result) {
        super(loop);
        immediate = loop.order != null && !deadline.isNever() && deadline.when() - loop.now() <= 0;
        timer = deadline.isNever()
                ? null
                : new TimerNode(deadline.when()) {
                    @Override
                    public void fire() {
                        finish(Outcome.of(result));
                    }
                };
        if (timer != null) {
            loop.timers.add(timer);
        }
    }

    @Override
    Object lane() {
        if (outcome instanceof Outcome.Cancelled) {
            return this;
        }
        return immediate
                ? Lane.BARRIER
                : Lane.TIMERS; // a sleep of no time gives way to all that is ready, as yieldNow does
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (timer != null) {
            loop.timers.remove(timer);
        }
        return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

package dev.loop;

import dev.loop.internal.ready.Lane;
import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A wait for a time to pass. */
final class SleepFuture extends Future<@Nullable Void> {

    private final TimerNode timer;
    private final boolean immediate;

    SleepFuture(EventLoop loop, Duration delay) {
        super(loop);
        immediate = !delay.isPositive();
        timer = new TimerNode(loop.now() + Durations.nanos(delay)) {
            @Override
            public void fire() {
                finish(Outcome.NIL);
            }
        };
        loop.timers.add(timer);
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
        loop.timers.remove(timer);
        return finish(new Outcome.Cancelled(reason));
    }
}

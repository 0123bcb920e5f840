package dev.loop;

import dev.loop.internal.timer.TimerNode;
import org.jspecify.annotations.Nullable;

/** A wait for a time to come. */
final class SleepFuture<T extends @Nullable Object> extends Future<T> {

    private final TimerNode timer;

    SleepFuture(EventLoop loop, long when, T result) {
        super(loop);
        timer = new TimerNode(when) {
            @Override
            public void fire() {
                finish(Outcome.of(result));
            }
        };
        loop.timers.add(timer);
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        loop.timers.remove(timer);
        return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

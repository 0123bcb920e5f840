package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A wait for an executor that was shut down to have ended its last call. A thread of its own waits there, because the JDK can tell no other way. */
final class ExecutorEnd extends Promise<@Nullable Void> {

    private final TimerNode timer;
    private final Thread waiter;

    ExecutorEnd(EventLoop loop, Offload offload, ExecutorService executor, Duration limit) {
        super(loop);
        timer = new TimerNode(loop.now() + Durations.nanos(limit)) {
            @Override
            public void fire() {
                loop.reports.later(new ExceptionContext(
                        "the default executor of " + loop.name() + " did not end within " + limit
                                + ": its threads still run calls",
                        null,
                        null,
                        null));
                end(Outcome.NIL);
            }
        };
        loop.timers.add(timer);
        waiter = Thread.ofPlatform()
                .daemon()
                .name(loop.name() + "-executor-end")
                .start(() -> {
                    try {
                        executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
                    } catch (InterruptedException e) {
                        // nobody waits any more
                    }
                    loop.submit(() -> {
                        offload.ended();
                        end(Outcome.NIL);
                    });
                });
    }

    private boolean end(Object how) {
        loop.timers.remove(timer);
        waiter.interrupt();
        return finish(how);
    }

    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        return end(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }
}

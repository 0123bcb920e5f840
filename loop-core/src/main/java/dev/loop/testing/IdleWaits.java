package dev.loop.testing;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who waits for all others to be blocked. The shortest cushion goes first; what it wakes makes the others begin anew. */
final class IdleWaits {

    private record Wait(Promise<@Nullable Void> promise, long cushion) {}

    private final List<Wait> waits = new ArrayList<>();

    Future<@Nullable Void> add(EventLoop loop, Duration cushion) {
        if (cushion.isNegative()) {
            throw new IllegalArgumentException("a cushion is a time that passes, not " + cushion);
        }
        var wait = new Wait(loop.promise(), cushion.toNanos());
        waits.add(wait);
        return wait.promise();
    }

    /** The shortest cushion, in nanoseconds; {@link Long#MAX_VALUE} if nobody waits. */
    long shortest() {
        waits.removeIf(wait -> wait.promise().isDone()); // cancelled
        return waits.stream().mapToLong(Wait::cushion).min().orElse(Long.MAX_VALUE);
    }

    /** Wakes all who wait with this cushion. */
    void over(long cushion) {
        List<Wait> these =
                waits.stream().filter(wait -> wait.cushion() == cushion).toList();
        waits.removeAll(these);
        these.forEach(wait -> wait.promise().complete(null));
    }
}

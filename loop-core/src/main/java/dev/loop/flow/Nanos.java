package dev.loop.flow;

import java.time.Duration;
import java.util.Objects;

/** Durations as nanoseconds. */
final class Nanos {

    /** As good as for ever; adding it to a clock does not wrap. */
    static final long FOREVER = Long.MAX_VALUE >> 2;

    private static final Duration LONGEST = Duration.ofNanos(FOREVER);

    private Nanos() {}

    /** The length; too long saturates, negative is zero. */
    static long of(Duration duration) {
        return duration.isNegative() ? 0 : duration.compareTo(LONGEST) >= 0 ? FOREVER : duration.toNanos();
    }

    /** The length of one that may not be negative. */
    static long notNegative(Duration duration, String what) {
        if (Objects.requireNonNull(duration, what).isNegative()) {
            throw new IllegalArgumentException(what + " is zero or longer, not " + duration);
        }
        return of(duration);
    }

    /** The length of one that is longer than zero. */
    static long positive(Duration duration, String what) {
        if (Objects.requireNonNull(duration, what).isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(what + " is longer than zero, not " + duration);
        }
        return of(duration);
    }
}

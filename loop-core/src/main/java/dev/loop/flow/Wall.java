package dev.loop.flow;

import java.time.Duration;
import java.time.Instant;

/** What waiting for the wall clock needs. */
final class Wall {

    /** A wall clock that was moved is noticed within this time. */
    static final long LONGEST_WAIT = Duration.ofMinutes(1).toNanos();

    private Wall() {}

    /** How long from one instant to another; negative if that is earlier. Too long saturates. */
    static long nanosBetween(Instant from, Instant to) {
        var between = Duration.between(from, to);
        return between.isNegative() ? -Nanos.of(between.negated()) : Nanos.of(between);
    }
}

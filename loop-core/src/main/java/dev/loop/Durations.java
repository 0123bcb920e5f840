package dev.loop;

import java.time.Duration;

/** Durations as nanoseconds, the unit in which the kernel counts. */
final class Durations {

    /** Far enough to be for ever, near enough that adding it to a clock cannot wrap past now. */
    static final long FOREVER = Long.MAX_VALUE >> 1;

    private Durations() {}

    /** The length in nanoseconds; too long for them saturates, negative is as short as can be. */
    static long nanos(Duration duration) {
        long seconds = duration.getSeconds();
        if (seconds >= FOREVER / 1_000_000_000L) {
            return FOREVER;
        }
        if (seconds < 0) {
            return 0;
        }
        return seconds * 1_000_000_000L + duration.getNano();
    }
}

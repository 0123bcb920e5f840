package dev.loop.testing;

import dev.loop.spi.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * A clock that stands still until it is told to move. It begins at zero nanoseconds and at the start of 2000 (UTC). It may be
 * moved by the thread that uses it only.
 */
public final class ManualClock implements Clock {

    private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

    private long nanos;

    /** A clock at its beginning. */
    public ManualClock() {}

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Instant now() {
        return START.plusNanos(nanos);
    }

    /**
     * How far it has moved.
     *
     * @return the time since its beginning
     */
    public Duration elapsed() {
        return Duration.ofNanos(nanos);
    }

    /**
     * Moves the clock.
     *
     * @param time how far; not negative
     */
    public void advance(Duration time) {
        advanceNanos(time.toNanos());
    }

    void advanceNanos(long time) {
        if (time < 0) {
            throw new IllegalArgumentException("a clock does not go backwards: " + time + " ns");
        }
        nanos = Math.addExact(nanos, time);
    }

    @Override
    public String toString() {
        return "ManualClock[" + elapsed() + "]";
    }
}

package dev.loop.flow;

import dev.loop.EventLoop;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Ticks at a fixed rate or with a fixed delay, on the monotonic clock from the first one on. */
final class SteadyTicks implements Ticks {

    private final boolean rate;
    private final long period;
    private final int catchUp;
    private @Nullable Instant first; // on the wall, until it has come
    private long next; // of the loop's clock; while there is a first one, what it would be as of the last look
    private boolean begun;
    private long skipped;

    /** The first tick comes after a delay. */
    SteadyTicks(boolean rate, long period, int catchUp, EventLoop loop, long initialDelay) {
        this.rate = rate;
        this.period = period;
        this.catchUp = catchUp;
        next = loop.time() + initialDelay;
    }

    /** The first tick comes at an instant; if that has passed, at the next one at this rate, or now. */
    SteadyTicks(boolean rate, long period, int catchUp, EventLoop loop, Instant first) {
        this(rate, period, catchUp, loop, 0);
        Instant now = loop.clock().now();
        long behind = Wall.nanosBetween(first, now);
        this.first = behind <= 0 ? first : rate ? now.plusNanos(untilWhole(Duration.between(first, now))) : now;
    }

    /** What is missing to whole periods; the time since the first tick may be too long for nanoseconds. */
    private long untilWhole(Duration since) {
        long rest = BigInteger.valueOf(since.getSeconds())
                .multiply(BigInteger.valueOf(1_000_000_000))
                .add(BigInteger.valueOf(since.getNano()))
                .mod(BigInteger.valueOf(period))
                .longValueExact();
        return rest == 0 ? 0 : period - rest;
    }

    /** The least multiple of the period that is no less. */
    private long up(long nanos) {
        long rest = nanos % period;
        return rest == 0 ? nanos : nanos - rest + period;
    }

    @Override
    public boolean advance(EventLoop loop) {
        if (!begun) {
            begun = true;
            return true;
        }
        first = null;
        long now = loop.time();
        if (!rate) {
            next = now + period;
            return true;
        }
        next += period;
        if (next - now < 0) {
            long missed = up(now - next) / period;
            long out = Math.max(0, missed - catchUp);
            skipped += out;
            next += out * period;
        }
        return true;
    }

    @Override
    public long left(EventLoop loop) {
        Instant at = first;
        if (at == null) {
            return next - loop.time();
        }
        long left = Wall.nanosBetween(loop.clock().now(), at);
        next = loop.time() + left;
        return left;
    }

    @Override
    public long skipped() {
        return skipped;
    }

    @Override
    public long longestWait() {
        return first == null ? Nanos.FOREVER : Wall.LONGEST_WAIT;
    }
}

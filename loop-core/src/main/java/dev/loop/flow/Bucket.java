package dev.loop.flow;

import java.math.BigInteger;
import java.time.Duration;

/**
 * A bucket of tokens that fills at a rate, in integer arithmetic without drift. <b>Not thread-safe.</b>
 *
 * <p>Instead of a level it keeps the instant at which it will be full again: whoever takes a token moves that away by the time that a
 * token costs, and may not move it further from now than the time that filling an empty bucket takes. The time of a token need not be
 * whole nanoseconds, so the instant has a rest, counted in parts of a nanosecond, of which there are as many as permits in a period.
 *
 * <p>It is the generic cell rate algorithm in its form as virtual scheduling: ITU-T Recommendation I.371, annex A; ATM Forum, Traffic
 * Management Specification 4.0, 4.4.2.
 */
final class Bucket {

    /** Far enough for any rate that makes sense, near enough that sums of a few of them do not wrap. */
    private static final long LONGEST = Long.MAX_VALUE >> 2;

    private final int burst;

    private int permits;
    private Duration period = Duration.ZERO;
    private long periodNanos;

    // what a token costs, and what all of them do: nanoseconds and a rest
    private long step;
    private long stepRest;
    private long span;
    private long spanRest;

    // when it will be full
    private long full;
    private long fullRest;

    /** A bucket that is full. */
    Bucket(int permits, Duration period, int burst, long now) {
        if (burst < 1) {
            throw new IllegalArgumentException("a burst is at least 1 permit, not " + burst);
        }
        this.burst = burst;
        full = now;
        setRate(permits, period);
    }

    int permits() {
        return permits;
    }

    Duration period() {
        return period;
    }

    int burst() {
        return burst;
    }

    /** In how many nanoseconds this many tokens can be taken; 0 for now. */
    long timeTo(int tokens, long now) {
        boolean spills = spills(now);
        long rest = (spills ? 0 : fullRest) + tokens * stepRest;
        long time = (spills ? 0 : full - now) + tokens * step + rest / permits - span;
        return Math.max(0, rest % permits > spanRest ? time + 1 : time);
    }

    /** Takes tokens that are there. */
    void take(int tokens, long now) {
        if (spills(now)) {
            full = now;
            fullRest = 0;
        }
        long rest = fullRest + tokens * stepRest;
        full += tokens * step + rest / permits;
        fullRest = rest % permits;
    }

    /**
     * Whether it is full and more has come. A bucket that has been full for less than a nanosecond has not spilled: whoever waited for
     * a token takes it at a whole nanosecond, and what came between is no less his.
     */
    private boolean spills(long now) {
        long time = full - now;
        return time < -1 || (time == -1 && fullRest == 0);
    }

    /**
     * Puts back tokens that were taken some time ago. What has come since is left out: if they had been there all the time, as much
     * might have spilled.
     */
    void giveBack(int tokens, long taken, long now) {
        long rest = tokens * stepRest;
        long time = tokens * step + rest / permits - (now - taken);
        if (time >= 0) {
            rest = fullRest - rest % permits;
            full += Math.floorDiv(rest, permits) - time;
            fullRest = Math.floorMod(rest, permits);
        }
    }

    /** How many tokens are there. */
    int available(long now) {
        if (timeTo(burst, now) == 0) {
            return burst;
        }
        int enough = 0;
        int tooMany = burst;
        while (tooMany - enough > 1) {
            int middle = (enough + tooMany) >>> 1;
            if (timeTo(middle, now) == 0) {
                enough = middle;
            } else {
                tooMany = middle;
            }
        }
        return enough;
    }

    /** Changes the rate from now on; what is in the bucket stays, to less than a part of a nanosecond. */
    void changeRate(int newPermits, Duration newPeriod, long now) {
        // tokens, times the period
        BigInteger missing =
                big(full - now).multiply(big(permits)).add(big(fullRest)).max(BigInteger.ZERO);
        long before = periodNanos;
        setRate(newPermits, newPeriod);
        BigInteger[] split = missing.multiply(big(periodNanos)).divideAndRemainder(big(before));
        BigInteger parts = split[1].signum() == 0 ? split[0] : split[0].add(BigInteger.ONE);
        BigInteger[] time = parts.divideAndRemainder(big(permits));
        full = now + time[0].longValueExact();
        fullRest = time[1].longValueExact();
    }

    private void setRate(int newPermits, Duration newPeriod) {
        if (newPermits < 1) {
            throw new IllegalArgumentException("a rate is at least 1 permit in a period, not " + newPermits);
        }
        if (newPeriod.isNegative() || newPeriod.isZero()) {
            throw new IllegalArgumentException("the period of a rate is longer than zero, not " + newPeriod);
        }
        BigInteger nanos =
                big(newPeriod.getSeconds()).multiply(big(1_000_000_000)).add(big(newPeriod.getNano()));
        BigInteger[] whole = nanos.multiply(big(burst)).divideAndRemainder(big(newPermits));
        if (whole[0].max(nanos).compareTo(big(LONGEST)) > 0) {
            throw new IllegalArgumentException("a burst of " + burst + " at " + newPermits + " permits in " + newPeriod
                    + " takes too long to count in nanoseconds: take a shorter period or a smaller burst");
        }
        permits = newPermits;
        period = newPeriod;
        periodNanos = nanos.longValueExact();
        step = periodNanos / permits;
        stepRest = periodNanos % permits;
        span = whole[0].longValueExact();
        spanRest = whole[1].longValueExact();
    }

    private static BigInteger big(long value) {
        return BigInteger.valueOf(value);
    }
}

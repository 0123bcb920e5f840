package dev.loop.flow;

import java.util.random.RandomGenerator;

/**
 * How much chance there is in a back-off, so that those who failed together do not come back together. The names and formulas are
 * those of M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
public enum Jitter {
    /** None: the back-off itself. */
    NONE {
        @Override
        long apply(long backoff, Backoff settings, long previous, RandomGenerator random) {
            return backoff;
        }
    },

    /** Anything from zero to the back-off. */
    FULL {
        @Override
        long apply(long backoff, Backoff settings, long previous, RandomGenerator random) {
            return between(0, backoff, random);
        }
    },

    /** Half of the back-off, and anything from zero to the other half. */
    EQUAL {
        @Override
        long apply(long backoff, Backoff settings, long previous, RandomGenerator random) {
            return between(backoff / 2, backoff, random);
        }
    },

    /**
     * Anything from the initial delay to three times the delay before it (at first, three times the initial one), with the cap as the
     * limit. The factor plays no part.
     */
    DECORRELATED {
        @Override
        long apply(long backoff, Backoff settings, long previous, RandomGenerator random) {
            long most = 3 * Math.min(Math.max(previous, settings.initial()), Long.MAX_VALUE / 4);
            return Math.min(settings.cap(), between(settings.initial(), most, random));
        }
    };

    abstract long apply(long backoff, Backoff settings, long previous, RandomGenerator random);

    /** Both included. */
    private static long between(long least, long most, RandomGenerator random) {
        return random.nextLong(least, most + 1);
    }
}

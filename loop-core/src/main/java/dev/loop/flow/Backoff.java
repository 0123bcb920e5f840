package dev.loop.flow;

import java.util.random.RandomGenerator;

/**
 * How long to wait between attempts, in nanoseconds.
 *
 * @param initial after the first failure
 * @param factor by how much it grows with each failure
 * @param cap the most
 */
record Backoff(long initial, double factor, long cap, Jitter jitter) {

    /**
     * The delay after a failure.
     *
     * @param failures how many there were, at least 1
     * @param previous the delay before it; 0 if there was none
     */
    long delay(int failures, long previous, RandomGenerator random) {
        double grown = initial * Math.pow(factor, failures - 1);
        long backoff = grown >= cap ? cap : (long) grown;
        return jitter.apply(backoff, this, previous, random);
    }
}

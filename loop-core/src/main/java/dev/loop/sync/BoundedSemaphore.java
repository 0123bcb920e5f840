package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;

/**
 * A semaphore that never has more permits than at first: a release too many is an error. It belongs to its loop's thread.
 */
@CheckReturnValue
public final class BoundedSemaphore extends Semaphore {

    private final int bound;

    /**
     * A semaphore of the current loop.
     *
     * @param permits how many there are at first, and at most; not negative
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public BoundedSemaphore(int permits) {
        this(EventLoop.current(), permits);
    }

    /**
     * A semaphore of a loop.
     *
     * @param loop whose tasks use it
     * @param permits how many there are at first, and at most; not negative
     */
    public BoundedSemaphore(EventLoop loop, int permits) {
        super(loop, permits);
        bound = permits;
    }

    /**
     * How many permits there are.
     *
     * @return the number at first, which is the most
     */
    public int bound() {
        return bound;
    }

    @Override
    int limited(long permits) {
        return (int) Math.min(permits, bound);
    }

    @Override
    void checkCount(int permits) {
        super.checkCount(permits);
        if (permits > bound) {
            throw new IllegalArgumentException(
                    "acquire(" + permits + ") of " + this + " would wait for ever: ask for " + bound + " at most");
        }
    }

    @Override
    public String toString() {
        return "BoundedSemaphore[" + available() + " of " + bound
                + standing().substring(Integer.toString(available()).length()) + "]";
    }
}

package dev.loop.flow;

import dev.loop.EventLoop;

/** The instants at which the runs of one {@link Periodic} are due. It belongs to the loop's thread. */
interface Ticks {

    /**
     * Goes on to the next one, at the start and when a run has ended.
     *
     * @return false if there is none any more
     */
    boolean advance(EventLoop loop);

    /** How long until it comes, in nanoseconds as of now; zero or less if it is due. */
    long left(EventLoop loop);

    /** How many were left out so far. */
    long skipped();

    /** The longest wait without a look at the clock, in nanoseconds. */
    long longestWait();
}

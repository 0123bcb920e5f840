package dev.loop.spi;

import java.time.Instant;

/**
 * The time of an event loop: a monotonic nanosecond count, by which timers run, and the wall time, which is only told.
 *
 * <p>Implementations are called on every turn of the loop and must be cheap and never go backwards. The system clock may be
 * used from any thread; a loop calls its clock from its own thread only, and in guest mode from the thread that waits for it too.
 */
public interface Clock {

    /**
     * Nanoseconds since an arbitrary origin; only differences mean anything.
     *
     * @return the monotonic time in nanoseconds
     */
    long nanoTime();

    /**
     * The wall time, as people tell it. It may jump; nothing in the loop is scheduled by it.
     *
     * @return the current instant
     */
    Instant now();

    /**
     * The clock of this machine: {@link System#nanoTime()} and {@link Instant#now()}.
     *
     * @return the shared system clock
     */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}

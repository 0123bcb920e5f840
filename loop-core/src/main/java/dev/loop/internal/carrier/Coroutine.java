package dev.loop.internal.carrier;

/**
 * A body that gives the loop's thread back in the middle and is continued later.
 *
 * <pre>
 *   NEW -> mounted                       first mount()
 *   mounted -> suspended -> mounted      suspend(), mount()
 *   mounted -> blocked -> mounted        a JDK wait in the body; the JDK asks for the mount through Owner.wokenByJdk
 *   mounted -> done                      the body has returned
 * </pre>
 */
public abstract class Coroutine {

    /** Who puts the coroutine back into the queue when the JDK, not the loop, has woken it. */
    @FunctionalInterface
    public interface Owner {

        /**
         * The coroutine can go on (a lock, a sleep, an interrupt): its {@link #mount()} is due. Called by any thread, also
         * by a virtual thread that must not park, so it takes no lock and does not wait; it may be called once too often.
         */
        void wokenByJdk();
    }

    // all of it belongs to the loop's thread
    boolean suspended;
    boolean done;
    boolean refusesWaits; // a call of a plain generator

    Coroutine() {}

    /**
     * Runs the body on the platform thread until it suspends, blocks in the JDK or ends. If it is suspended it is woken; if
     * the JDK has not woken it yet nothing happens. Platform thread only.
     */
    public abstract void mount();

    /**
     * Gives the thread back until the next {@link #mount()}. Returns also without a cause that the caller knows: for an
     * interrupt, or a stray {@code unpark}; so it is called in a loop. From inside the body only.
     */
    public abstract void suspend();

    /**
     * Sets the interrupt flag of the body's thread, and wakes it from a JDK wait.
     */
    public abstract void interrupt();

    /**
     * The thread that {@link Thread#currentThread()} is inside the body.
     *
     * @return the thread, also before the body has begun
     */
    public abstract Thread thread();

    /** See {@link Carrier#strand}. */
    abstract void strand();

    /**
     * Whether code in here may not wait for the loop.
     *
     * @return true in what must come back to its caller before anything else runs
     */
    public final boolean refusesWaits() {
        return refusesWaits;
    }

    /**
     * Whether the body sits in {@link #suspend()}.
     *
     * @return true between suspend() and mount()
     */
    public final boolean isSuspended() {
        return suspended;
    }

    /**
     * Whether the body has returned.
     *
     * @return true when it will never be mounted again
     */
    public final boolean isDone() {
        return done;
    }
}

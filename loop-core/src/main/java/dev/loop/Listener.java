package dev.loop;

/** What waits for a future to be done, in the order of registration. Called by the kernel on the loop's thread; runs no user code. */
interface Listener {

    /** The future is done. */
    void completed(Future<?> future);

    /** Whether it wants the outcome, so that a cancelled co-waiter must leave the future to it. */
    default boolean waits() {
        return true;
    }

    /** Whether a failure counts as seen by it. */
    default boolean looks() {
        return waits();
    }
}

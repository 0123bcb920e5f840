package dev.loop;

/** When a {@link Async#waitOn waitOn} is over. */
public enum WaitCondition {

    /** When every future is done. */
    ALL_COMPLETED,

    /** When one is done, in whatever way. */
    FIRST_COMPLETED,

    /** When one has failed, or every one is done; a cancelled one is no failure. */
    FIRST_EXCEPTION
}

package dev.loop.internal.ready;

/** The lanes of a {@linkplain ReadyOrder seeded order} that belong to no object. */
public enum Lane {
    /** What is promised to run in the order in which it was asked for: {@code callSoon}, and the first steps of tasks. */
    ORDERED,
    /** What time has woken: by deadline, then in the order of the calls. */
    TIMERS,
    /** An entry that all before it in the batch must run before, and all behind it after. */
    BARRIER
}

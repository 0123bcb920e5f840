package dev.loop;

/** A callback that is not in the order of {@code callSoon}, but in that of the future which has set it off. */
interface Laned extends Runnable {

    /** Its lane in a seeded order. */
    Object lane();
}

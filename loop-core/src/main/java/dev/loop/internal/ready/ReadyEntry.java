package dev.loop.internal.ready;

/** Something that stands in the ready queue and is run once for each time that it was put there. */
public interface ReadyEntry {

    /**
     * Whether this is user code, which only the loop virtual thread may run; everything else is kernel work for the platform
     * thread.
     *
     * @return true for user code
     */
    default boolean isCallback() {
        return false;
    }

    /**
     * Where the entry stands in a {@linkplain ReadyOrder seeded order}: entries of one lane keep their order, whatever the seed.
     * Asked for when the turn begins that runs the entry.
     *
     * @return an object, compared by identity; without a reason for another one, {@link Lane#ORDERED}
     */
    default Object lane() {
        return Lane.ORDERED;
    }

    /** Does the work. For a callback on the loop virtual thread, else on the platform thread. Throws nothing. */
    void run();

    /**
     * Puts the entry into the queue, when it has come out of the inbox.
     *
     * @param ready the loop's queue
     */
    default void admit(ReadyQueue ready) {
        ready.add(this);
    }
}

package dev.loop;

/**
 * Is told what the loop does: for metrics, traces and debugging. Added by {@link EventLoop#addInstrument}; a loop without one pays
 * nothing but the question.
 *
 * <p>The hooks of a task run in that task's own thread, as a part of its step; the one for its creation in whatever spawns it, and
 * those for I/O on the loop virtual thread. They are user code like any other: they may call the loop, but not {@code await()}, and
 * how long they take the loop is held. A hook that throws is told to the loop's exception handler, and its instrument is removed.
 *
 * <p>For a task the order is {@code taskSpawned}, then for every step {@code taskScheduled}, {@code beforeStep}, {@code afterStep};
 * {@code taskFinished} comes inside the last step. A blocking JDK call, which parks the task and frees the loop, is not seen from
 * inside a thread and so is part of the step around it; and so are the first steps of tasks that this one starts eagerly, which
 * are not scheduled. An instrument that is added or removed in the middle hears a part only.
 */
public interface Instrument {

    /**
     * A task was made. It has not run; called by whatever called {@code spawn}.
     *
     * @param task the new task
     */
    default void taskSpawned(Task<?> task) {}

    /**
     * A task had been put into the ready queue, and its turn has come: told right before {@link #beforeStep}, because no user code
     * may run at the moment itself.
     *
     * @param task the task, which is the current one
     * @param when it was put there, on the scale of {@link EventLoop#time()}
     */
    default void taskScheduled(Task<?> task, long when) {}

    /**
     * A step begins.
     *
     * @param task the task, which is the current one
     */
    default void beforeStep(Task<?> task) {}

    /**
     * A step ends: the task is about to wait, gives way, or is done.
     *
     * @param task the task, which is still the current one
     */
    default void afterStep(Task<?> task) {}

    /**
     * A task is done, with whatever outcome. A task that was cancelled before its first step has no thread; this is then told on
     * the loop virtual thread, and it has had no steps.
     *
     * @param task the task, done
     */
    default void taskFinished(Task<?> task) {}

    /**
     * The loop has waited for I/O or looked for it: how that began. It is told when it is over, together with {@link #afterIoWait},
     * because the loop would not wait as long as it has something to tell.
     *
     * @param timeout how long it was to wait at most, in nanoseconds; zero if it only looked, negative without limit
     * @param when it began, on the scale of {@link EventLoop#time()}
     */
    default void beforeIoWait(long timeout, long when) {}

    /**
     * The loop has waited for I/O or looked for it: how that ended.
     *
     * @param timeout as {@link #beforeIoWait} was told
     * @param when it ended, on the scale of {@link EventLoop#time()}
     */
    default void afterIoWait(long timeout, long when) {}
}

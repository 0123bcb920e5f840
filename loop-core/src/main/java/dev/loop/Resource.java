package dev.loop;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that tasks hold and other tasks wait for: a lock, a semaphore, a pool. A {@link WaitQueue} or a {@link CancelHook} that
 * has one lets {@linkplain dev.loop.debug.CallGraph call graphs} and {@linkplain dev.loop.debug.TaskDump task dumps} go on from
 * whoever waits to whoever holds, so that a circle through two locks is found. What nobody holds, such as an event, may be one as
 * well: its {@code toString} says in a few words how it stands.
 *
 * <p>Its methods are called on the loop's thread, in a task or a callback, and change nothing.
 */
public interface Resource {

    /**
     * The tasks that hold it. With more than one, a waiter needs one of them to let go, or several; that is not told apart.
     *
     * @return a copy, or what does not change meanwhile; empty if no task is known to hold it
     */
    Collection<Task<?>> holders();

    /**
     * What is known of each grant that was not given back.
     *
     * @return a copy, the oldest first; empty if nothing more is known than the {@link #holders()}
     */
    default List<Hold> holds() {
        return List.of();
    }

    /**
     * A grant that was not given back.
     *
     * @param task who asked for it; null if that was done outside of a task
     * @param since when it was granted, as {@link EventLoop#turnTime()} had it
     * @param acquiredAt where it was asked for, the innermost frame first; empty unless the loop was in debug mode
     */
    record Hold(@Nullable Task<?> task, long since, List<StackTraceElement> acquiredAt) {

        /** A grant with a copy of its frames. */
        public Hold {
            acquiredAt = List.copyOf(acquiredAt);
        }
    }
}

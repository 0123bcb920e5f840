package dev.loop;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * State of a thread that a loop carries along with the {@link Context}: read where something is scheduled, put in place where that
 * runs, and put back afterwards. Given to {@link LoopBuilder#carry}; a loop without any pays nothing for it.
 *
 * <p>The methods are called on the thread whose state it is: in tasks, on the loop virtual thread, on helper threads, and on any
 * thread that schedules something. They must not block. What they throw meets whoever schedules, or counts as the failure of what
 * was to run.
 *
 * @param <T> a snapshot of the state; immutable, or never changed
 */
public interface ContextAccessor<T> {

    /**
     * The state of the calling thread.
     *
     * @return a snapshot that later changes do not reach; null if there is none
     */
    @Nullable T capture();

    /**
     * Makes a snapshot the state of the calling thread, in place of whatever it had.
     *
     * @param snapshot what {@link #capture()} gave, on any thread
     */
    void restore(T snapshot);

    /** Leaves the calling thread without such state. */
    void clear();

    /**
     * SLF4J's MDC: the map, and not the stacks of {@code pushByKey}.
     *
     * @return an accessor for whichever logging backend is in use
     */
    static ContextAccessor<Map<String, String>> mdc() {
        return Mdc.ACCESSOR;
    }

    /**
     * A thread-local variable.
     *
     * @param local the variable; its values must not be changed in place
     * @param <T> its values
     * @return an accessor that takes a value of null for none
     */
    static <T> ContextAccessor<T> of(ThreadLocal<@Nullable T> local) {
        Objects.requireNonNull(local, "local");
        return new ContextAccessor<>() {
            @Override
            public @Nullable T capture() {
                return local.get();
            }

            @Override
            public void restore(T snapshot) {
                local.set(snapshot);
            }

            @Override
            public void clear() {
                local.remove();
            }
        };
    }
}

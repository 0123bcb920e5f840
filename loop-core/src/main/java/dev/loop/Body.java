package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * A piece of direct-style code that gives a result and may throw a checked exception of its own, run in place by the method
 * that takes it.
 *
 * @param <T> the result
 * @param <X> what the code may throw besides unchecked exceptions; inferred as {@link RuntimeException} where it throws nothing
 */
@FunctionalInterface
public interface Body<T extends @Nullable Object, X extends Throwable> {

    /**
     * Runs the code.
     *
     * @return its result
     * @throws X as the code does
     */
    T run() throws X;
}

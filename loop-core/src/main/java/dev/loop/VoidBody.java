package dev.loop;

/**
 * A piece of direct-style code without a result that may throw a checked exception of its own.
 *
 * @param <X> what the code may throw besides unchecked exceptions; inferred as {@link RuntimeException} where it throws nothing
 */
@FunctionalInterface
public interface VoidBody<X extends Throwable> {

    /**
     * Runs the code.
     *
     * @throws X as the code does
     */
    void run() throws X;
}

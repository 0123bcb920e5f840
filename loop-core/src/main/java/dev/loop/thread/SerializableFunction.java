package dev.loop.thread;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A function that can be sent to a child process; as {@link SerializableCallable}.
 *
 * @param <A> what it takes, which is serializable
 * @param <R> what it returns, which is serializable too
 */
@FunctionalInterface
public interface SerializableFunction<A extends @Nullable Object, R extends @Nullable Object> extends Serializable {

    /**
     * Computes, in the child.
     *
     * @param argument what was given
     * @return the result
     * @throws Exception any failure; it is that of the job
     */
    R apply(A argument) throws Exception;
}

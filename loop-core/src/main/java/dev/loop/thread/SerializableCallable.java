package dev.loop.thread;

import java.io.Serializable;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A job for a child process. A lambda is one if all that it captures is serializable; it must not capture a {@code this} that is not.
 *
 * @param <T> what it returns, which is serializable too
 */
@FunctionalInterface
public interface SerializableCallable<T extends @Nullable Object> extends Callable<T>, Serializable {}

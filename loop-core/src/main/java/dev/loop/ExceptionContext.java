package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * A failure that reached the loop itself.
 *
 * @param message what happened, for people
 * @param exception the failure; null if there is none, as for a task that would not end
 * @param future the future or task that failed; null if it is gone or it was none
 * @param handle the callback that failed; null if it was none
 */
public record ExceptionContext(
        String message,
        @Nullable Throwable exception,
        @Nullable Future<?> future,
        @Nullable Handle handle) {}

package dev.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A failure that reached the loop itself.
 *
 * @param message what happened, for people
 * @param exception the failure; null if there is none, as for a task that would not end
 * @param future the future or task that failed; null if it is gone or it was none
 * @param handle the callback that failed; null if it was none
 * @param creationStack where the future, task or handle was made, innermost first; empty unless the loop was in
 *     {@linkplain EventLoop#setDebug debug mode} then
 */
public record ExceptionContext(
        String message,
        @Nullable Throwable exception,
        @Nullable Future<?> future,
        @Nullable Handle handle,
        List<StackTraceElement> creationStack) {

    /**
     * A failure that reached the loop itself.
     *
     * @param message what happened
     * @param exception the failure, or null
     * @param future what failed, or null
     * @param handle the callback that failed, or null
     * @param creationStack where that was made; it is copied
     */
    public ExceptionContext {
        creationStack = List.copyOf(creationStack);
    }

    /**
     * A failure of something that is not known to have been made anywhere.
     *
     * @param message what happened, for people
     * @param exception the failure, or null
     * @param future what failed, or null
     * @param handle the callback that failed, or null
     */
    public ExceptionContext(
            String message, @Nullable Throwable exception, @Nullable Future<?> future, @Nullable Handle handle) {
        this(message, exception, future, handle, List.of());
    }

    ExceptionContext(
            String message,
            @Nullable Throwable exception,
            @Nullable Future<?> future,
            @Nullable Handle handle,
            @Nullable Trace created) {
        this(message, exception, future, handle, created == null ? List.of() : created.frames());
    }
}

package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * How a future ended, as a value: made to be switched over.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="result"}
 *
 * @param <T> the value
 */
public sealed interface Result<T extends @Nullable Object> {

    /**
     * It ended with a value.
     *
     * @param value the value
     * @param <T> its type
     */
    record Value<T extends @Nullable Object>(T value) implements Result<T> {}

    /**
     * It failed.
     *
     * @param error the failure, raw: a checked exception is not wrapped
     * @param <T> the type of the value that it does not have
     */
    record Failure<T extends @Nullable Object>(Throwable error) implements Result<T> {}

    /**
     * It was cancelled.
     *
     * @param reason why, for people; null if none was given
     * @param <T> the type of the value that it does not have
     */
    record Cancelled<T extends @Nullable Object>(@Nullable String reason) implements Result<T> {}

    /**
     * The value, or what {@link Future#await()} throws.
     *
     * @return the value
     * @throws CancelledException if it was cancelled
     * @throws RuntimeException the failure, if it is unchecked ({@link Error}s too); a checked one is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     */
    default T orThrow() {
        return switch (this) {
            case Value<T>(T value) -> value;
            case Failure<T>(Throwable error) -> throw Outcome.rethrow(error);
            case Cancelled<T>(String reason) -> throw new CancelledException(reason);
        };
    }

    /**
     * How a future that is done has ended. It counts as looked at.
     *
     * @param future a future of the loop of the calling task or callback
     * @param <T> its value
     * @return its result
     * @throws InvalidStateException if it is not done yet
     */
    static <T extends @Nullable Object> Result<T> of(Future<? extends T> future) {
        if (!future.isDone()) {
            throw new InvalidStateException("not done yet: " + future);
        }
        if (future.outcome instanceof Outcome.Cancelled c) {
            return new Cancelled<>(c.reason());
        }
        Throwable error = future.failure();
        return error != null ? new Failure<>(error) : new Value<>(future.take());
    }
}

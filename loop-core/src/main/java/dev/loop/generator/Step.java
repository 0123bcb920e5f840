package dev.loop.generator;

import org.jspecify.annotations.Nullable;

/**
 * How far a {@link Generator} has come: to a value, or to its end.
 *
 * @param <Y> what it yields
 * @param <R> its result
 */
public sealed interface Step<Y extends @Nullable Object, R extends @Nullable Object> {

    /**
     * It has yielded.
     *
     * @param value what it has yielded
     * @param <Y> what it yields
     * @param <R> its result
     */
    record Yielded<Y extends @Nullable Object, R extends @Nullable Object>(Y value) implements Step<Y, R> {}

    /**
     * It has ended.
     *
     * @param result what its body has returned
     * @param <Y> what it yields
     * @param <R> its result
     */
    record Returned<Y extends @Nullable Object, R extends @Nullable Object>(R result) implements Step<Y, R> {}
}

package dev.loop.generator;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link Generator} does.
 *
 * @param <Y> what it yields
 * @param <S> what it is sent
 * @param <R> its result
 */
@FunctionalInterface
public interface GeneratorBody<Y extends @Nullable Object, S extends @Nullable Object, R extends @Nullable Object> {

    /**
     * Runs the generator.
     *
     * @param out takes what it yields
     * @return its result
     * @throws Exception to end it with a failure, which the consumer gets
     */
    R run(Yielder<Y, S> out) throws Exception;
}

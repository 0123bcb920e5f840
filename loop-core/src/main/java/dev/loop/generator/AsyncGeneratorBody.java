package dev.loop.generator;

import org.jspecify.annotations.Nullable;

/**
 * What an {@link AsyncGenerator} does.
 *
 * @param <Y> what it yields, never null
 * @param <S> what it is sent
 */
@FunctionalInterface
public interface AsyncGeneratorBody<Y, S extends @Nullable Object> {

    /**
     * Runs the generator. It may await.
     *
     * @param out takes what it yields
     * @throws Exception to end it with a failure, which the consumer gets
     */
    void run(AsyncYielder<Y, S> out) throws Exception;
}

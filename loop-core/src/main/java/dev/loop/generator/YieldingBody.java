package dev.loop.generator;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link Generator} does that is sent nothing and has no result.
 *
 * @param <Y> what it yields
 */
@FunctionalInterface
public interface YieldingBody<Y extends @Nullable Object> {

    /**
     * Runs the generator.
     *
     * @param out takes what it yields
     * @throws Exception to end it with a failure, which the consumer gets
     */
    void run(Yielder<Y, @Nullable Void> out) throws Exception;
}

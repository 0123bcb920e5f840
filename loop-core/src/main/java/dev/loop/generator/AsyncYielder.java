package dev.loop.generator;

import org.jspecify.annotations.Nullable;

/**
 * What the body of an {@link AsyncGenerator} yields to. For the body only, on its own thread.
 *
 * @param <Y> what it yields
 * @param <S> what it is sent
 */
public final class AsyncYielder<Y, S extends @Nullable Object> {

    private final AsyncGeneratorCore<Y> core;

    AsyncYielder(AsyncGeneratorCore<Y> core) {
        this.core = core;
    }

    /**
     * Hands a value to the consumer and stops here until it asks for the next one.
     *
     * @param value the value, not null
     * @return what the consumer has sent; null if it has only asked for the next value
     * @throws GeneratorExit if the generator is being closed
     * @throws IllegalStateException outside of the body, or while a cancel scope of the body is open
     */
    @SuppressWarnings({"unchecked", "NamedLikeContextualKeyword"
    }) // only an S is sent; it is called by out.yield(…), as Thread.yield()
    public @Nullable S yield(Y value) {
        return (S) core.hand(value);
    }
}

package dev.loop.generator;

import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * What the body of a {@link Generator} yields to. For the body only, on its own thread.
 *
 * @param <Y> what it yields
 * @param <S> what it is sent
 */
public final class Yielder<Y extends @Nullable Object, S extends @Nullable Object> {

    private final GeneratorCore core;

    Yielder(GeneratorCore core) {
        this.core = core;
    }

    /**
     * Hands a value to the consumer and stops here until it asks for the next one.
     *
     * @param value the value
     * @return what the consumer has sent; null if it has only asked for the next value
     * @throws GeneratorExit if the generator is being closed
     * @throws IllegalStateException outside of the body; while a cancel scope of the body is open, in a task
     */
    @SuppressWarnings({"unchecked", "NamedLikeContextualKeyword"
    }) // only an S is sent; it is called by out.yield(…), as Thread.yield()
    public @Nullable S yield(Y value) {
        return (S) core.hand(value);
    }

    /**
     * Has another generator yield in the place of this one, to its end: what the consumer sends or throws, and its close, go there. It
     * costs the consumer no switch of its own, however many generators have done this one behind the other.
     *
     * @param inner the other one; it may have begun. If it has ended there is nothing to yield.
     * @param <T> its result
     * @return its result; null if it has none, because it was closed or has failed before
     * @throws RuntimeException its failure, as {@link Generator#next()} throws it
     * @throws IllegalStateException if it is executing, which a generator that delegates to itself is
     */
    @SuppressWarnings("unchecked")
    public <T extends @Nullable Object> @Nullable T yieldFrom(Generator<? extends Y, ? super S, T> inner) {
        try {
            inner.begin();
            return (T) core.yieldFrom(inner.core);
        } finally {
            Reference.reachabilityFence(inner); // it is not abandoned as long as somebody delegates to it
        }
    }

    /**
     * Yields everything that there is. What the consumer sends meanwhile is dropped.
     *
     * @param values the values
     */
    public void yieldAll(Iterable<? extends Y> values) {
        for (Y value : values) {
            var _ = core.hand(value);
        }
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.generator.Generator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The values of a generator, which runs in the callback that hands them on. */
record GeneratorPull<T>(EventLoop loop, Generator<? extends T, ?, ?> generator) implements Pull<T> {

    @Override
    public Future<? extends @Nullable T> next() {
        if (!generator.hasNext()) {
            return loop.<@Nullable T>completed(null);
        }
        return loop.<@Nullable T>completed(Objects.requireNonNull(
                generator.next(), "the generator has yielded null, which a Flux cannot hand on"));
    }

    @Override
    public Throwable error(Throwable failure) {
        return Outcomes.unwrapped(failure);
    }

    @Override
    public boolean isEndedByNull() {
        return true;
    }

    @Override
    public boolean isExhausted() {
        return generator.isEnded();
    }

    /** In a callback of its own: whoever cancels may be the body itself, or a task while the body blocks the callbacks. */
    @Override
    public void close() {
        if (!generator.isEnded()) {
            Context context = Context.of(ReactorContexts.VIEW.get());
            CallbackThread.submit(loop, () -> {
                try {
                    generator.close();
                } catch (Throwable e) {
                    Operators.onErrorDropped(e, context);
                }
            });
        }
    }
}

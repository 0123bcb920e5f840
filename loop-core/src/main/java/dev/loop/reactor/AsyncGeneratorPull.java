package dev.loop.reactor;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.generator.AsyncGenerator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The values of a generator that may wait. */
final class AsyncGeneratorPull<T> implements Pull<T> {

    private final EventLoop loop;
    private final AsyncGenerator<? extends T, ?> generator;
    private @Nullable Future<?> last;

    AsyncGeneratorPull(EventLoop loop, AsyncGenerator<? extends T, ?> generator) {
        this.loop = loop;
        this.generator = generator;
    }

    @Override
    public Future<? extends @Nullable T> next() {
        Future<? extends @Nullable T> value = generator.next();
        last = value;
        return value;
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

    @Override
    public void close() {
        if (!generator.isEnded() && !loop.isClosed()) {
            loop.spawn("close-generator", this::end);
        }
    }

    private void end() {
        try {
            Future<?> running = last;
            if (running != null && !running.isDone()) {
                Async.waitOn(List.of(running)).await(); // its cancel is under way
            }
            generator.aclose().await();
        } catch (CancelledException e) {
            throw e;
        } catch (Throwable e) {
            Operators.onErrorDropped(e, Context.of(ReactorContexts.VIEW.get()));
        }
    }
}

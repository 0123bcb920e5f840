package dev.loop;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** All of several futures: how each has ended. Nothing of theirs ends the wait early. */
final class GatherResults<T extends @Nullable Object> extends Gathering<T, Result<T>> {

    GatherResults(EventLoop loop, Collection<? extends Future<? extends T>> futures) {
        super(loop, futures);
    }

    @Override
    @Nullable Object trouble(Future<?> child) {
        return null;
    }

    @Override
    Result<T> read(Future<? extends T> child) {
        return Result.of(child);
    }
}

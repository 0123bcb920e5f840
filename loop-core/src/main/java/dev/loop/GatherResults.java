package dev.loop;

import java.util.Collection;
import java.util.List;
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

    @Override
    Result<T> lent(Future<? extends T> child, List<HookedPromise<?>> lent) {
        return child.outcome instanceof Outcome.Cancelled || child.failure() != null
                ? Result.of(child)
                : new Result.Value<>(value(child, lent));
    }
}

package dev.loop;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All of several futures: their values, or the first failure or cancel. The others go on. */
final class Gather<T extends @Nullable Object> extends Gathering<T, T> {

    Gather(EventLoop loop, Collection<? extends Future<? extends T>> futures) {
        super(loop, futures);
    }

    @Override
    @Nullable Object trouble(Future<?> child) {
        if (child.outcome instanceof Outcome.Failed failed) {
            return new Outcome.Failed(failed.error);
        }
        return child.outcome instanceof Outcome.Cancelled ? child.outcome : null;
    }

    @Override
    T read(Future<? extends T> child) {
        return child.take();
    }

    @Override
    T lent(Future<? extends T> child, List<HookedPromise<?>> lent) {
        return value(child, lent);
    }
}

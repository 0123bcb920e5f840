package dev.loop.reactor;

import dev.loop.AsCompleted;
import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/** Futures as they end. */
record AsCompletedPull<T extends @Nullable Object>(AsCompleted<T> futures) implements Pull<Future<T>> {

    @Override
    public Future<Future<T>> next() {
        return futures.next();
    }

    @Override
    public boolean isExhausted() {
        return futures.remaining() == 0;
    }

    @Override
    public void close() {
        futures.close();
    }
}

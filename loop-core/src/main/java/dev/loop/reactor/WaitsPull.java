package dev.loop.reactor;

import dev.loop.Future;
import dev.loop.queue.ChannelClosedException;
import dev.loop.queue.QueueShutdownException;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Waits that are begun one after another, until their source has come to its end. */
record WaitsPull<T>(Callable<? extends Future<? extends T>> begin, BooleanSupplier exhausted) implements Pull<T> {

    @Override
    public Future<? extends @Nullable T> next() throws Exception {
        return begin.call();
    }

    @Override
    public boolean isExhausted() {
        return exhausted.getAsBoolean();
    }

    @Override
    public boolean isEnd(Throwable failure) {
        return failure instanceof QueueShutdownException
                || (failure instanceof ChannelClosedException && failure.getCause() == null);
    }
}

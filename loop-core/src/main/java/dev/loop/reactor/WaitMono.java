package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/** A wait of each subscriber's own, which starts at its first request. */
final class WaitMono<T> extends Mono<T> implements Scannable {

    private final @Nullable EventLoop loop; // null: that of the code that subscribes
    private final Callable<? extends Future<? extends @Nullable T>> start;

    private WaitMono(@Nullable EventLoop loop, Callable<? extends Future<? extends @Nullable T>> start) {
        this.loop = loop;
        this.start = Objects.requireNonNull(start, "start");
    }

    static <T> Mono<T> create(@Nullable EventLoop loop, Callable<? extends Future<? extends @Nullable T>> start) {
        return onAssembly(new WaitMono<T>(loop, start));
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        EventLoop l = loop != null ? loop : EventLoop.currentOrNull();
        if (l == null) {
            Operators.error(actual, CallbackThread.nowhere("Mono"));
            return;
        }
        FutureSubscription.toWait(l, this, actual);
    }

    /** Starts one wait, on the loop; throws what the user's code throws. */
    Future<? extends @Nullable T> start(EventLoop current) throws Exception {
        Future<? extends @Nullable T> wait =
                Objects.requireNonNull(start.call(), "what starts the wait gave null instead of a future");
        if (wait.loop() != current) {
            throw new IllegalArgumentException(wait + " belongs to " + wait.loop() + ", and was started for " + current
                    + ": futures do not cross loops");
        }
        return wait;
    }

    /** Starts the wait without a subscriber, for code of the loop that awaits it; null if this is for another loop. */
    @Nullable Future<? extends @Nullable T> startFor(EventLoop current) {
        if (loop != null && loop != current) {
            return null;
        }
        try {
            return start(current);
        } catch (Throwable e) {
            return current.failed(e);
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}

package dev.loop.reactor;

import dev.loop.Future;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;

/** A future that goes on whoever subscribes; a subscriber that cancels only leaves it. */
final class SharedMono<T> extends Mono<T> implements Scannable {

    private final Future<? extends @Nullable T> future;

    private SharedMono(Future<? extends @Nullable T> future) {
        this.future = Objects.requireNonNull(future, "future");
    }

    static <T> Mono<T> create(Future<? extends @Nullable T> future) {
        return onAssembly(new SharedMono<T>(future));
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        FutureSubscription.<T>toShared(future, actual);
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}

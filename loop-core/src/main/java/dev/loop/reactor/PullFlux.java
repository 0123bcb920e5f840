package dev.loop.reactor;

import dev.loop.EventLoop;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/** Items that each subscriber takes for itself, by one wait after another, as it asks for them. */
final class PullFlux<T> extends Flux<T> implements Scannable {

    private final @Nullable EventLoop loop; // null: that of the code that subscribes
    private final Function<EventLoop, ? extends Pull<T>> source;
    private final boolean eager;

    private PullFlux(@Nullable EventLoop loop, Function<EventLoop, ? extends Pull<T>> source, boolean eager) {
        this.loop = loop;
        this.source = source;
        this.eager = eager;
    }

    /** Makes one; the source is asked at each subscriber's first request, in a callback of the loop. */
    static <T> Flux<T> create(@Nullable EventLoop loop, Function<EventLoop, ? extends Pull<T>> source) {
        return onAssembly(new PullFlux<T>(loop, Objects.requireNonNull(source, "source"), false));
    }

    /** Makes one whose source is asked when somebody subscribes, before the first request. */
    static <T> Flux<T> createEager(@Nullable EventLoop loop, Function<EventLoop, ? extends Pull<T>> source) {
        return onAssembly(new PullFlux<T>(loop, Objects.requireNonNull(source, "source"), true));
    }

    @Override
    public void subscribe(CoreSubscriber<? super T> actual) {
        EventLoop l = loop != null ? loop : EventLoop.currentOrNull();
        if (l == null) {
            Operators.error(actual, CallbackThread.nowhere("Flux"));
        } else {
            new PullSubscription<T>(l, source, actual).begin(eager);
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}

package dev.loop.reactor;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Makes a Mono a future: signals may come from any thread, and a cancel of the future cancels the subscription.
 *
 * <p>The first signal and the cancel race for {@link #end}, and one of them wins: a value that another thread has on its way
 * refuses the cancel; what comes after it is dropped in Reactor's way.
 */
final class FutureSubscriber<T> implements CoreSubscriber<T>, CancelHook<@Nullable T>, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<FutureSubscriber, @Nullable Subscription> SUBSCRIPTION =
            AtomicReferenceFieldUpdater.newUpdater(FutureSubscriber.class, Subscription.class, "subscription");

    /** How it came to its end. */
    private enum End {
        SIGNALLED,
        CANCELLED
    }

    private final EventLoop loop;
    private final Promise<@Nullable T> promise;
    private final Context context = ReactorContexts.ofSubscriber();

    // any thread
    private volatile @Nullable Subscription subscription;
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();

    private FutureSubscriber(EventLoop loop) {
        this.loop = loop;
        promise = loop.promise(this);
    }

    /** Subscribes at once, in the calling code of the loop. */
    static <T> Future<@Nullable T> subscribe(EventLoop loop, Mono<? extends T> mono) {
        var subscriber = new FutureSubscriber<T>(loop);
        mono.contextCapture().subscribe(subscriber); // as block() does; nothing without the jar that it needs
        return subscriber.promise;
    }

    @Override
    public Context currentContext() {
        return context;
    }

    // --- signals, on any thread

    @Override
    public void onSubscribe(Subscription s) {
        if (Operators.setOnce(SUBSCRIPTION, this, s)) {
            s.request(Long.MAX_VALUE);
        }
    }

    @Override
    public void onNext(T value) {
        Objects.requireNonNull(
                value, "a publisher has signalled null"); // rule 2.13; null would be taken for an empty Mono
        if (end.compareAndSet(null, End.SIGNALLED)) {
            complete(value);
        } else {
            Operators.onNextDropped(value, currentContext());
        }
    }

    @Override
    public void onError(Throwable error) {
        Objects.requireNonNull(error, "a publisher has failed with null");
        if (!end.compareAndSet(null, End.SIGNALLED)) {
            Operators.onErrorDropped(error, currentContext());
        } else if (CallbackThread.isOn(loop)) {
            promise.tryFail(error);
        } else {
            promise.failThreadsafe(error);
        }
    }

    @Override
    public void onComplete() {
        if (end.compareAndSet(null, End.SIGNALLED)) {
            complete(null);
        }
    }

    /** Neither way needs the loop virtual thread, so a task goes on also while a callback is parked. */
    private void complete(@Nullable T value) {
        if (CallbackThread.isOn(loop)) {
            promise.tryComplete(value);
        } else {
            promise.completeThreadsafe(value);
        }
    }

    // --- the future's cancel, on the loop's thread; what it makes Reactor do is user code, and so a callback

    @Override
    public boolean stop(Promise<@Nullable T> pending, @Nullable String reason) {
        if (!end.compareAndSet(null, End.CANCELLED)) {
            return false; // another thread's signal is on its way
        }
        CallbackThread.submit(loop, () -> Operators.terminate(SUBSCRIPTION, this));
        return true;
    }

    @Override
    public boolean takeBack(@Nullable T value) {
        return value != null && CallbackThread.submit(loop, () -> Operators.onNextDropped(value, currentContext()));
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return subscription;
        }
        if (key == Attr.CANCELLED) {
            return end.get() == End.CANCELLED;
        }
        if (key == Attr.TERMINATED) {
            return end.get() == End.SIGNALLED;
        }
        return key == Attr.PREFETCH ? Integer.MAX_VALUE : null;
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Promise;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * The subscriber behind a {@link FluxIteration}: whichever thread signals leaves the item in a queue, of which a task of the loop
 * is the only reader, and wakes that task if it waits.
 */
final class FluxReceiver<T> implements CoreSubscriber<T>, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<FluxReceiver, @Nullable Subscription> SUBSCRIPTION =
            AtomicReferenceFieldUpdater.newUpdater(FluxReceiver.class, Subscription.class, "subscription");

    private final EventLoop loop;
    private final Context context = ReactorContexts.ofSubscriber();
    private final int prefetch;
    private final int limit; // how many are taken before as many are asked for again
    private final Queue<T> buffer;

    // any thread
    private volatile @Nullable Subscription subscription;
    private final AtomicLong wanted; // not asked for yet: a publisher may subscribe us later than it was told to
    private volatile boolean done;
    private @Nullable Throwable error; // written before done
    private volatile boolean closed;
    private final AtomicReference<@Nullable Promise<@Nullable Void>> waiter = new AtomicReference<>();

    private int taken; // the loop's thread only

    FluxReceiver(EventLoop loop, int prefetch) {
        this.loop = loop;
        this.prefetch = prefetch;
        this.wanted = new AtomicLong(prefetch == Integer.MAX_VALUE ? Long.MAX_VALUE : prefetch);
        this.limit = prefetch - (prefetch >> 2);
        this.buffer = prefetch == 0
                ? Queues.<T>unbounded(Queues.XS_BUFFER_SIZE).get()
                : Queues.<T>get(prefetch).get();
    }

    @Override
    public Context currentContext() {
        return context;
    }

    // --- signals, on any thread, one after another

    @Override
    public void onSubscribe(Subscription s) {
        if (Operators.setOnce(SUBSCRIPTION, this, s)) {
            askFor();
        }
    }

    @Override
    public void onNext(T value) {
        Objects.requireNonNull(value, "a publisher has signalled null");
        if (done) {
            Operators.onNextDropped(value, context);
        } else if (closed) {
            Operators.onDiscard(value, context);
        } else if (!buffer.offer(value)) {
            onError(Operators.onOperatorError(
                    subscription,
                    Exceptions.failWithOverflow("more items than the " + prefetch + " that were asked for"),
                    value,
                    context));
        } else if (closed) {
            CallbackThread.submit(loop, this::discard); // meanwhile; the loop is the only reader
        } else {
            wake();
        }
    }

    @Override
    public void onError(Throwable failure) {
        Objects.requireNonNull(failure, "a publisher has failed with null");
        if (done || closed) {
            Operators.onErrorDropped(failure, context);
            return;
        }
        error = failure;
        done = true;
        wake();
    }

    @Override
    public void onComplete() {
        done = true;
        wake();
    }

    /** Neither way needs the loop virtual thread, so a task goes on also while a callback is parked. */
    private void wake() {
        Promise<@Nullable Void> w = waiter.getAndSet(null);
        if (w == null) {
            return;
        }
        if (CallbackThread.isOn(loop)) {
            w.tryComplete(null);
        } else {
            w.completeThreadsafe(null);
        }
    }

    // --- in a task of the loop

    /** Waits for the next item; null at the end. */
    @Nullable T take() {
        while (true) {
            boolean last = done; // before the look at the queue
            T item = buffer.poll();
            if (item != null) {
                return item;
            }
            if (closed) {
                return null;
            }
            if (last) {
                Throwable failure = error;
                return failure == null ? null : loop.<T>failed(failure).result();
            }
            waitForSignal();
        }
    }

    private void waitForSignal() {
        Promise<@Nullable Void> signal = nextSignal();
        try {
            signal.await();
        } finally {
            forget(signal);
        }
    }

    /** Done when there is an item, or the end; to be forgotten by whoever waits no longer. */
    Promise<@Nullable Void> nextSignal() {
        Promise<@Nullable Void> signal = loop.promise();
        if (!waiter.compareAndSet(null, signal)) {
            throw new IllegalStateException("another task waits for the next item already: one at a time");
        }
        if (!buffer.isEmpty() || done || closed) { // it came before the waiter was there to be seen
            signal.tryComplete(null);
        }
        return signal;
    }

    void forget(Promise<@Nullable Void> signal) {
        waiter.compareAndSet(signal, null);
    }

    /** Whether {@link #take} would give the end, or a failure, at once. */
    boolean hasEnded() {
        return done && buffer.isEmpty();
    }

    /** The body has got one. */
    void taken() {
        if (prefetch > 0 && prefetch < Integer.MAX_VALUE && ++taken == limit) {
            taken = 0;
            request(limit);
        }
    }

    void request(long n) {
        wanted.accumulateAndGet(n, Operators::addCap);
        askFor();
    }

    /** Whoever comes second, the subscription or the wish, asks for it. */
    private void askFor() {
        Subscription s = subscription;
        if (s != null && !done) {
            long n = wanted.getAndSet(0);
            if (n > 0) {
                s.request(n);
            }
        }
    }

    /** Ends the subscription, from the loop's side. */
    void close(@Nullable T inHand) {
        if (closed) {
            return;
        }
        closed = true;
        if (!done) {
            Operators.terminate(SUBSCRIPTION, this);
        }
        if (inHand != null) {
            Operators.onDiscard(inHand, context);
        }
        discard();
        wake();
    }

    private void discard() {
        Operators.onDiscardQueueWithClear(buffer, context, null);
    }

    String state() {
        return closed ? "closed" : done ? "ended" : buffer.size() + " items ahead";
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.PARENT) {
            return subscription;
        }
        if (key == Attr.PREFETCH) {
            return prefetch;
        }
        if (key == Attr.BUFFERED) {
            return buffer.size();
        }
        if (key == Attr.CANCELLED) {
            return closed;
        }
        if (key == Attr.TERMINATED) {
            return hasEnded();
        }
        return key == Attr.ERROR ? error : key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}

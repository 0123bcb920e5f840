package dev.loop.reactor;

import dev.loop.CancelledException;
import dev.loop.Context;
import dev.loop.EventLoop;
import dev.loop.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/**
 * One subscriber of a future. It has its subscription on the thread that subscribes, and is signalled on the loop virtual thread
 * only; its requests and cancels may come from any thread.
 *
 * <pre>
 *   ACTIVE -> ENDED        whoever makes this step may signal the end
 *   ACTIVE -> CANCELLED    nothing is signalled any more, and what was not handed on goes back
 * </pre>
 *
 * <p>Either the future is shared with others, and a cancel only leaves it; or it is a wait of this subscriber's own, which starts
 * at its first request and is cancelled with it.
 */
final class FutureSubscription<T> implements Subscription, Consumer<Future<?>>, Scannable {

    private static final int ACTIVE = 0;
    private static final int ENDED = 1;
    private static final int CANCELLED = 2;

    private final EventLoop loop;
    private final CoreSubscriber<? super T> actual;
    private final Context context;
    private final @Nullable WaitMono<T> source; // null if the future is shared

    // any thread
    private final AtomicInteger state = new AtomicInteger(ACTIVE);
    private volatile boolean wanted;
    private volatile long refused; // a request that the rules forbid, or 0
    private volatile boolean begun; // onSubscribe has returned: what was asked for before waits for that

    // the loop's thread only, from here
    private @Nullable Future<? extends @Nullable T> future;
    private boolean requested;
    private boolean arrived;
    private @Nullable CloseWatch closeWatch;

    private FutureSubscription(
            EventLoop loop,
            CoreSubscriber<? super T> actual,
            @Nullable Future<? extends @Nullable T> shared,
            @Nullable WaitMono<T> source) {
        this.loop = loop;
        this.actual = actual;
        this.context = ReactorContexts.of(loop, actual);
        this.future = shared;
        this.source = source;
    }

    /** Subscribes to a future that others may share. Any thread. */
    static <T> void toShared(Future<? extends @Nullable T> future, CoreSubscriber<? super T> actual) {
        new FutureSubscription<>(future.loop(), actual, future, null).begin();
    }

    /** Subscribes to a wait that begins at the first request. Any thread. */
    static <T> void toWait(EventLoop loop, WaitMono<T> source, CoreSubscriber<? super T> actual) {
        new FutureSubscription<>(loop, actual, null, source).begin();
    }

    /** Whoever subscribes has the subscription when this returns, and may cancel it at once. */
    private void begin() {
        boolean foreign = !CallbackThread.isOn(loop);
        boolean waits = foreign && loop.isRunning();
        actual.onSubscribe(this);
        begun = true;
        Runnable closed = () -> closed(CallbackThread.closed(loop));
        if (!CallbackThread.run(loop, () -> subscribed(foreign, waits), closed)) {
            closed.run();
        }
    }

    /** A callback. */
    private void subscribed(boolean foreign, boolean waits) {
        if (state.get() != ACTIVE) {
            return; // cancelled meanwhile, or a later request was quicker and has led to the end
        }
        if (foreign) {
            closeWatch = new CloseWatch(loop, waits, this::closed);
        }
        Future<? extends @Nullable T> shared = future;
        if (source == null && shared != null) {
            context.run(() -> shared.addWaiter(this));
        }
        if (refused != 0) {
            refuse(refused);
        } else if (wanted) {
            requested();
        }
    }

    private void closed(Throwable error) {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            actual.onError(error);
        }
    }

    private void stopWatching() {
        CloseWatch watch = closeWatch;
        if (watch != null) {
            closeWatch = null;
            watch.stop();
        }
    }

    // --- from the subscriber, on any thread

    @Override
    public void request(long n) {
        if (n > 0) {
            wanted = true;
        } else {
            refused = n;
        }
        if (begun && !CallbackThread.run(loop, n > 0 ? this::requested : () -> refuse(n))) {
            closed(CallbackThread.closed(loop)); // there is no other thread left to say it on
        }
    }

    @Override
    public void cancel() {
        if (state.compareAndSet(ACTIVE, CANCELLED)) {
            if (CallbackThread.isOn(loop)) {
                leave();
            } else {
                CallbackThread.submit(loop, this::leave); // a closed loop has nothing to give back
            }
        }
    }

    // --- on the loop

    private void requested() {
        if (requested || state.get() != ACTIVE) {
            return;
        }
        requested = true;
        if (source != null) {
            startWait(source);
        } else {
            emit();
        }
    }

    private void startWait(WaitMono<T> waits) {
        Future<? extends @Nullable T> wait;
        try {
            wait = context.<Future<? extends @Nullable T>, Exception>call(() -> {
                Future<? extends @Nullable T> started = waits.start(loop);
                started.addWaiter(this);
                return started;
            });
        } catch (Throwable e) {
            fail(Operators.onOperatorError(e, actual.currentContext())); // lets fatal errors through
            return;
        }
        future = wait;
        if (state.get() != ACTIVE) {
            leave(); // in the middle of the start
        }
    }

    /** The subscriber has gone. In a task, a callback or the kernel; it signals nothing. */
    private void leave() {
        stopWatching();
        Future<? extends @Nullable T> f = future;
        if (f == null) {
            return;
        }
        if (source == null) {
            f.removeDoneCallback(this);
        } else {
            f.cancel("its subscriber cancelled"); // what was granted and not read yet goes back
        }
    }

    /** The future is done; a callback, at its place in the ready queue. */
    @Override
    public void accept(Future<?> done) {
        arrived = true;
        if (state.get() == ACTIVE) {
            emit();
        } else {
            leave(); // another thread has cancelled, and its word is still on its way
            discard();
        }
    }

    private void emit() {
        Future<? extends @Nullable T> f = future;
        if (f == null || !arrived || state.get() != ACTIVE) {
            return;
        }
        Throwable error = Outcomes.failure(f);
        if (error != null) {
            fail(error);
        } else if (requested && state.compareAndSet(ACTIVE, ENDED)) {
            stopWatching();
            T value = f.result();
            if (value != null) {
                actual.onNext(value);
            }
            actual.onComplete();
        }
    }

    private void fail(Throwable error) {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            stopWatching();
            actual.onError(error);
        } else if (!(error instanceof CancelledException)) {
            Operators.onErrorDropped(error, actual.currentContext()); // another thread has just cancelled
        }
    }

    private void refuse(long n) {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            leave();
            actual.onError(CallbackThread.badRequest(n));
        }
    }

    /** The wait has ended after its subscriber had left, and could not be taken back: Reactor's hooks get what is nobody else's. */
    private void discard() {
        Future<? extends @Nullable T> f = future;
        if (f == null) {
            return;
        }
        if (source != null || Outcomes.failure(f) != null) {
            Outcomes.discard(f, actual.currentContext());
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        }
        if (key == Attr.TERMINATED) {
            return state.get() == ENDED;
        }
        if (key == Attr.CANCELLED) {
            return state.get() == CANCELLED;
        }
        return key == Attr.RUN_STYLE ? Attr.RunStyle.ASYNC : null;
    }
}

package dev.loop.reactor;

import dev.loop.CancelledException;
import dev.loop.Context;
import dev.loop.EventLoop;
import dev.loop.Future;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;

/**
 * One subscriber of a {@link PullFlux}. It has its subscription on the thread that subscribes, and is signalled on the loop
 * virtual thread only; its requests and cancels may come from any thread. There is never more than one wait under way, and one begins only when an item is asked for: so nothing is taken that
 * nobody has asked for.
 *
 * <pre>
 *   ACTIVE -> ENDED        whoever makes this step may signal the end
 *   ACTIVE -> CANCELLED    nothing is signalled any more, and what was not handed on goes back
 * </pre>
 */
final class PullSubscription<T> implements Subscription, Consumer<Future<?>>, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicLongFieldUpdater<PullSubscription> REQUESTED =
            AtomicLongFieldUpdater.newUpdater(PullSubscription.class, "requested");

    private static final int ACTIVE = 0;
    private static final int ENDED = 1;
    private static final int CANCELLED = 2;

    /** How many items one callback hands on, before it lets others run. */
    private static final int BATCH = 64;

    private final EventLoop loop;
    private final CoreSubscriber<? super T> actual;
    private final Context context;
    private final Function<EventLoop, ? extends Pull<T>> source;

    // any thread
    private final AtomicInteger state = new AtomicInteger(ACTIVE);
    private volatile long requested;
    private volatile long refused; // a request that the rules forbid, or 0
    private volatile boolean begun; // onSubscribe has returned: what was asked for before waits for that

    // the loop's thread only, from here
    private @Nullable Pull<T> pull;
    private boolean pullClosed;
    private @Nullable Future<? extends @Nullable T> wait;
    private boolean draining;
    private @Nullable CloseWatch closeWatch;

    PullSubscription(EventLoop loop, Function<EventLoop, ? extends Pull<T>> source, CoreSubscriber<? super T> actual) {
        this.loop = loop;
        this.source = source;
        this.actual = actual;
        this.context = ReactorContexts.of(loop, actual);
    }

    /** Any thread: whoever subscribes has the subscription when it returns, and may cancel it at once. */
    void begin(boolean eager) {
        boolean foreign = !CallbackThread.isOn(loop);
        boolean waits = foreign && loop.isRunning();
        actual.onSubscribe(this);
        begun = true;
        Runnable closed = () -> closed(CallbackThread.closed(loop));
        if (!CallbackThread.run(loop, () -> subscribed(foreign, waits, eager), closed)) {
            closed.run();
        }
    }

    /** A callback. */
    private void subscribed(boolean foreign, boolean waits, boolean eager) {
        if (state.get() != ACTIVE) {
            return; // cancelled meanwhile, or a later request was quicker and has led to the end
        }
        if (foreign) {
            closeWatch = new CloseWatch(loop, waits, this::closed);
        }
        if (refused != 0) {
            refuse(refused);
        } else if (!eager || pull != null || beginPull()) {
            drain();
        }
    }

    private boolean beginPull() {
        try {
            pull = context.call(() -> source.apply(loop));
        } catch (Throwable e) {
            fail(Operators.onOperatorError(e, actual.currentContext()));
            return false;
        }
        if (state.get() != ACTIVE) {
            letGo(); // cancelled meanwhile, by the code that has made it or by another thread
        }
        return true;
    }

    /** The loop has closed; on whichever thread. */
    private void closed(Throwable error) {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            actual.onError(error);
        }
    }

    // --- from the subscriber, on any thread

    @Override
    public void request(long n) {
        boolean heard = true;
        if (n <= 0) {
            refused = n;
            if (begun) {
                heard = CallbackThread.run(loop, () -> refuse(n));
            }
        } else if (Operators.addCap(REQUESTED, this, n) == 0 && begun) {
            heard = CallbackThread.run(loop, this::drain); // else the loop is at it, and sees the sum
        }
        if (!heard) {
            closed(CallbackThread.closed(loop));
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

    /** The wait is over; a callback, at its place in the ready queue. */
    @Override
    public void accept(Future<?> done) {
        if (state.get() == ACTIVE) {
            drain();
        } else {
            leave(); // the last word of a wait that did not end at the cancel, or the cancel's own is still on its way
        }
    }

    /** A callback. A request by the subscriber, while it gets an item, is seen by the turn of the loop that is under way. */
    private void drain() {
        if (!draining && state.get() == ACTIVE) {
            draining = true;
            try {
                context.run(this::handOn);
            } finally {
                draining = false;
            }
        }
    }

    private void handOn() {
        for (int n = 0; requested > 0 && state.get() == ACTIVE; n++) {
            if (n == BATCH) {
                CallbackThread.submit(loop, this::drain);
                return;
            }
            Future<? extends @Nullable T> f = wait;
            if (f == null) {
                f = beginWait();
                if (f == null) {
                    return;
                }
                if (!f.isDone()) {
                    f.addWaiter(this);
                    return;
                }
            } else if (!f.isDone()) {
                return;
            }
            if (state.get() == ACTIVE) { // still: what is granted and not read can go back until here
                wait = null;
                emit(f);
            }
        }
    }

    /** Begins the next wait; null if there is none, because of the end, a failure or a cancel. */
    private @Nullable Future<? extends @Nullable T> beginWait() {
        try {
            Pull<T> p = pull;
            if (p == null) {
                pull = p = source.apply(loop);
            }
            if (p.isExhausted()) {
                complete();
                return null;
            }
            Future<? extends @Nullable T> f =
                    Objects.requireNonNull(p.next(), "what begins the wait gave null instead of a future");
            if (f.loop() != loop) {
                throw new IllegalArgumentException(
                        f + " belongs to " + f.loop() + ", not to " + loop + ": futures do not cross loops");
            }
            wait = f;
            if (state.get() != ACTIVE) {
                leave(); // cancelled meanwhile, by the code that has begun it or by another thread
                return null;
            }
            return f;
        } catch (Throwable e) {
            if (isEnd(e)) {
                complete();
            } else {
                fail(Operators.onOperatorError(shown(e), actual.currentContext())); // lets fatal errors through
            }
            return null;
        }
    }

    private void emit(Future<? extends @Nullable T> f) {
        Throwable error = Outcomes.failure(f);
        if (error != null) {
            if (isEnd(error)) {
                complete();
            } else {
                fail(shown(error));
            }
            return;
        }
        T value = f.result();
        if (value == null) {
            Pull<T> p = pull;
            if (p != null && p.isEndedByNull()) {
                complete();
            } else {
                fail(new NullPointerException("the next item is null, which a Flux cannot hand on"));
            }
            return;
        }
        try {
            actual.onNext(value);
        } catch (Throwable e) { // which no subscriber may do: it is told nothing more, and the loop is told of it
            cancel();
            throw e;
        }
        Operators.produced(REQUESTED, this, 1);
        Pull<T> p = pull;
        if (p != null && state.get() == ACTIVE && p.isExhausted()) {
            complete(); // needs no demand
        }
    }

    private boolean isEnd(Throwable failure) {
        Pull<T> p = pull;
        return p != null && p.isEnd(failure);
    }

    private Throwable shown(Throwable failure) {
        Pull<T> p = pull;
        return p == null ? failure : p.error(failure);
    }

    private void complete() {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            letGo();
            actual.onComplete();
        }
    }

    private void fail(Throwable error) {
        if (state.compareAndSet(ACTIVE, ENDED)) {
            letGo();
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

    /** Nobody wants more. In a task or a callback; it signals nothing. Reactor's hooks get what cannot go back and is nobody else's. */
    private void leave() {
        Future<? extends @Nullable T> f = wait;
        if (f != null && !f.cancel("its subscriber cancelled") && f.isDone()) {
            wait = null;
            Throwable error = Outcomes.failure(f);
            if (error == null || !isEnd(error)) {
                Outcomes.discard(f, actual.currentContext());
            }
        }
        letGo();
    }

    private void letGo() {
        CloseWatch watch = closeWatch;
        if (watch != null) {
            closeWatch = null;
            watch.stop();
        }
        Pull<T> p = pull;
        if (p != null && !pullClosed) {
            pullClosed = true;
            p.close();
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Reactor declares it
    public @Nullable Object scanUnsafe(Attr key) {
        if (key == Attr.ACTUAL) {
            return actual;
        }
        if (key == Attr.REQUESTED_FROM_DOWNSTREAM) {
            return requested;
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

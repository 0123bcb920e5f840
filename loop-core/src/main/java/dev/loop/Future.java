package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of something that is still going on: a value, a failure or a cancel. Everything in Loop that can wait returns one.
 *
 * <pre>
 *   PENDING -> value
 *   PENDING -> failed
 *   PENDING -> cancelled
 * </pre>
 *
 * <p>A future belongs to one loop. Only code of that loop (its tasks and callbacks) may call its methods, except
 * {@link #await()} and {@link #toCompletableFuture()}, which any thread may call; a call from elsewhere is refused. While the
 * loop is not running, whoever owns it may call.
 *
 * <p>A wait is hot: it goes on whether or not anybody awaits it. A failure that nobody looks at is reported to the loop's
 * {@linkplain EventLoop#exceptionHandler exception handler} once, when the future is collected or the loop closes.
 *
 * @param <T> the value; {@code Void} where there is none, and the value is then null
 */
@CheckReturnValue
public abstract class Future<T extends @Nullable Object> {

    final EventLoop loop;

    // both belong to the loop's thread
    @Nullable Object outcome;

    private @Nullable Object listeners; // null, a Listener, or Listeners

    Future(EventLoop loop) {
        this.loop = loop;
        Probe p = loop.probe;
        if (p != null) {
            listeners = p.creation();
        }
    }

    /**
     * The loop that this future belongs to. Any thread may ask.
     *
     * @return the loop
     */
    public final EventLoop loop() {
        return loop;
    }

    /**
     * Whether it has ended, in whatever way.
     *
     * @return true if there is an outcome
     */
    public final boolean isDone() {
        loop.checkThread();
        return outcome != null;
    }

    /**
     * Whether it has ended by a cancel.
     *
     * @return true if cancelled
     */
    public final boolean isCancelled() {
        loop.checkThread();
        return outcome instanceof Outcome.Cancelled;
    }

    /**
     * Waits for the value. This is the only place, besides a blocking JDK call, where a task gives way to others.
     *
     * <p>In a task it parks the task. On a thread that runs no loop it blocks that thread. In a callback it is refused, because
     * it would hold every later callback; so it is in a task of another loop, which reaches this one through
     * {@link #toCompletableFuture()}.
     *
     * <p>A future that is done gives its outcome at once, also to a task that is being cancelled: a value that was delivered is
     * never lost. (After 64 of those in one step the task gives way once, so that a busy stream does not starve the loop.)
     *
     * @return the value
     * @throws CancelledException if this future was cancelled, or the calling task was while it waited here
     * @throws RuntimeException the failure, if it is unchecked ({@link Error}s too); a checked one is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @throws IllegalStateException in a callback, in a task of another loop, or when the loop has closed
     */
    @CanIgnoreReturnValue
    public final T await() {
        EventLoop l = loop;
        if (!l.isCurrent()) {
            return ForeignWait.await(this);
        }
        TaskStep step = l.current;
        if (step == null) {
            throw new IllegalStateException(
                    "await() in a callback would hold every callback behind it: spawn a task, or use"
                            + " addDoneCallback (" + this + ")");
        }
        if (outcome != null) {
            step.countDoneAwait();
            return take();
        }
        step.waitFor(this);
        return take();
    }

    /**
     * The value of a future that is done.
     *
     * @return the value
     * @throws InvalidStateException if it is not done yet
     * @throws CancelledException if it was cancelled
     * @throws RuntimeException the failure, as {@link #await()} throws it
     */
    public final T result() {
        loop.checkThread();
        if (outcome == null) {
            throw new InvalidStateException("not done yet: " + this);
        }
        return take();
    }

    /**
     * The failure of a future that is done, raw: a checked exception is not wrapped.
     *
     * @return the failure, or null if there is a value
     * @throws InvalidStateException if it is not done yet
     * @throws CancelledException if it was cancelled
     */
    public final @Nullable Throwable exception() {
        loop.checkThread();
        Object o = outcome;
        if (o == null) {
            throw new InvalidStateException("not done yet: " + this);
        }
        if (o instanceof Outcome.Cancelled c) {
            throw c.toException();
        }
        return failure();
    }

    /**
     * Asks for this to end as cancelled, without a reason.
     *
     * @return false if it is done already, or refuses
     * @see #cancel(String)
     */
    @CanIgnoreReturnValue
    public final boolean cancel() {
        return cancel(null);
    }

    /**
     * Asks for this to end as cancelled. A promise ends at once; a task when its body has ended; a combinator asks what it
     * waits for.
     *
     * @param reason why, for people; null for none
     * @return false if it is done already, or refuses. A wait that was granted something that nobody has read yet (an item, a
     *     lock) can still be cancelled: the grant goes back to where it came from.
     */
    @CanIgnoreReturnValue
    public abstract boolean cancel(@Nullable String reason);

    /**
     * Has a callback run when this is done; at once after this turn if it is done already. Callbacks run one after another, in
     * the order of registration, never inside this call, in the {@link Context} of this call. Registering one does not count as
     * looking at a failure.
     *
     * @param callback gets this future, done
     */
    public final void addDoneCallback(Consumer<? super Future<T>> callback) {
        add(new DoneCallback<T>(this, callback, false));
    }

    /**
     * Has a callback run when this is done, for somebody who waits for the outcome and will look at it: a failure is not reported
     * as unseen, and the cancel of a task that awaits this as well leaves this future to go on. In all else it is
     * {@link #addDoneCallback}, and {@link #removeDoneCallback} takes it back.
     *
     * @param callback gets this future, done
     */
    public final void addWaiter(Consumer<? super Future<T>> callback) {
        add(new DoneCallback<T>(this, callback, true));
    }

    private void add(DoneCallback<T> listener) {
        loop.checkThread();
        listener.capture();
        if (outcome != null) {
            listener.schedule();
        } else {
            addListener(listener);
        }
    }

    /**
     * Takes callbacks back that have not been scheduled yet.
     *
     * @param callback as it was registered, compared by {@code equals}
     * @return how many registrations there were
     */
    @CanIgnoreReturnValue
    public final int removeDoneCallback(Consumer<? super Future<T>> callback) {
        loop.checkThread();
        return removeListener(new DoneCallback<T>(this, callback, false));
    }

    /**
     * This outcome for code outside of the loop. Any thread may call. A cancel of what is returned cancels this future.
     *
     * @return a new future of the JDK; its dependents run on the loop virtual thread
     */
    public final CompletableFuture<T> toCompletableFuture() {
        return ForeignWait.toCompletableFuture(this);
    }

    /**
     * The outcome of a stage of the JDK, for the loop of the calling task or callback. A cancel goes both ways.
     *
     * @param stage any stage; whichever thread completes it
     * @param <T> the value
     * @return a future of the current loop
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T extends @Nullable Object> Future<T> from(CompletionStage<T> stage) {
        return ForeignWait.from(EventLoop.current(), stage);
    }

    /**
     * What this waits for now, if it is made of other futures: those of a {@code gather} or {@code waitOn} that are not done, the one
     * behind a {@code waitFor} or a {@code shield}. With {@link Task#awaiting()} it is the graph of who waits for whom.
     *
     * @return a copy, each future once, in the order of the arguments; empty for what waits for no other future, and when this is done
     */
    public final List<Future<?>> dependencies() {
        loop.checkThread();
        if (outcome != null) {
            return List.of();
        }
        return parts().stream()
                .filter(part -> part.outcome == null)
                .distinct()
                .<Future<?>>map(part -> part)
                .toList();
    }

    /**
     * What this stands in line for, if that is something that tasks hold: a lock, a permit. It leads on from who waits to who holds.
     *
     * @return the resource; null for what waits for no such thing, and when this is done
     */
    public final @Nullable Resource resource() {
        loop.checkThread();
        return outcome == null ? waitedResource() : null;
    }

    // --- for the kernel

    /** What stands behind this while it is pending, if tasks hold it. */
    @Nullable Resource waitedResource() {
        return null;
    }

    /**
     * The outcome, for somebody who may turn out not to want it. Only when done. Whoever overrides {@link #take()} overrides this.
     *
     * @param lent gets the promises whose values count as read by this and did not before; to make them unread again
     */
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        return outcome;
    }

    /** The futures that this is made of, done or not, in the order of the arguments. */
    Collection<? extends Future<?>> parts() {
        return List.of();
    }

    /** Refuses futures of another loop. */
    static void requireLoop(EventLoop loop, Collection<? extends Future<?>> futures) {
        for (Future<?> future : futures) {
            if (future.loop != loop) {
                throw new IllegalArgumentException(future + " belongs to " + future.loop + ", not to " + loop);
            }
        }
    }

    /** The lane of what waits for this, in a seeded order: those who wait for one future go on in the order of registration. */
    Object lane() {
        return this;
    }

    /** The last who waited for this has left it, to break a circle of waits: nobody is going to look. */
    void left(@Nullable String reason) {}

    /** The value that an outcome of this stands for; it is neither a failure nor a cancel. */
    @SuppressWarnings({"unchecked", "NullAway"}) // NIL is one object, and only where T allows null
    final T value(@Nullable Object how) {
        return (T) (how == Outcome.NIL ? null : how);
    }

    /** The value, or what await() throws. Only when done. */
    T take() {
        Object o = outcome;
        if (o instanceof Outcome.Failed failed) {
            failed.retrieved();
            throw Outcome.rethrow(failed.error);
        }
        if (o instanceof Outcome.Cancelled cancelled) {
            throw cancelled.toException();
        }
        return value(o);
    }

    /** The failure, which counts as seen now; null if there is none. */
    @CanIgnoreReturnValue
    final @Nullable Throwable failure() {
        if (outcome instanceof Outcome.Failed failed) {
            failed.retrieved();
            return failed.error;
        }
        return null;
    }

    /** Ends this, unless it has ended; tells the listeners in their order. */
    @CanIgnoreReturnValue
    final boolean finish(Object how) {
        if (outcome != null) {
            return false;
        }
        outcome = how;
        Object l = listeners;
        boolean looker = hasLooker();
        if (how instanceof Outcome.Failed failed) {
            failed.created = created();
        }
        if (l != null) {
            listeners = null;
            if (l instanceof Listener one) {
                one.completed(this);
            } else {
                ((Listeners) l).completed(this);
            }
        }
        // last: the cleaner has a lock of the JDK's, at which this thread may give way
        if (how instanceof Outcome.Failed failed
                && !looker
                && !failed.looked
                && !loop.isClosed()
                && !failed.isFatal()) {
            loop.reports.watch(this, failed);
        }
        return true;
    }

    /** Adds a listener to a future that is not done. */
    final void addListener(Listener listener) {
        Object l = listeners;
        if (l == null) {
            listeners = listener;
        } else if (l instanceof Listeners list) {
            list.add(listener);
        } else {
            var list = new Listeners();
            list.add((Listener) l);
            list.add(listener);
            listeners = list;
        }
    }

    @CanIgnoreReturnValue
    final int removeListener(Listener listener) {
        Object l = listeners;
        if (l instanceof Listeners list) {
            int removed = list.remove(listener);
            if (list.isEmpty() && listeners == l) {
                listeners = null;
            }
            return outcome == null ? removed : 0; // a comparison that completes this has had them scheduled
        }
        if (l instanceof Listener one && Listeners.same(one, listener)) {
            if (listeners != l) {
                return removeListener(listener); // the comparison has changed them
            }
            listeners = null;
            return 1;
        }
        return 0;
    }

    /** Where this was made, in debug mode: known while it is pending, and then of a failure. */
    final @Nullable Trace created() {
        if (outcome instanceof Outcome.Failed failed && failed.created != null) {
            return failed.created;
        }
        Object l = listeners;
        return (l instanceof Listeners list ? list.first() : l) instanceof CreationTrace c ? c.trace() : null;
    }

    /** Whether anything is told when this is done. */
    final boolean hasListeners() {
        Object l = listeners;
        return l instanceof Listeners list ? list.hasAny() : l != null && !(l instanceof CreationTrace);
    }

    /** Whether somebody else than this listener wants the outcome. */
    final boolean hasWaiterBesides(@Nullable Listener one) {
        Object l = listeners;
        if (l instanceof Listeners list) {
            return list.hasWaiterBesides(one);
        }
        return l != null && l != one && ((Listener) l).waits();
    }

    /** Whether somebody will look at a failure. */
    private boolean hasLooker() {
        Object l = listeners;
        if (l instanceof Listeners list) {
            return list.hasLooker();
        }
        return l != null && ((Listener) l).looks();
    }

    /** What this is, with a state in words; those of a failure are user code, so whoever calls this in the kernel has its own. */
    String described(String state) {
        return getClass().getSimpleName() + "[" + state + "]";
    }

    /** The word for the state, for messages. */
    final String state() {
        Object o = outcome;
        if (o == null) {
            return "pending";
        }
        if (o instanceof Outcome.Failed f) {
            return "failed with " + Outcome.text(f.error);
        }
        if (o instanceof Outcome.Cancelled c) {
            return c.reason() == null ? "cancelled" : "cancelled: " + c.reason();
        }
        return "done";
    }

    @Override
    public String toString() {
        return described(state());
    }
}

package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.internal.carrier.Carrier;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The way into a loop for other threads: platform threads, virtual threads of the JDK and tasks of other loops have a task run on the
 * loop, and wait for it or get a future of the JDK. Made by {@link EventLoop#portal()}. Every method may be called by any thread.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="portal"}
 *
 * <p>A closed portal takes nothing more and lets what it has taken end; one loop can have many portals. When the loop closes, what
 * has not ended by then fails: no caller waits for ever.
 *
 * <pre>
 *   OPEN, n   --submit-->  OPEN, n + 1     the work is in the inbox, or is a task
 *   OPEN, n   --end----->  OPEN, n - 1
 *   OPEN, n   --close--->  CLOSED, n       later submissions are refused
 *   CLOSED, n --end----->  CLOSED, n - 1
 *   CLOSED, 0              drained
 * </pre>
 *
 * <p>In a test on virtual time a submission that is on its way keeps the time from jumping, and so does an open portal whose
 * {@link #drained()} somebody awaits; a task that has begun is one like all others.
 */
@CheckReturnValue
public final class LoopPortal implements AutoCloseable {

    private static final long CLOSED = 1;
    private static final long ONE = 2;

    private final EventLoop loop;

    /** How much accepted work has not ended, times {@link #ONE}, and the bit {@link #CLOSED}: one word, so that no close misses a submission. */
    private final AtomicLong state = new AtomicLong();

    private final Once<@Nullable Void> drained;

    // the loop's thread only
    private final Set<PortalCall<?>> started = new LinkedHashSet<>();
    private @Nullable String cancelReason;

    LoopPortal(EventLoop loop) {
        this.loop = loop;
        drained = new Once<>(loop);
    }

    /**
     * The loop that the work runs on.
     *
     * @return the loop
     */
    public EventLoop loop() {
        return loop;
    }

    // --- a future of it

    /**
     * Starts a task.
     *
     * @param body what it does
     * @param <T> what the body returns
     * @return its outcome: the value; the failure, raw; or a {@link CancelledException} with the reason. A cancel of this future
     *     cancels the task for good, by its scope, and does not wait for it. Its dependents run on the loop virtual thread.
     * @throws PortalClosedException if the portal or its loop is closed
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> CompletableFuture<T> submit(Callable<? extends T> body) {
        return this.<T>accept(null, body, false).result;
    }

    /**
     * Starts a task; as {@link #submit(Callable)}.
     *
     * @param body what it does
     * @return its outcome
     * @throws PortalClosedException if the portal or its loop is closed
     */
    @CanIgnoreReturnValue
    public CompletableFuture<@Nullable Void> submit(VoidBody<? extends Exception> body) {
        return submit(EventLoop.callable(body));
    }

    /**
     * Starts a task with a name; as {@link #submit(Callable)}.
     *
     * @param name the name of the task and of its thread
     * @param body what it does
     * @param <T> what the body returns
     * @return its outcome
     * @throws PortalClosedException if the portal or its loop is closed
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> CompletableFuture<T> submit(String name, Callable<? extends T> body) {
        return this.<T>accept(Objects.requireNonNull(name, "name"), body, false).result;
    }

    /**
     * Starts a task with a name; as {@link #submit(Callable)}.
     *
     * @param name the name of the task and of its thread
     * @param body what it does
     * @return its outcome
     * @throws PortalClosedException if the portal or its loop is closed
     */
    @CanIgnoreReturnValue
    public CompletableFuture<@Nullable Void> submit(String name, VoidBody<? extends Exception> body) {
        return submit(name, EventLoop.callable(body));
    }

    // --- waiting for it

    /**
     * Has a task run and blocks the calling thread until it has ended. A thread that is interrupted meanwhile cancels the task and
     * waits no longer. In a task of another loop this parks that task, and the cancel of that task cancels the one that it waits for
     * (on the hand-off engine it holds the other loop, as every blocking call does).
     *
     * @param body what the task does
     * @param <T> what the body returns
     * @return what the body returned
     * @throws RuntimeException what the body threw; a checked exception is the cause of a
     *     {@link java.util.concurrent.CompletionException}
     * @throws CancelledException if the task was cancelled; or the calling thread was interrupted, which keeps its flag; or the
     *     calling task was cancelled
     * @throws PortalClosedException if the portal or its loop is closed, or the loop closes first
     * @throws IllegalStateException in code of the loop itself, which would wait for itself, and in a callback of another one
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T call(Callable<? extends T> body) {
        return block(null, body);
    }

    /**
     * Has a task run and blocks the calling thread until it has ended; as {@link #call(Callable)}.
     *
     * @param body what the task does
     */
    public void call(VoidBody<? extends Exception> body) {
        block(null, EventLoop.callable(body));
    }

    /**
     * Has a task with a name run and blocks the calling thread until it has ended; as {@link #call(Callable)}.
     *
     * @param name the name of the task and of its thread
     * @param body what the task does
     * @param <T> what the body returns
     * @return what the body returned
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object> T call(String name, Callable<? extends T> body) {
        return block(Objects.requireNonNull(name, "name"), body);
    }

    /**
     * Has a task with a name run and blocks the calling thread until it has ended; as {@link #call(Callable)}.
     *
     * @param name the name of the task and of its thread
     * @param body what the task does
     */
    public void call(String name, VoidBody<? extends Exception> body) {
        block(Objects.requireNonNull(name, "name"), EventLoop.callable(body));
    }

    @CanIgnoreReturnValue
    private <T extends @Nullable Object> T block(@Nullable String name, Callable<? extends T> body) {
        refuseToBlockCallbacks();
        PortalCall<T> call = this.<T>accept(name, body, true);
        try {
            return call.result.get();
        } catch (InterruptedException e) {
            call.result.cancel(true);
            throw interrupted();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw Outcome.rethrow(cause == null ? e : cause);
        } catch (java.util.concurrent.CancellationException e) {
            throw e.getCause() instanceof CancelledException cancelled ? cancelled : e; // get() wraps it
        }
    }

    /** In a task of another loop the interrupt is that task's own cancel, which counts as delivered then. */
    private static RuntimeException interrupted() {
        EventLoop other = EventLoop.currentOrNull();
        TaskStep step = other == null ? null : other.current;
        RuntimeException due = step == null ? null : step.takeDueCancel();
        if (due != null) {
            return due;
        }
        Thread current = Thread.currentThread();
        current.interrupt();
        return new CancelledException("the waiting thread " + current.getName() + " was interrupted");
    }

    private void refuseToBlockCallbacks() {
        if (loop.isCurrent()) {
            throw new IllegalStateException(
                    "call(…) by code of " + loop
                            + " itself would wait for what only this loop can run: spawn a task and await() it, or use submit(…)");
        }
        Guest guest = loop.guest;
        if (guest != null && guest.isHost(Thread.currentThread())) {
            throw new IllegalStateException("call(…) by the thread that hosts " + loop
                    + " would wait for what only that thread can run: use submit(…)");
        }
        if (Carrier.isStranded(Thread.currentThread())) {
            throw new IllegalStateException("the loop of this task has closed: it can wait for nothing any more");
        }
        EventLoop other = EventLoop.currentOrNull();
        if (other != null && other.current == null) {
            throw new IllegalStateException("call(…) in a callback of " + other
                    + " would hold every callback behind it: spawn a task there, or use submit(…)");
        }
    }

    // --- the end

    /** Takes nothing more. What was accepted goes on to its end, and this does not wait for it. Harmless when repeated. */
    @Override
    public void close() {
        long before = state.getAndUpdate(s -> s | CLOSED);
        if ((before & CLOSED) == 0) {
            loop.submit(this::settle); // also if work is left: a test's clock may stand still for an open portal
        }
    }

    /**
     * Takes nothing more and cancels, by their scopes, the tasks that have not ended. Work that has not begun never does.
     *
     * @param reason why, for people
     * @return done when all has ended
     */
    @CanIgnoreReturnValue
    public Future<@Nullable Void> cancelAll(String reason) {
        Objects.requireNonNull(reason, "reason");
        close();
        loop.submit(() -> {
            cancelReason = reason; // also for what was accepted and is still on its way here
            new ArrayList<>(started).forEach(call -> call.cancelTask(reason));
        });
        return drained();
    }

    /**
     * Waits for the portal to be closed and for all that it has accepted to end.
     *
     * @return a wait of one's own, for the tasks of the loop; other threads may call {@link Future#await()}. It fails with an
     *     {@link IllegalStateException} if the loop closes first.
     */
    public Future<@Nullable Void> drained() {
        if ((state.get() & CLOSED) == 0) {
            loop.portals.add(this);
        }
        return drained.await();
    }

    /**
     * Whether it takes nothing more; only true of the moment.
     *
     * @return true after {@link #close()}, or when the loop has closed
     */
    public boolean isClosed() {
        return (state.get() & CLOSED) != 0 || loop.isClosed();
    }

    @Override
    public String toString() {
        long s = state.get();
        return "LoopPortal[" + loop.name() + ", " + (isClosed() ? "closed" : "open") + ", " + s / ONE + " not ended]";
    }

    // --- the protocol

    private <T extends @Nullable Object> PortalCall<T> accept(
            @Nullable String name, Callable<? extends T> body, boolean blocking) {
        var call = new PortalCall<T>(this, name, Objects.requireNonNull(body, "body"), blocking);
        long s;
        do {
            s = state.get();
            if ((s & CLOSED) != 0) {
                throw new PortalClosedException("a portal of " + loop + " is closed and takes no more work");
            }
        } while (!state.compareAndSet(s, s + ONE));
        loop.arrivals.incrementAndGet();
        if (!loop.inbox.push(call)) {
            arrived();
            release();
            throw new PortalClosedException(loop + " is closed, and its portals with it");
        }
        return call;
    }

    /** Work has come out of the inbox. */
    void arrived() {
        loop.arrivals.decrementAndGet();
    }

    void started(PortalCall<?> call) {
        started.add(call);
    }

    /** Work has ended, or its loop has closed before it could begin. */
    void ended(PortalCall<?> call) {
        started.remove(call);
        release();
    }

    private void release() {
        if (state.addAndGet(-ONE) == CLOSED) {
            loop.submit(this::settle);
        }
    }

    /** On the loop's thread, after the close and after the last end. */
    private void settle() {
        loop.portals.remove(this);
        if (state.get() == CLOSED) {
            drained.happen(null);
        }
    }

    @Nullable String cancelReason() {
        return cancelReason;
    }

    /** Whether code of the loop waits for other threads to be done with this portal. */
    boolean isAwaitedOpen() {
        return drained.isAwaited(); // also while the word of its close is on the way
    }
}

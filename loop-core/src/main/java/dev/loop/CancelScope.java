package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a task's code that can be cancelled as a whole, by somebody or by a deadline. Once it is, every wait inside throws,
 * again and again, until the stretch is left; a {@code catch} in between cannot make it go on. The check is part of the wait
 * itself; nothing polls.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="scope"}
 *
 * <p>Scopes nest. The exception carries the outermost scope that is cancelled and not behind a shield, and only that scope
 * absorbs it; so the nearest deadline wins, and a cancel from further out is never taken for one's own. What does not wait any more
 * is not cancelled: a body that ends with a value or a failure of its own keeps it, whatever was asked for.
 *
 * <p>A scope is used once, by one task. Its methods belong to the loop's thread; any task or callback of the loop may call
 * {@link #cancel(String)} and {@link #reschedule(Deadline)}.
 *
 * <p>Prior art: trio's cancel scopes (N. J. Smith, "Timeouts and cancellation for humans", 2018).
 */
@CheckReturnValue
public final class CancelScope {

    private enum State {
        CREATED,
        ENTERED,
        LEFT
    }

    private State state = State.CREATED;
    private @Nullable TaskCancels step; // from the entry on

    @Nullable CancelScope parent;

    boolean shields;

    /** The group whose body this is, if its waits are to throw the failures of its children. */
    @Nullable TaskGroup group;

    private boolean cancelled;
    private boolean expired;
    private boolean told; // a wait inside has thrown this scope's cancel
    private boolean absorbed;
    private Outcome.@Nullable Cancelled how;
    private @Nullable String what;
    private @Nullable Duration limit; // counts from the entry
    private Deadline deadline;
    private @Nullable TimerNode timer;

    private CancelScope(@Nullable Duration limit, Deadline deadline) {
        this.limit = limit;
        this.deadline = deadline;
    }

    /** The scope around a whole task, for the kernel's own cancels: it is entered for good. */
    static CancelScope around(TaskCancels step) {
        var scope = new CancelScope(null, Deadline.never());
        scope.step = step;
        scope.state = State.ENTERED;
        return scope;
    }

    // --- making them

    /**
     * A scope without a deadline, for somebody to cancel.
     *
     * @return a scope that is not entered yet
     */
    public static CancelScope create() {
        return new CancelScope(null, Deadline.never());
    }

    /**
     * A scope that is cancelled at a deadline.
     *
     * @param deadline when; if it has passed, the body reaches its first wait
     * @return a scope that is not entered yet
     */
    public static CancelScope withDeadline(Deadline deadline) {
        return new CancelScope(null, Objects.requireNonNull(deadline, "deadline"));
    }

    /**
     * A scope that is cancelled when some time has passed since its entry.
     *
     * @param limit how long; zero or negative lets the body reach its first wait; too long for nanoseconds means never
     * @return a scope that is not entered yet
     */
    public static CancelScope within(Duration limit) {
        return new CancelScope(Objects.requireNonNull(limit, "limit"), Deadline.never());
    }

    /**
     * Shields the body: cancels from further out do not reach its waits until this scope is left, and neither does
     * {@link Task#cancel(String)}. This scope's own cancel and deadline do. Only before the entry.
     *
     * @return this
     */
    @CanIgnoreReturnValue
    public CancelScope shield() {
        checkNew("is shielded");
        shields = true;
        return this;
    }

    /**
     * Says what the body does, for the message when it takes too long. Only before the entry.
     *
     * @param whatIsDone in a few words, such as {@code connecting to the store}
     * @return this
     */
    @CanIgnoreReturnValue
    public CancelScope about(String whatIsDone) {
        checkNew("is named");
        what = Objects.requireNonNull(whatIsDone, "whatIsDone");
        return this;
    }

    private void checkNew(String what) {
        if (state != State.CREATED) {
            throw new IllegalStateException("a scope " + what + " before it is entered: " + this);
        }
    }

    // --- running code inside

    /**
     * Runs code inside this scope, in place. If this scope's cancel ends it, that is not an error.
     *
     * @param body the code
     * @param <X> what it throws
     * @return whether it ran to its end; false if this scope's cancel ended it
     * @throws X as the code does
     * @throws IllegalStateException outside of a task, or if this scope was entered before
     */
    @CanIgnoreReturnValue
    public <X extends Throwable> boolean run(VoidBody<X> body) throws X {
        perform(withoutResult(body));
        return !absorbed;
    }

    /**
     * Runs code inside this scope, in place. If this scope's cancel ends it, that is not an error.
     *
     * @param body the code
     * @param <T> its result
     * @param <X> what it throws
     * @return its result; null if this scope's cancel ended it, as {@link #absorbed()} tells
     * @throws X as the code does
     * @throws IllegalStateException outside of a task, or if this scope was entered before
     */
    public <T extends @Nullable Object, X extends Throwable> @Nullable T call(Body<T, X> body) throws X {
        return perform(body);
    }

    /**
     * Runs code inside this scope, in place, and fails if this scope's cancel ends it.
     *
     * @param body the code
     * @param <X> what it throws
     * @throws X as the code does
     * @throws TimeoutException if this scope's cancel, and nothing else, ended the code
     * @throws IllegalStateException outside of a task, or if this scope was entered before
     */
    public <X extends Throwable> void runOrFail(VoidBody<X> body) throws X {
        performOrFail(withoutResult(body));
    }

    /**
     * Runs code inside this scope, in place, and fails if this scope's cancel ends it.
     *
     * @param body the code
     * @param <T> its result
     * @param <X> what it throws
     * @return its result
     * @throws X as the code does
     * @throws TimeoutException if this scope's cancel, and nothing else, ended the code
     * @throws IllegalStateException outside of a task, or if this scope was entered before
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object, X extends Throwable> T callOrFail(Body<T, X> body) throws X {
        return performOrFail(body);
    }

    static <X extends Throwable> Body<@Nullable Void, X> withoutResult(VoidBody<X> body) {
        Objects.requireNonNull(body, "body");
        return () -> {
            body.run();
            return null;
        };
    }

    private <T extends @Nullable Object, X extends Throwable> @Nullable T perform(Body<T, X> body) throws X {
        TaskCancels s = enter();
        try {
            return body.run();
        } catch (CancelledException e) {
            absorb(s, e);
            return null;
        } catch (Throwable e) {
            if (!isOwnInterrupt(s, e)) {
                throw e;
            }
            absorbed(s);
            return null;
        } finally {
            leave();
        }
    }

    private <T extends @Nullable Object, X extends Throwable> T performOrFail(Body<T, X> body) throws X {
        TaskCancels s = enter();
        try {
            return body.run();
        } catch (CancelledException e) {
            absorb(s, e);
            throw timeout(e);
        } catch (Throwable e) {
            if (isOwnInterrupt(s, e)) {
                absorbed(s);
                throw timeout(e);
            }
            if (expired && told) {
                e.addSuppressed(timeout(null)); // it failed on its way out, and this is what it was on its way from
            }
            throw e;
        } finally {
            leave();
        }
    }

    /** Whether this scope's cancel has reached a blocking JDK call, which tells of it by its own exception. */
    private boolean isOwnInterrupt(TaskCancels s, Throwable e) {
        return e instanceof InterruptedException && s.isOwnInterrupt() && s.effectiveScope() == this;
    }

    private void absorb(TaskCancels s, CancelledException e) {
        if (e.scope() != this) {
            throw e;
        }
        absorbed(s);
    }

    /** This scope's cancel ended the body. A cancel from further out that has come since goes on. */
    private void absorbed(TaskCancels s) {
        leave();
        RuntimeException outer = s.takeDueCancel();
        if (outer != null) {
            throw outer;
        }
        absorbed = true;
    }

    private TimeoutException timeout(@Nullable Throwable cause) {
        String message = expired ? late() : "cancelled" + (reason() == null ? "" : ": " + reason());
        return cause == null ? new TimeoutException(message) : new TimeoutException(message, cause);
    }

    private String late() {
        String when = limit == null ? "not done by its deadline" : "not done within " + limit;
        return what == null ? when : what + ": " + when;
    }

    // --- its state

    /** Cancels what is inside, without a reason. */
    public void cancel() {
        cancel(null);
    }

    /**
     * Cancels what is inside: the wait that is going on there and all that come. Before the entry the body reaches its first wait.
     * A second call, and one after the scope was left, changes nothing.
     *
     * @param reason why, for people; null for none
     */
    public void cancel(@Nullable String reason) {
        TaskCancels s = step;
        if (s != null) {
            s.loop.checkThread();
        }
        if (cancelled || state == State.LEFT) {
            return;
        }
        cancelled = true;
        how = new Outcome.Cancelled(reason, CancelTrace.capture(s != null ? s.loop : EventLoop.currentOrNull()));
        if (s != null) {
            s.scopeCancelled();
        }
    }

    /**
     * Whether it was cancelled, by somebody or by its deadline, whether or not the body has met that.
     *
     * @return true from then on
     */
    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * Whether its deadline came while the body ran.
     *
     * @return true from then on
     */
    public boolean expired() {
        return expired;
    }

    /**
     * Whether its cancel, and no other, ended the body.
     *
     * @return true after the body; false as long as it runs
     */
    public boolean absorbed() {
        return absorbed;
    }

    /**
     * Why it was cancelled.
     *
     * @return the reason; null if it was not cancelled or none was given
     */
    public @Nullable String reason() {
        return how == null ? null : how.reason();
    }

    /**
     * When it is cancelled.
     *
     * @return its own deadline; {@link Deadline#never()} if there is none, and before the entry of a scope with a limit
     */
    public Deadline deadline() {
        return deadline;
    }

    /**
     * Moves the deadline, in either direction.
     *
     * @param newDeadline when this scope is cancelled; in the past means the next turn; {@link Deadline#never()} takes it away
     * @throws IllegalStateException if the deadline has come already, or the scope was cancelled or left
     */
    public void reschedule(Deadline newDeadline) {
        Objects.requireNonNull(newDeadline, "newDeadline");
        TaskCancels s = step;
        if (s != null) {
            s.loop.checkThread();
        }
        if (cancelled || state == State.LEFT) {
            throw new IllegalStateException("too late for another deadline: " + this);
        }
        limit = null;
        deadline = newDeadline;
        if (s != null) {
            stopTimer(s);
            startTimer(s);
        }
    }

    /**
     * The nearest deadline of all scopes around the calling code, up to the innermost shield.
     *
     * @return the deadline; {@link Deadline#never()} if there is none, and outside of a task
     */
    public static Deadline nearestDeadline() {
        EventLoop loop = EventLoop.currentOrNull();
        TaskCancels s = loop == null ? null : loop.current;
        Deadline nearest = Deadline.never();
        for (CancelScope scope = s == null ? null : s.scope; scope != null; scope = scope.parent) {
            nearest = nearest.orEarlier(scope.deadline);
            if (scope.shields) {
                break;
            }
        }
        return nearest;
    }

    @Override
    public String toString() {
        return "CancelScope[" + (cancelled ? "cancelled" + (reason() == null ? "" : ": " + reason()) : "active")
                + (shields ? ", shield" : "") + (deadline.isNever() ? "" : ", " + deadline) + "]";
    }

    // --- for the kernel

    /** How a task ends whose end it is. */
    Outcome.Cancelled outcome() {
        return how == null ? new Outcome.Cancelled(null) : how;
    }

    /** What a wait inside throws. */
    RuntimeException exception() {
        told = true;
        TaskGroup g = group;
        if (g != null) {
            RuntimeException failure = g.failureOfChildren();
            if (failure != null) {
                return failure;
            }
        }
        return new CancelledException(reason(), this, how == null ? null : how.canceller());
    }

    /** The calling task enters. */
    @CanIgnoreReturnValue
    TaskCancels enter() {
        TaskCancels s = Async.step("a CancelScope");
        if (state != State.CREATED) {
            throw new IllegalStateException("a scope is entered once; make another one: " + this);
        }
        state = State.ENTERED;
        step = s;
        parent = s.scope;
        s.scope = this;
        if (shields) {
            s.shields++;
        }
        Duration fromNow = limit;
        if (fromNow != null) {
            deadline = Deadline.after(s.loop, fromNow);
        }
        startTimer(s);
        return s;
    }

    /** The task leaves; harmless when repeated. */
    void leave() {
        TaskCancels s = step;
        if (s == null || state != State.ENTERED) {
            return;
        }
        while (s.scope != this && s.scope != null && s.scope.group != null) {
            s.scope.group.forgotten();
        }
        state = State.LEFT;
        stopTimer(s);
        s.scope = parent;
        if (shields) {
            s.shields--;
        }
        if (cancelled && !s.isCancelDue()) {
            s.dropOwnInterrupt();
        }
    }

    private void startTimer(TaskCancels s) {
        if (deadline.isNever() || cancelled) {
            return;
        }
        TimerNode t = new TimerNode(deadline.when()) {
            @Override
            public void fire() {
                timer = null;
                expired = true;
                cancel(late());
            }
        };
        timer = t;
        s.loop.timers.add(t);
    }

    private void stopTimer(TaskCancels s) {
        TimerNode t = timer;
        if (t != null) {
            timer = null;
            s.loop.timers.remove(t);
        }
    }
}

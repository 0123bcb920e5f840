package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a task's code that can be cancelled as a whole. Once it is, every wait inside throws, again and again, until the
 * stretch is left; a {@code catch} in between cannot make it go on. The check is part of the wait itself; nothing polls.
 *
 * <p>Scopes nest. The exception carries the outermost scope that is cancelled and not behind a shield, and only that scope
 * absorbs it.
 */
final class CancelScope {

    final TaskCancels step;
    final @Nullable CancelScope parent;

    private boolean cancelled;
    private @Nullable String reason;
    private @Nullable CancelTrace canceller;
    private @Nullable TimerNode deadline;

    CancelScope(TaskCancels step, @Nullable CancelScope parent) {
        this.step = step;
        this.parent = parent;
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Nullable String reason() {
        return reason;
    }

    @Nullable CancelTrace canceller() {
        return canceller;
    }

    /** Cancels what is inside. A second call changes nothing. */
    void cancel(@Nullable String why) {
        if (cancelled) {
            return;
        }
        cancelled = true;
        reason = why;
        canceller = CancelTrace.capture(step.loop);
        step.scopeCancelled();
    }

    CancelledException exception() {
        return new CancelledException(reason, this, canceller);
    }

    /** Cancels this scope when so much time has passed. */
    void cancelAfter(Duration limit) {
        EventLoop loop = step.loop;
        var timer = new TimerNode(loop.now() + Durations.nanos(limit)) {
            @Override
            public void fire() {
                cancel("not done within " + limit);
            }
        };
        deadline = timer;
        loop.timers.add(timer);
    }

    /**
     * Runs the body inside a scope with a deadline.
     *
     * @throws TimeoutException if the deadline's cancel, and no other, ended the body
     */
    static <T extends @Nullable Object, X extends Throwable> T timeout(
            TaskCancels step, Duration limit, Body<T, X> body) throws X {
        var scope = new CancelScope(step, step.scope);
        scope.cancelAfter(limit);
        step.scope = scope;
        try {
            return body.run();
        } catch (CancelledException e) {
            if (e.scope() != scope) {
                throw e;
            }
            throw scope.expired(limit, e);
        } catch (Throwable e) {
            if (e instanceof InterruptedException && step.isOwnInterrupt() && step.effectiveScope() == scope) {
                throw scope.expired(limit, e);
            }
            throw e;
        } finally {
            scope.leave();
        }
    }

    /** What leaves this scope when its own cancel ended the body: the time-out, or a cancel from further out that has come since. */
    private RuntimeException expired(Duration limit, Throwable cause) {
        leave();
        CancelledException outer = step.takeDueCancel();
        return outer != null ? outer : TimeoutException.after(limit, cause);
    }

    private void leave() {
        TimerNode timer = deadline;
        if (timer != null) {
            deadline = null;
            step.loop.timers.remove(timer);
        }
        if (step.scope == this) {
            step.scope = parent;
            if (cancelled && !step.isCancelDue()) {
                step.dropOwnInterrupt();
            }
        }
    }
}

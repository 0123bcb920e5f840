package dev.loop;

import dev.loop.internal.carrier.Coroutine;
import org.jspecify.annotations.Nullable;

/**
 * What asks a task to end, and how far that has come: its edge cancels, its scopes, interrupts of its thread. It is the half of
 * {@link TaskStep} that has to do with cancels; the other half runs the steps.
 *
 * <p>Everything belongs to the loop's thread.
 */
abstract sealed class TaskCancels implements Listener permits TaskStep {

    final EventLoop loop;
    final Task<?> task;

    @Nullable Coroutine coroutine;

    boolean inJdkWait;

    // the wait: what for, and whether it is over
    @Nullable Future<?> waitingOn;

    boolean woken;

    int cancelRequests;
    int cancelsMet; // how often a cancel has reached the body

    @Nullable CancelScope scope; // the innermost one

    int shields; // how many of them are shields

    @Nullable CancelScope root; // around the whole body, made when the kernel cancels

    Outcome.@Nullable Cancelled pending; // asked for, not delivered
    boolean delivered; // handed to what is awaited, or the wait was left for it
    Outcome.@Nullable Cancelled lastEdge; // the one that was handed on
    long wave; // the last cancel wave that has reached it
    boolean onTheWay; // that wave is at what it awaits, or further on
    private boolean interruptSent;
    private Outcome.@Nullable Cancelled interrupted; // the edge that the JDK has thrown as an InterruptedException

    TaskCancels(Task<?> task) {
        this.loop = task.loop;
        this.task = task;
    }

    abstract Coroutine coroutine();

    abstract void wake();

    abstract void countDoneAwait();

    /** The public edge: once, for the wait that is going on or the next one. */
    boolean cancel(@Nullable String reason) {
        if (task.outcome != null) {
            return false;
        }
        loop.cancels.reach(this, new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
        return true;
    }

    int uncancel() {
        if (cancelRequests > 0 && --cancelRequests == 0) {
            pending = null;
        }
        return cancelRequests;
    }

    /** The kernel's own cancel: everything in the task, for good. */
    void cancelRoot(@Nullable String reason) {
        if (task.outcome != null) {
            return;
        }
        CancelScope r = root;
        if (r == null) {
            root = r = CancelScope.around(this);
        }
        r.cancel(reason);
    }

    void scopeCancelled() {
        if (effectiveScope() != null) {
            reach();
        }
    }

    /** Takes a cancel that is due to wherever the task is now, and on along what it awaits. */
    void reach() {
        loop.cancels.reach(this, null);
    }

    /** The wave of a cancel has come here: hands it, if it is due, to what is awaited; or leaves that, if others wait for it too. */
    void receive(Outcome.@Nullable Cancelled asked) {
        if (asked != null) {
            request(asked);
        }
        Future<?> future = waitingOn;
        if (future == null) {
            if (inJdkWait && isCancelDue()) {
                interruptSent = true;
                coroutine().interrupt();
            }
            return;
        }
        if (future.outcome != null || woken || !isCancelDue()) {
            return;
        }
        if (future.hasWaiterBesides(this)) {
            leave(); // it goes on for the others
            return;
        }
        delivered = true;
        String reason = cancelReason();
        Outcome.Cancelled edge = dueEdge();
        if (edge != null) {
            pending = null; // it is the awaited future's now; if that ends cancelled, it comes back as this task's
            lastEdge = edge;
        }
        if (!future.cancel(reason)) {
            delivered = false;
            if (edge != null) {
                pending = edge;
            }
            lastEdge = null;
        }
    }

    /** Leaves what is awaited to go on without this task. */
    void leave() {
        Future<?> future = waitingOn;
        if (future == null || future.outcome != null || woken) {
            return;
        }
        future.removeListener(this);
        delivered = true;
        wake();
        if (!future.hasWaiterBesides(null)) {
            future.left(cancelReason());
        }
    }

    private void request(Outcome.Cancelled edge) {
        cancelRequests++;
        pending = edge;
    }

    boolean isCancelDue() {
        return dueEdge() != null || effectiveScope() != null;
    }

    /** The edge that was asked for and can be delivered here: a shield holds it back. */
    private Outcome.@Nullable Cancelled dueEdge() {
        return shields == 0 ? pending : null;
    }

    /** The outermost cancelled scope that no shield holds back. */
    @Nullable CancelScope effectiveScope() {
        CancelScope found = null;
        for (CancelScope s = scope; s != null; s = s.parent) {
            if (s.isCancelled()) {
                found = s;
            }
            if (s.shields) {
                return found;
            }
        }
        CancelScope r = root;
        return r != null && r.isCancelled() ? r : found;
    }

    void throwIfCancelled() {
        noticeThrownInterrupt();
        if (isCancelDue()) {
            countDoneAwait();
            throw cancelException();
        }
    }

    /** The cancel that is due, as an exception that counts as delivered; null if none is. */
    @Nullable RuntimeException takeDueCancel() {
        return isCancelDue() ? cancelException() : null;
    }

    /** The edge is stronger than a scope: it comes from outside of the task, and no scope absorbs it. */
    RuntimeException cancelException() {
        cancelsMet++;
        dropOwnInterrupt();
        Outcome.Cancelled edge = dueEdge();
        if (edge != null) {
            pending = null;
        } else {
            edge = lastEdge;
        }
        lastEdge = null;
        if (edge != null) {
            return edge.toException();
        }
        CancelScope s = effectiveScope();
        return s == null ? new CancelledException() : s.exception();
    }

    /** The outcome of a task that the cancel which is due has ended. */
    Outcome.Cancelled dueOutcome() {
        if (pending != null) {
            return pending;
        }
        CancelScope s = effectiveScope();
        if (s != null) {
            return s.outcome();
        }
        return interrupted != null ? interrupted : new Outcome.Cancelled(null);
    }

    /** A cancel that was delivered, and that something else took the place of, is to be delivered once more. */
    void rearm(CancelledException delivered) {
        if (delivered.scope() == null && pending == null) {
            pending = new Outcome.Cancelled(delivered.reason(), delivered.canceller());
        }
    }

    @Nullable String cancelReason() {
        Outcome.Cancelled edge = dueEdge();
        if (edge != null) {
            return edge.reason();
        }
        CancelScope s = effectiveScope();
        if (s != null) {
            return s.reason();
        }
        return interrupted == null ? null : interrupted.reason();
    }

    /** Whether an {@link InterruptedException} in the body is the form in which its own cancel arrived. */
    boolean isOwnInterrupt() {
        return interrupted != null || (interruptSent && isCancelDue());
    }

    void dropOwnInterrupt() {
        if (interruptSent) {
            interruptSent = false;
            Thread.interrupted();
        }
    }

    /** The interrupt of a cancel is gone from the flag: the JDK has thrown it, so the body has been told, and an edge tells once. */
    void noticeThrownInterrupt() {
        if (interruptSent && !Thread.currentThread().isInterrupted()) {
            interruptSent = false;
            Outcome.Cancelled edge = dueEdge(); // one that a shield holds back was not what interrupted it
            if (edge != null) {
                interrupted = edge;
                pending = null;
            }
        }
    }

    /**
     * Clears the interrupt flag: nothing parks with it set. A flag that our own cancel has left is only dropped, somebody else's
     * is an edge cancel. Returns whether there was one.
     */
    boolean noticeInterrupt() {
        if (!Thread.currentThread().isInterrupted()) {
            return false;
        }
        Thread.interrupted();
        if (interruptSent) {
            interruptSent = false;
        } else {
            request(new Outcome.Cancelled("the task's thread was interrupted"));
        }
        return true;
    }
}

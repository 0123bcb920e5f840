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

    @Nullable CancelScope scope; // the innermost one

    int shields; // how many of them are shields

    @Nullable CancelScope root; // around the whole body, made when the kernel cancels

    Outcome.@Nullable Cancelled pending; // asked for, not delivered
    boolean delivered; // handed to what is awaited, or the wait was left for it
    Outcome.@Nullable Cancelled lastEdge; // the one that was handed on
    private boolean delivering; // inside the awaited future's cancel
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
        request(reason);
        reach();
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

    /**
     * Takes a new cancel to wherever the task is now, and on along tasks that await each other; in a loop, because such a chain may
     * be long, and with an eye on chains that are circles.
     */
    void reach() {
        int reached = 0;
        for (TaskCancels step = this; step != null; step = step.deliver()) {
            reached++;
        }
        TaskCancels step = this;
        for (; reached > 0; reached--) {
            step.delivering = false;
            step = step.waitingOn instanceof Task<?> awaited ? awaited.step : step;
        }
    }

    /**
     * Hands the cancel that is due, if any, to what is awaited; or leaves that, if others wait for it too. Returns the task that it
     * was handed to and that has to deliver it in turn, if it is one.
     */
    private @Nullable TaskCancels deliver() {
        Future<?> future = waitingOn;
        if (future == null) {
            if (inJdkWait && isCancelDue()) {
                interruptSent = true;
                coroutine().interrupt();
            }
            return null;
        }
        if (future.outcome != null || woken || !isCancelDue()) {
            return null;
        }
        if (delivering || future.hasWaiterBesides(this)) {
            // what is awaited goes on for the others; or it awaits this task, and one of the circle has to begin
            future.removeListener(this);
            delivered = true;
            wake();
            return null;
        }
        delivering = true;
        delivered = true;
        String reason = cancelReason();
        Outcome.Cancelled edge = dueEdge();
        if (edge != null) {
            pending = null; // it is the awaited future's now; if that ends cancelled, it comes back as this task's
            lastEdge = edge;
        }
        if (future instanceof Task<?> awaited) {
            awaited.step.request(reason);
            return awaited.step;
        }
        if (!future.cancel(reason)) {
            delivered = false;
            if (edge != null) {
                pending = edge;
            }
            lastEdge = null;
        }
        return null;
    }

    void request(@Nullable String reason) {
        cancelRequests++;
        pending = new Outcome.Cancelled(reason);
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

    /** A cancel that was delivered, and that something else took the place of, is to be delivered once more. */
    void rearm(CancelledException delivered) {
        if (delivered.scope() == null && pending == null) {
            pending = new Outcome.Cancelled(delivered.reason());
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
            if (pending != null) {
                interrupted = pending;
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
            request("the task's thread was interrupted");
        }
        return true;
    }
}

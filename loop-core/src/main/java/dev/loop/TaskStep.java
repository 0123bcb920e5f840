package dev.loop;

import dev.loop.internal.carrier.Carrier;
import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What drives a {@link Task}: its entry in the ready queue, its waits and its cancels. One for each task, for its whole life.
 *
 * <pre>
 *   NEW -> queued -> running -> waiting -> queued      an await() of a pending future
 *                    running -> queued                 yieldNow, or 64 awaits of done futures
 *                    running -> in a JDK wait -> queued
 *                    running -> ended
 * </pre>
 *
 * <p>Everything belongs to the loop's thread, except {@link #wokenByJdk()}.
 */
final class TaskStep implements ReadyEntry, Listener, Coroutine.Owner {

    /** How many awaits of futures that are done a step may make before it gives way once. */
    private static final int DONE_AWAITS = 64;

    final EventLoop loop;
    final Task<?> task;
    final String name;
    private @Nullable Callable<?> body;
    private @Nullable Coroutine coroutine;

    // the loop's list of its tasks
    @Nullable TaskStep previous;

    @Nullable TaskStep next;

    private boolean queued;
    private boolean inJdkWait;
    private int mounts;
    private int doneAwaits;

    // the wait: what for, and whether it is over
    private @Nullable Future<?> waitingOn;
    private boolean woken;

    // cancels
    int cancelRequests;

    @Nullable CancelScope scope; // the innermost one

    private @Nullable CancelScope root; // around the whole body, made when the kernel cancels
    private Outcome.@Nullable Cancelled pending; // asked for, not delivered
    private boolean delivered; // handed to what is awaited, or the wait was left for it
    private Outcome.@Nullable Cancelled lastEdge; // the one that was handed on
    private boolean delivering; // inside the awaited future's cancel
    private boolean interruptSent;
    private Outcome.@Nullable Cancelled interrupted; // the edge that the JDK has thrown as an InterruptedException

    TaskStep(Task<?> task, String name, Callable<?> body) {
        this.loop = task.loop;
        this.task = task;
        this.name = name;
        this.body = body;
    }

    // --- the turn's side

    /** One step, on the platform thread. */
    @Override
    public void run() {
        queued = false;
        if (task.outcome != null) {
            return;
        }
        Coroutine c = coroutine;
        if (c == null) {
            if (pending != null || root != null) {
                endUnstarted();
                return;
            }
            try {
                c = loop.carrier.coroutine(name, this::runBody, this);
            } catch (OutOfMemoryError e) {
                loop.fatal(e);
                return;
            }
            coroutine = c;
        }
        if (inJdkWait) {
            inJdkWait = false;
            loop.jdkWaits--;
        }
        mounts++;
        doneAwaits = 0;
        loop.current = this;
        c.mount();
        loop.current = null;
        if (!c.isSuspended() && !c.isDone() && !queued) {
            inJdkWait = true;
            loop.jdkWaits++;
        }
    }

    @Override
    public void wokenByJdk() {
        if (loop.isCurrent()) {
            admit(loop.ready);
        } else {
            loop.inbox.push(this);
        }
    }

    @Override
    public void admit(ReadyQueue ready) {
        if (!queued && task.outcome == null) {
            queued = true;
            ready.add(this);
        }
    }

    /** The awaited future is done: the kernel's wakeup. It takes no lock and runs no user code. */
    @Override
    public void completed(Future<?> future) {
        if (future == waitingOn) {
            wake();
        }
    }

    private void wake() {
        woken = true;
        admit(loop.ready);
    }

    // --- inside the coroutine

    private void runBody() {
        Callable<?> callable = body;
        body = null;
        Object outcome;
        if (callable == null) {
            throw new AssertionError("the body of " + task + " ran twice");
        }
        try {
            outcome = Outcome.of(callable.call());
        } catch (InterruptedException e) {
            outcome = isOwnInterrupt() ? new Outcome.Cancelled(cancelReason()) : new Outcome.Failed(e);
        } catch (Throwable e) {
            if (Outcome.isFatal(e)) {
                loop.fatal(e);
            }
            outcome = Outcome.thrown(e);
        }
        Thread.interrupted(); // a flag that is left over must not reach anything that runs later
        end(outcome);
    }

    private void end(Object outcome) {
        loop.tasks.remove(this);
        task.finish(outcome);
    }

    private void endUnstarted() {
        body = null;
        end(new Outcome.Cancelled(cancelReason()));
    }

    /**
     * Parks until the future is done. Throws the cancel if it was this task's, so that the caller reads the outcome otherwise.
     */
    void waitFor(Future<?> future) {
        if (future == task) {
            throw new IllegalStateException("a task cannot wait for itself: " + task);
        }
        Coroutine c = coroutine();
        waitingOn = future;
        woken = false;
        delivered = false;
        future.addListener(this);
        noticeThrownInterrupt();
        noticeInterrupt();
        if (isCancelDue()) {
            reach();
        }
        boolean parked = !woken;
        while (!woken) {
            c.suspend();
            if (Carrier.isStranded(Thread.currentThread())) {
                waitingOn = null;
                throw loop.closedException();
            }
            if (noticeInterrupt()) {
                reach();
            }
        }
        waitingOn = null;
        boolean ours = delivered || isCancelDue();
        delivered = false;
        if (ours && (future.outcome == null || future.outcome instanceof Outcome.Cancelled)) {
            if (!parked) {
                countDoneAwait(); // a body that catches this in a loop must not starve the others
            }
            throw cancelException();
        }
        lastEdge = null; // what was awaited has taken the cancel and ended otherwise
    }

    /** Waits for nothing but its next turn; a cancel ends it. */
    void yieldNow() {
        throwIfCancelled();
        giveWay();
        throwIfCancelled();
    }

    /** Stands at the end of the queue once. */
    private void giveWay() {
        Coroutine c = coroutine();
        int before = mounts;
        admit(loop.ready);
        while (mounts == before) {
            noticeInterrupt(); // a park with the flag set would return at once, for ever
            c.suspend();
            if (Carrier.isStranded(Thread.currentThread())) {
                throw loop.closedException();
            }
        }
    }

    void countDoneAwait() {
        if (++doneAwaits >= DONE_AWAITS) {
            giveWay();
        }
    }

    private Coroutine coroutine() {
        Coroutine c = coroutine;
        if (c == null) {
            throw new AssertionError("a wait of " + task + " before its first step");
        }
        return c;
    }

    // --- cancels

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
            root = r = new CancelScope(this, null);
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
    private void reach() {
        int reached = 0;
        for (TaskStep step = this; step != null; step = step.deliver()) {
            reached++;
        }
        TaskStep step = this;
        for (; reached > 0; reached--) {
            step.delivering = false;
            step = step.waitingOn instanceof Task<?> awaited ? awaited.step : step;
        }
    }

    /**
     * Hands the cancel that is due, if any, to what is awaited; or leaves that, if others wait for it too. Returns the task that it
     * was handed to and that has to deliver it in turn, if it is one.
     */
    private @Nullable TaskStep deliver() {
        Future<?> future = waitingOn;
        if (future == null) {
            if (inJdkWait) {
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
        Outcome.Cancelled edge = pending;
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
            pending = edge;
            lastEdge = null;
        }
        return null;
    }

    private void request(@Nullable String reason) {
        cancelRequests++;
        pending = new Outcome.Cancelled(reason);
    }

    boolean isCancelDue() {
        return pending != null || effectiveScope() != null;
    }

    /** The outermost cancelled scope. */
    @Nullable CancelScope effectiveScope() {
        CancelScope found = null;
        for (CancelScope s = scope; s != null; s = s.parent) {
            if (s.isCancelled()) {
                found = s;
            }
        }
        CancelScope r = root;
        return r != null && r.isCancelled() ? r : found;
    }

    private void throwIfCancelled() {
        noticeThrownInterrupt();
        if (isCancelDue()) {
            countDoneAwait();
            throw cancelException();
        }
    }

    /** The cancel that is due, as an exception that counts as delivered; null if none is. */
    @Nullable CancelledException takeDueCancel() {
        return isCancelDue() ? cancelException() : null;
    }

    /** The edge is stronger than a scope: it comes from outside of the task, and no scope absorbs it. */
    private CancelledException cancelException() {
        dropOwnInterrupt();
        Outcome.Cancelled edge = pending != null ? pending : lastEdge;
        pending = null;
        lastEdge = null;
        if (edge != null) {
            return edge.toException();
        }
        CancelScope s = effectiveScope();
        return s == null ? new CancelledException() : s.exception();
    }

    private @Nullable String cancelReason() {
        if (pending != null) {
            return pending.reason();
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
    private void noticeThrownInterrupt() {
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
    private boolean noticeInterrupt() {
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

    // --- the end of the loop

    boolean isStarted() {
        return coroutine != null;
    }

    /** Where it stands. */
    StackTraceElement[] stack() {
        return coroutine().thread().getStackTrace();
    }

    /** The loop has closed and this task has not ended: lets it unwind elsewhere. */
    void strand() {
        Coroutine c = coroutine;
        if (task.outcome != null) {
            return; // it has ended in the very last turns
        }
        if (c == null) {
            endUnstarted();
        } else {
            loop.carrier.strand(c);
        }
    }
}

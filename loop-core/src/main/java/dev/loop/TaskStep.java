package dev.loop;

import dev.loop.internal.carrier.Carrier;
import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.carrier.CoroutineStack;
import dev.loop.internal.carrier.FreeCoroutine;
import dev.loop.internal.ready.Lane;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import java.util.ArrayList;
import java.util.Collections;
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
final class TaskStep extends TaskCancels implements ReadyEntry, CoroutineStack {

    /** How many awaits of futures that are done a step may make before it gives way once. */
    private static final int DONE_AWAITS = 64;

    final String name;
    private @Nullable Callable<?> body;

    Context context; // of what runs in this task; bare, once it has begun

    // the loop's list of its tasks
    @Nullable TaskStep previous;

    @Nullable TaskStep next;

    long number; // from 1, in the order in which they were added

    private boolean queued;
    private int mounts;
    private int doneAwaits;
    private long waitingSince;
    long queuedAt = Probe.UNKNOWN; // for instruments

    // an eager start
    boolean eager; // its first step is going on
    private boolean leftInterrupted; // what has run in its place was, when it left
    private boolean handsOver; // a child takes its first step, and this goes on then, in the same step
    private @Nullable TaskStep caller; // who goes on when this one's first step is over

    TaskStep(Task<?> task, String name, Callable<?> body) {
        super(task);
        this.name = name;
        this.context = task.loop.capture();
        this.body = body;
    }

    // --- the turn's side

    /** One step, on the platform thread, with those that it hands the turn to on the way. */
    @Override
    public void run() {
        queued = false;
        TaskStep step = this;
        do {
            step = step.advance();
        } while (step != null);
    }

    /** Runs this until it gives the thread back. Returns who goes on at once: a child that begins eagerly, or who waits for that. */
    private @Nullable TaskStep advance() {
        Coroutine c = isOver() ? null : begun();
        if (c != null) {
            if (inJdkWait) {
                inJdkWait = false;
                loop.jdkWaits--;
            }
            if (!handsOver) {
                mounts++;
                doneAwaits = 0;
            }
            handsOver = false;
            loop.current = this;
            loop.steps++;
            Probe p = loop.probe;
            c = p == null ? mount(c) : p.mount(this, c);
            loop.current = null;
            TaskStep child = loop.handOver;
            if (child != null) {
                loop.handOver = null;
                child.caller = this;
                return child;
            }
            if (!c.isSuspended() && !c.isDone() && !queued) {
                inJdkWait = true;
                loop.jdkWaits++;
            }
        }
        eager = false;
        TaskStep back = caller;
        caller = null;
        return back;
    }

    /** Runs the coroutine, and in the same step those that it calls in its place, until one gives the thread back. Returns that. */
    Coroutine mount(Coroutine first) {
        Coroutine c = first;
        while (true) {
            c.mount();
            Coroutine next = coroutine;
            if (next == c || next == null) {
                return c;
            }
            c = next;
        }
    }

    /** Whether nothing is left to run. An outcome alone does not say so: what tells of it can block as well. */
    private boolean isOver() {
        Coroutine c = coroutine;
        return c == null ? task.outcome != null : c.isDone();
    }

    /** The coroutine; made for the first step. Null if the task was cancelled before that, and has ended now. */
    private @Nullable Coroutine begun() {
        Coroutine c = coroutine;
        if (c != null) {
            return c;
        }
        if (pending != null || root != null) {
            endUnstarted();
            return null;
        }
        try {
            c = loop.carrier.coroutine(name, this::runBody, this);
        } catch (OutOfMemoryError e) {
            loop.fatal(e);
        }
        coroutine = c;
        return c;
    }

    /** Inside the coroutine: stands still while a new task takes its first step. */
    void handOver(TaskStep child) {
        Coroutine c = coroutine();
        child.eager = true;
        handsOver = true;
        loop.handOver = child;
        while (child.eager) {
            noticeInterrupt(); // a park with the flag set would return at once, for ever
            c.suspend();
        }
    }

    /** Inside the coroutine: stands still while another one runs in its place, in this task, until that leaves. */
    void call(FreeCoroutine inner) {
        Coroutine caller = parkable();
        if (Thread.interrupted()) {
            inner.interrupt();
        }
        inner.push(this, loop.carrier);
        boolean flag = false;
        while (coroutine != caller) {
            caller.suspend();
            flag |= Thread.interrupted(); // a park with the flag set would return at once, for ever
        }
        if (flag || leftInterrupted) {
            leftInterrupted = false;
            Thread.currentThread().interrupt(); // what blocks or waits next takes it
        }
    }

    @Override
    public @Nullable Coroutine top() {
        return coroutine;
    }

    @Override
    public void top(@Nullable Coroutine top) {
        coroutine = top;
    }

    @Override
    public void leaving() {
        leftInterrupted = Thread.interrupted();
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
        if (!queued && !isOver()) {
            queued = true;
            ready.add(this);
            if (loop.probe != null) {
                queuedAt = loop.now();
            }
        }
    }

    /** The lane of what has woken it. A task that gave way has all before it run first, and what the JDK woke has no order. */
    @Override
    public Object lane() {
        Future<?> future = waitingOn;
        if (future != null) {
            return future.lane();
        }
        return inJdkWait ? this : mounts == 0 ? Lane.ORDERED : Lane.BARRIER;
    }

    /** The awaited future is done: the kernel's wakeup. It takes no lock and runs no user code. */
    @Override
    public void completed(Future<?> future) {
        if (future == waitingOn) {
            wake();
        }
    }

    @Override
    void wake() {
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
        entering();
        try {
            beginContext();
            outcome = Outcome.of(callable.call());
        } catch (InterruptedException e) {
            outcome = isOwnInterrupt() ? dueOutcome() : new Outcome.Failed(e);
        } catch (Throwable e) {
            if (Outcome.isFatal(e)) {
                loop.fatal(e);
            }
            outcome = Outcome.thrown(e);
        }
        if (scope != null) {
            outcome = leaveScopes(outcome);
        }
        Thread.interrupted(); // a flag that is left over must not reach anything that runs later
        end(outcome);
        Probe p = loop.probe;
        if (p != null) {
            p.finished(this);
        }
    }

    /** A group that was opened and never closed ends with its task. Returns how the task ends. */
    private Object leaveScopes(Object outcome) {
        try {
            while (scope != null && scope.group != null) {
                scope.group.forgotten();
            }
            return outcome;
        } catch (RuntimeException e) {
            return Outcome.thrown(e); // the loop has closed, and nothing can be waited for any more
        }
    }

    /** What was carried along becomes this thread's own; nobody else's, so it is not put back. */
    private void beginContext() {
        Carried.Values carried = context.carried;
        if (carried != null) {
            context = context.bare;
            carried.begin();
        }
    }

    private void end(Object outcome) {
        loop.tasks.remove(this);
        task.finish(outcome);
    }

    private void endUnstarted() {
        body = null;
        end(dueOutcome());
        Probe p = loop.probe;
        if (p != null) {
            p.finishedUnstarted(this);
        }
    }

    /**
     * Parks until the future is done. Throws the cancel if it was this task's, so that the caller reads the outcome otherwise.
     */
    void waitFor(Future<?> future) {
        if (future == task) {
            throw new IllegalStateException("a task cannot wait for itself: " + task);
        }
        Coroutine c = waitable();
        waitingOn = future;
        waitingSince = loop.meter.turnTime;
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
            suspend(c);
            if (Carrier.isStranded(Thread.currentThread())) {
                waitingOn = null;
                throw stranded();
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
        Coroutine c = waitable();
        int before = mounts;
        admit(loop.ready);
        while (mounts == before) {
            noticeInterrupt(); // a park with the flag set would return at once, for ever
            suspend(c);
            if (Carrier.isStranded(Thread.currentThread())) {
                throw stranded();
            }
        }
    }

    private void suspend(Coroutine c) {
        Probe p = loop.probe;
        if (p != null) {
            p.leaving(this);
        }
        c.suspend();
        entering();
    }

    private void entering() {
        Probe p = loop.probe;
        if (p != null) {
            p.entering(this);
        }
    }

    private Coroutine parkable() {
        Probe p = loop.probe;
        if (p != null) {
            p.refuseInHook();
        }
        return coroutine();
    }

    /** The coroutine, to give the thread back to the loop: a plain generator gives it back to its caller only. */
    private Coroutine waitable() {
        Coroutine c = parkable();
        if (c.refusesWaits()) {
            throw new IllegalStateException(
                    "the body of a Generator cannot wait for its loop, because whoever asks it for a"
                            + " value does not expect to wait: use an AsyncGenerator (" + task + ")");
        }
        return c;
    }

    /** The loop has closed, and what is left of this task runs elsewhere, still in its context. */
    private IllegalStateException stranded() {
        Context.swapOfThread(context);
        return loop.closedException();
    }

    @Override
    void countDoneAwait() {
        if (++doneAwaits >= DONE_AWAITS && !coroutine().refusesWaits()) {
            giveWay();
        }
    }

    @Override
    Coroutine coroutine() {
        Coroutine c = coroutine;
        if (c == null) {
            throw new AssertionError("a wait of " + task + " before its first step");
        }
        return c;
    }

    // --- for who looks at it

    /** What it is parked in an await of; null if nothing. */
    @Nullable Future<?> awaiting() {
        return woken ? null : waitingOn;
    }

    /** How long it has been parked in that. */
    long awaitedNanos() {
        return loop.now() - waitingSince;
    }

    /** How often it has given way, or a cancel has reached it without that. */
    int checkpoints() {
        return mounts + cancelsMet;
    }

    /** What its thread does in a blocking JDK call; null if it is in none. */
    Thread.@Nullable State blockedState() {
        return inJdkWait ? coroutine().thread().getState() : null;
    }

    // --- the end of the loop

    boolean isStarted() {
        return coroutine != null;
    }

    /** Where it stands: what it has called to run in its place, the innermost first, and then itself. */
    StackTraceElement[] stack() {
        Coroutine c = coroutine();
        if (!(c instanceof FreeCoroutine)) {
            return c.thread().getStackTrace();
        }
        var frames = new ArrayList<StackTraceElement>();
        for (Coroutine next = c; next != null; next = next instanceof FreeCoroutine free ? free.below() : null) {
            Collections.addAll(frames, next.thread().getStackTrace());
        }
        return frames.toArray(StackTraceElement[]::new);
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

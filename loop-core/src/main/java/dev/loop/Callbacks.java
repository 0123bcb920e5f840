package dev.loop;

import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.carrier.CoroutineStack;
import dev.loop.internal.carrier.FreeCoroutine;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import org.jspecify.annotations.Nullable;

/**
 * The loop virtual thread: the one coroutine on which all user callbacks run, one after another.
 *
 * <p>It takes consecutive callbacks out of the ready queue in one mount. A callback that blocks in the JDK (a lock that a task
 * holds, say) parks this coroutine and frees the platform thread: later callbacks are held, in order, and do not count as ready,
 * while tasks, deadlines and polls go on. There is never a second one; the turn wakes it only from its own idle wait, and the JDK
 * from any other.
 *
 * <p>On the hand-off carrier callbacks run on the platform thread itself.
 */
final class Callbacks implements ReadyEntry, CoroutineStack {

    private final EventLoop loop;
    private final @Nullable Coroutine coroutine;

    // the loop's thread only
    private final ReadyQueue held = new ReadyQueue();
    private @Nullable Coroutine top; // what a callback has called to run in its place, else the coroutine
    private boolean interrupted; // that was, when it left
    private @Nullable ReadyEntry first; // what the next mount begins with
    private boolean idle = true;
    private boolean blocked;
    private @Nullable Handle blockedIn;
    private boolean queued;
    private boolean ended;
    private boolean inline; // on the hand-off: a callback runs on the platform thread; the watchdog reads it

    Callbacks(EventLoop loop) {
        this.loop = loop;
        coroutine = loop.carrier.freesTheThread()
                ? loop.carrier.coroutine(loop.name() + "-callbacks", this::body, this)
                : null;
        top = coroutine;
    }

    /** Runs this callback and those right behind it in this turn's batch. Platform thread only. */
    void run(ReadyEntry callback) {
        Coroutine c = coroutine;
        if (blocked) {
            held.add(callback);
        } else if (c == null) {
            inline = true;
            step(callback);
            inline = false;
        } else {
            first = callback;
            mount();
        }
    }

    private void step(ReadyEntry callback) {
        loop.steps++;
        Probe p = loop.probe;
        if (p == null) {
            callback.run();
        } else {
            p.run(callback);
        }
    }

    private void mount() {
        if (blocked) {
            blocked = false;
            loop.steps++; // what goes on is a step of its own: the loop was free meanwhile
            loop.callback = blockedIn;
            loop.jdkWaits--;
        }
        Coroutine before;
        TaskStep child;
        do {
            before = top();
            before.mount();
            child = loop.handOver;
            if (child != null) {
                loop.handOver = null;
                child.run();
            }
        } while (child != null || top != before);
        if (!idle && !before.isDone()) {
            blocked = true;
            blockedIn = loop.callback;
            loop.callback = null;
            loop.jdkWaits++;
        }
    }

    // --- the coroutine

    private void body() {
        while (true) {
            idle = false;
            ReadyEntry callback = first;
            first = null;
            while (callback != null) {
                step(callback);
                callback = next();
            }
            Thread.interrupted(); // a flag that a callback has left would make the idle wait return at once, for ever
            idle = true;
            if (ended) {
                return;
            }
            while (first == null && !ended) {
                Coroutine c = coroutine;
                if (c != null) {
                    c.suspend();
                }
                Thread.interrupted();
            }
        }
    }

    /** Inside a callback: stands still while a new task takes its first step. */
    void handOver(TaskStep child) {
        Coroutine c = coroutine;
        if (c == null) {
            child.run(); // callbacks are on the platform thread
            return;
        }
        child.eager = true;
        loop.handOver = child;
        Coroutine running = top();
        boolean flag = false;
        while (child.eager) {
            running.suspend();
            flag |= Thread.interrupted();
        }
        if (flag) {
            Thread.currentThread().interrupt();
        }
    }

    /** Inside a callback: stands still while another coroutine runs in its place, until that leaves. */
    void call(FreeCoroutine inner) {
        Coroutine caller = top;
        if (caller == null || caller.thread() != Thread.currentThread()) {
            FreeCoroutine.call(inner, loop.carrier); // on the platform thread
            return;
        }
        if (Thread.interrupted()) {
            inner.interrupt();
        }
        inner.push(this, loop.carrier);
        boolean flag = false;
        while (top != caller) {
            caller.suspend();
            flag |= Thread.interrupted();
        }
        if (flag || interrupted) {
            interrupted = false;
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Coroutine top() {
        Coroutine c = top;
        if (c == null) {
            throw new AssertionError("callbacks have no coroutine on this carrier");
        }
        return c;
    }

    @Override
    public void top(@Nullable Coroutine coroutineOnTop) {
        top = coroutineOnTop;
    }

    @Override
    public void leaving() {
        interrupted = Thread.interrupted();
    }

    /** What was held while this was blocked is older than all that is ready. */
    private @Nullable ReadyEntry next() {
        ReadyEntry callback = held.poll();
        return callback != null ? callback : loop.nextCallback();
    }

    // --- woken by the JDK from the middle of a callback

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
        if (!queued && !idle) {
            queued = true;
            ready.add(this);
        }
    }

    @Override
    public Object lane() {
        return this;
    }

    @Override
    public void run() {
        queued = false;
        if (coroutine != null && !idle) {
            mount();
        }
    }

    // --- for the loop

    boolean isBlocked() {
        return blocked;
    }

    /** Whether this thread runs callbacks; any thread may ask. */
    boolean isThread(Thread thread) {
        Coroutine c = top;
        return c != null
                ? c.thread() == thread || (coroutine != null && coroutine.thread() == thread)
                : loop.carrier.isMounted(thread) && loop.current == null;
    }

    /** Whether a callback runs on the platform thread itself; any thread may ask, and is told what was so a moment ago. */
    boolean isInline() {
        return inline;
    }

    int held() {
        return held.size();
    }

    /** Interrupts a callback that blocks; the loop is closing. */
    void interrupt() {
        Coroutine c = top;
        if (c != null && blocked) {
            c.interrupt();
        }
    }

    /** Ends the coroutine. Returns it if it is in the middle of a callback that would not end; null if all is well. */
    @Nullable Coroutine end() {
        ended = true;
        held.clear();
        Coroutine c = top;
        if (c != null && blocked) {
            return c;
        }
        if (c != null && c.isSuspended()) {
            boolean interrupted = Thread.interrupted(); // a mount would wipe it out
            c.mount();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return null;
    }
}

package dev.loop;

import dev.loop.internal.carrier.Carrier;
import dev.loop.internal.carrier.FreeCoroutine;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Code that stops in the middle, goes on when it is asked to, and meanwhile has its own stack: what generators are made of. Whoever
 * calls {@link #resume()} stands still until the body calls {@link #suspend()} or ends, and nothing else runs in between.
 *
 * <p>The body runs in the place of its caller, each time another one if need be: a task or callback of a loop, whose task, context and
 * cancel scopes it then has; or a thread without a loop, whose context it has. Its thread is a virtual one of its own all the time,
 * and so are its {@link ThreadLocal}s and the locks that it holds. An interrupt of the caller is the body's while that runs, and the
 * other way round afterwards; in a task or callback so is one that was there before, while one that a stranger sends to the thread of a
 * caller who stands still waits for the body to stop. In a blocking JDK call of the body the caller is blocked too; a task or callback frees its loop then, as by
 * a call of its own.
 *
 * <p>Any thread may use it, one at a time; whoever makes something of this class sees to that.
 *
 * <p>On a platform thread the body is run by that thread, and in a task or callback by the loop's thread: it costs two switches of
 * virtual threads, some hundred nanoseconds. If the first caller is a virtual thread that is no loop's, or {@code java.lang} is not open
 * to this library, or such a virtual thread calls what others have begun, it costs two hand-overs between threads, some microseconds.
 *
 * <p>One thing is lost: an interrupt of a platform thread without a loop, if it comes while the body runs there, and the body blocks in
 * the JDK before it stops again; or if it comes in the middle of one of the two switches. The JDK wipes it out. While the body is blocked
 * the interrupt reaches it. A thread that does little else than switch loses up to half of them that way, so end such a one by a flag of
 * your own, or let a virtual thread be the first to resume the body: nothing is lost then.
 */
public final class Resumable {

    private final String name;
    private final boolean waits;
    private final Runnable body;

    // whoever runs it now
    private @Nullable FreeCoroutine coroutine;
    private @Nullable TaskStep step; // the task in whose place it runs; null for none
    private @Nullable CancelScope scope; // the innermost of that task when it was resumed
    private boolean outside; // in the place of a thread without a loop
    private Context context = Context.empty(); // of such a thread

    /**
     * Something that has not begun.
     *
     * @param name the name of the body's thread
     * @param waits whether the body may wait for the loop: its caller, a task, waits with it then. Else every such wait is refused.
     * @param body what to run; throws nothing
     */
    public Resumable(String name, boolean waits, Runnable body) {
        this.name = Objects.requireNonNull(name, "name");
        this.waits = waits;
        this.body = Objects.requireNonNull(body, "body");
    }

    /**
     * Runs the body in the place of the caller, from its beginning or from where it has stopped, until it stops again or ends.
     *
     * @throws IllegalStateException if it has ended; if it is executing
     */
    public void resume() {
        FreeCoroutine c = coroutine;
        EventLoop loop = EventLoop.currentOrNull();
        if (c == null) {
            c = FreeCoroutine.create(name, loop != null, begin(loop));
            c.refuseWaits(!waits);
            coroutine = c;
        } else if (c.isDone()) {
            throw new IllegalStateException(this + " has ended");
        } else if (c.isOnStack()) {
            throw new IllegalStateException(this + " is executing");
        }
        if (loop == null) {
            resumeOutside(c);
        } else {
            outside = false;
            TaskStep s = loop.current;
            if (s != null) {
                step = s;
                scope = s.scope;
                s.call(c);
            } else {
                loop.callbacks().call(c);
            }
        }
    }

    private void resumeOutside(FreeCoroutine c) {
        outside = true;
        Context former = Context.ofThread();
        context = former;
        FreeCoroutine.call(c, null);
        Context left = context;
        if (left != former) {
            Context.swapOfThread(left);
        }
    }

    /** Stops here until somebody resumes this. By the body only. */
    public void suspend() {
        FreeCoroutine c = coroutine;
        if (c == null || !isInside()) {
            throw new IllegalStateException(this + " is stopped by its own body, not by " + Thread.currentThread());
        }
        checkScope();
        leaving();
        c.leave();
        entered();
    }

    /** A scope that is open here would be left open in the task: its cancel would hit code that is not inside, or nobody. */
    private void checkScope() {
        TaskStep s = step;
        if (s != null && s.scope != scope) {
            throw new IllegalStateException(
                    "a cancel scope, time-out or task group of the body is open across a yield, where its"
                            + " cancel would reach the code of the consumer: close it before the yield (" + s.task
                            + ")");
        }
    }

    private Runnable begin(@Nullable EventLoop loop) {
        Carried.Values carried = loop == null ? null : loop.capture().carried;
        return () -> {
            if (carried != null) {
                carried.begin();
            }
            entered();
            try {
                body.run();
            } finally {
                leaveScopes();
                leaving();
            }
        };
    }

    /** A group that the body has opened and never closed ends with it. */
    private void leaveScopes() {
        TaskStep s = step;
        FreeCoroutine c = coroutine;
        if (s == null || c == null || s.scope == scope || Carrier.isStranded(Thread.currentThread())) {
            return;
        }
        c.refuseWaits(false); // the one wait that has to be
        CancelScope open = s.scope;
        while (open != null && open != scope && open.group != null) {
            open.group.forgotten();
            open = s.scope;
        }
    }

    private void entered() {
        if (outside && Context.ofThread() != context) {
            Context.swapOfThread(context);
        }
    }

    private void leaving() {
        step = null;
        scope = null;
        if (outside) {
            context = Context.ofThread();
        }
    }

    /**
     * Whether the calling code is the body's.
     *
     * @return true on the body's own thread
     */
    public boolean isInside() {
        FreeCoroutine c = coroutine;
        return c != null && c.thread() == Thread.currentThread();
    }

    /**
     * Whether the body has ended.
     *
     * @return true when it will never run again
     */
    public boolean isDone() {
        FreeCoroutine c = coroutine;
        return c != null && c.isDone();
    }

    /**
     * Where the body has stopped.
     *
     * @return its frames, the innermost first; none before its beginning and after its end
     */
    public List<StackTraceElement> stack() {
        FreeCoroutine c = coroutine;
        return c == null || c.isDone()
                ? List.of()
                : TaskFrames.trimmed(c.thread().getStackTrace());
    }

    @Override
    public String toString() {
        return "Resumable[" + name + "]";
    }
}

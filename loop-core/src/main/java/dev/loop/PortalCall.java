package dev.loop;

import dev.loop.internal.ready.ReadyEntry;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One piece of work that a portal has accepted: the way from a foreign thread to a task, and of the task's outcome back.
 *
 * <pre>
 *   accepted, in the inbox -> task -> outcome delivered
 *                          -> cancelled before it began
 *                          -> failed, the loop has closed
 * </pre>
 *
 * <p>Its arrival and the task's end are kernel work: no lock, no user code. The dependents of a future that was given away are user
 * code, and get an entry of their own.
 */
final class PortalCall<T extends @Nullable Object> implements ReadyEntry, Listener, ForeignWait.Abandoned {

    private final LoopPortal portal;
    private final EventLoop loop;
    private final @Nullable String name;
    private final Callable<? extends T> body;
    private final boolean blocking;
    private final Context context; // the caller's
    private final Object lane;

    /** What the caller has. */
    final Result result = new Result();

    // the loop's thread only
    private @Nullable Task<T> task;

    /**
     * Work on its way.
     *
     * @param blocking whether a thread waits for the outcome and nobody else sees the future: then the kernel may complete it, so
     *     that the thread does not depend on what callbacks do
     */
    PortalCall(LoopPortal portal, @Nullable String name, Callable<? extends T> body, boolean blocking) {
        this.portal = portal;
        this.loop = portal.loop();
        this.name = name;
        this.body = body;
        this.blocking = blocking;
        context = loop.captureThreadsafe();
        this.lane = loop.arrivalLane();
    }

    @Override
    public Object lane() {
        return lane;
    }

    /** The arrival, on the platform thread. */
    @Override
    public void run() {
        portal.arrived();
        loop.foreignWaits.add(this);
        if (loop.taskFactory != null) {
            loop.ready.add(new ReadyHandle(loop, context, this::start)); // a factory is user code
        } else {
            start();
        }
    }

    private void start() {
        String cancelled = portal.cancelReason();
        if (cancelled != null || result.isCancelled()) {
            end(() -> result.completeExceptionally(new CancelledException(cancelled)));
            return;
        }
        Task<T> t;
        try {
            t = spawn(name != null ? name : loop.nextTaskName());
        } catch (Throwable e) { // a factory's
            if (Outcome.isFatal(e)) {
                loop.fatal(e);
            }
            end(() -> result.completeExceptionally(e));
            return;
        }
        task = t;
        portal.started(this);
        if (t.outcome != null) {
            completed(t); // it has begun eagerly
        } else {
            t.addListener(this);
        }
    }

    private Task<T> spawn(String taskName) {
        if (loop.taskFactory != null) {
            return loop.task().name(taskName).context(context).spawn(body);
        }
        Task<T> t = loop.spawnAsKernel(taskName, body);
        t.step.context = context;
        return t;
    }

    /** The loop has closed before this could arrive; {@link Shutdown} tells the caller when all is over. */
    void refuse() {
        portal.arrived();
        portal.ended(this);
        loop.foreignWaits.add(this);
    }

    void cancelTask(@Nullable String reason) {
        Task<T> t = task;
        if (t != null) {
            t.step.cancelRoot(reason);
        }
    }

    @Override
    public void completed(Future<?> future) {
        if (loop.isClosed()) {
            portal.ended(this); // the caller was told by the close; this is what it left behind
        } else {
            end(this::transfer);
        }
    }

    private void end(Runnable delivery) {
        Runnable settle = () -> {
            loop.foreignWaits.remove(this);
            delivery.run();
        };
        if (blocking) {
            settle.run();
        } else {
            loop.ready.add(new ReadyHandle(loop, context, settle));
        }
        portal.ended(this);
    }

    private void transfer() {
        Task<T> t = task;
        if (t == null) {
            throw new AssertionError("an outcome without a task");
        }
        boolean taken = !result.isDone();
        ForeignWait.transfer(t, result);
        if (!taken && t.outcome instanceof Outcome.Failed failed) {
            loop.reports.later(
                    new ExceptionContext("a task failed after its caller had cancelled it", failed.error, t, null));
        }
    }

    /** The loop has closed, and this has not been delivered. */
    @Override
    public boolean fail(Throwable error) {
        Task<T> t = task;
        if (t != null && t.outcome != null) {
            transfer();
            return true;
        }
        return result.completeExceptionally(new PortalClosedException(
                t == null
                        ? loop + " has closed before the work could begin"
                        : loop + " has closed and " + t + " would not end"));
    }

    /** The outcome for the caller; a cancel of it reaches the task. */
    final class Result extends CompletableFuture<T> {

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            if (cancelled) {
                loop.submit(() -> cancelTask("its CompletableFuture was cancelled"));
            }
            return cancelled;
        }
    }
}

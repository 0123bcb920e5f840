package dev.loop.thread;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.LoopPortal;
import dev.loop.PortalClosedException;
import dev.loop.Promise;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** One call of {@link Threads#run}. */
final class ThreadCall<T extends @Nullable Object> extends LimitedCall<T> {

    private static final ThreadLocal<@Nullable ThreadCall<?>> CURRENT = new ThreadLocal<>();

    private final Callable<? extends T> work;
    private final OnCancel onCancel;
    private final String name;
    private final boolean virtual;
    private final Workers workers;

    /** Between the end of the work and an interrupt, which must not come later. Held while a thread is interrupted, never on the loop. */
    private final Object turn = new Object();

    private @Nullable Thread runner; // guarded by turn

    // written by the loop, read by the worker
    private volatile boolean cancelled;
    private volatile @Nullable String reason;
    // written by the worker, read by the loop
    private volatile @Nullable LoopPortal portal;

    ThreadCall(EventLoop loop, Callable<? extends T> work, OnCancel onCancel, String name, boolean virtual) {
        super(loop);
        this.work = work;
        this.onCancel = onCancel;
        this.name = name;
        this.virtual = virtual;
        workers = Workers.of(loop);
    }

    /** The call that the calling thread works on. */
    static ThreadCall<?> current(String what) {
        ThreadCall<?> call = CURRENT.get();
        if (call == null) {
            throw new IllegalStateException(what
                    + " is for code that Threads.run(…) runs, on its own thread, and not for " + Thread.currentThread()
                    + (EventLoop.currentOrNull() != null ? ", which runs a loop" : ""));
        }
        return call;
    }

    @Override
    Executor begin() {
        // a platform thread starts the virtual one: what a task starts would inherit the loop as its scheduler
        return virtual
                ? call -> workers.execute(
                        () -> Thread.ofVirtual().name(label("virtual")).start(call))
                : workers;
    }

    private String label(String thread) {
        return thread + " (" + name + ")";
    }

    // --- on the worker

    @Override
    public T call() throws Exception {
        Thread thread = Thread.currentThread();
        synchronized (turn) {
            runner = thread;
        }
        CURRENT.set(this);
        if (!virtual) {
            thread.setName(label(thread.getName()));
        }
        try {
            checkCancelled();
            return work.call();
        } catch (Exception e) {
            if (cancelled && isOfTheCancel(e)) {
                throw new CancelledException(reason);
            }
            throw e;
        } finally {
            end();
        }
    }

    private void end() {
        synchronized (turn) {
            runner = null;
        }
        Thread.interrupted(); // it was meant for this work
        CURRENT.remove();
        LoopPortal p = portal;
        if (p != null) {
            p.close();
        }
        Workers.release();
    }

    private boolean isOfTheCancel(Exception error) {
        return error instanceof PortalClosedException || (onCancel == OnCancel.INTERRUPT && isInterruption(error));
    }

    /** What a call throws that was interrupted while it was blocked. */
    private static boolean isInterruption(Throwable error) {
        return switch (error) {
            case InterruptedException _, ClosedByInterruptException _, FileLockInterruptionException _ -> true;
            case InterruptedIOException _ -> !(error instanceof SocketTimeoutException);
            case UncheckedIOException e -> e.getCause() != null && isInterruption(e.getCause());
            default -> false;
        };
    }

    void checkCancelled() {
        if (cancelled) {
            throw new CancelledException(reason);
        }
    }

    boolean isCancelled() {
        return cancelled;
    }

    LoopPortal portal() {
        checkCancelled();
        LoopPortal p = portal;
        if (p == null) {
            portal = p = loop.portal();
        }
        if (cancelled) { // the loop may have looked before there was one
            cancelCallbacks(p);
        }
        return p;
    }

    private void interrupt() {
        synchronized (turn) {
            Thread thread = runner;
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    // --- on the loop

    @Override
    public boolean stop(Promise<T> promise, @Nullable String why) {
        if (!cancelled) {
            reason = why;
            cancelled = true;
        }
        LoopPortal p = portal;
        if (p != null) {
            cancelCallbacks(p);
        }
        if (onCancel == OnCancel.INTERRUPT) {
            interruptElsewhere();
        }
        return onCancel == OnCancel.ABANDON;
    }

    /** An interrupt closes the channel that the thread is blocked in, which can take time. */
    private void interruptElsewhere() {
        try {
            workers.execute(this::interrupt);
        } catch (RejectedExecutionException e) { // the loop has closed: there is nothing left to hold up
            interrupt();
        }
    }

    /** What the call has on the loop now would keep it from ending. */
    private void cancelCallbacks(LoopPortal p) {
        String why = reason;
        p.cancelAll(why != null ? why : "the call that has asked for this was cancelled");
    }

    @Override
    public void failedLate(Throwable error) {
        loop.callExceptionHandler(
                new ExceptionContext("a call on a thread failed after it was abandoned: " + name, error, null, null));
    }
}

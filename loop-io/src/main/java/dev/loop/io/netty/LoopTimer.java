package dev.loop.io.netty;

import dev.loop.TimerHandle;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A timer of Netty's that is a timer of the loop: one entry in the loop's heap, taken out again by a cancel.
 *
 * @param <V> what it returns; never set for one that repeats
 */
final class LoopTimer<V> extends DefaultPromise<V> implements ScheduledFuture<V>, Runnable {

    /** Longer delays are cut: they never come anyway, and sums with them must not overflow. */
    private static final long LONGEST = Long.MAX_VALUE / 4;

    private final LoopExecutor netty;
    private final Callable<V> body;
    /** Nanoseconds: 0 once, positive from deadline to deadline, negative from end to beginning. */
    private final long period;

    // written by the loop's thread (once before that by the thread that made it), read by any
    private volatile long deadline;
    // the loop's thread only
    private @Nullable TimerHandle handle;

    LoopTimer(LoopExecutor netty, Callable<V> body, long period) {
        super(netty);
        this.netty = netty;
        this.body = Objects.requireNonNull(body, "callable");
        this.period = Math.max(-LONGEST, Math.min(LONGEST, period));
    }

    /** From another thread the delay counts from when the loop has heard of it: never early, and its clock is read there only. */
    LoopTimer<V> start(long delay) {
        long cut = Math.min(LONGEST, delay);
        deadline = netty.loop().time() + cut;
        if (netty.onLoopThread()) {
            arm();
        } else {
            netty.execute(() -> {
                deadline = netty.loop().time() + cut;
                arm();
            });
        }
        return this;
    }

    private void arm() {
        if (isDone()) {
            return; // cancelled on its way here
        }
        handle = netty.loop().callAt(deadline, this);
        netty.started(this);
    }

    private void disarm() {
        TimerHandle h = handle;
        if (h != null) {
            handle = null;
            h.cancel();
            netty.ended(this);
        }
    }

    /** The deadline has come; a callback of the loop. */
    @Override
    public void run() {
        handle = null;
        netty.ended(this);
        try {
            if (period == 0) {
                if (super.setUncancellable()) {
                    super.trySuccess(body.call());
                }
            } else if (!isDone()) {
                body.call();
                if (!isDone() && !netty.isShuttingDown()) {
                    deadline = period > 0 ? deadline + period : netty.loop().time() - period;
                    arm();
                }
            }
        } catch (VirtualMachineError | LinkageError e) {
            super.tryFailure(e);
            throw e;
        } catch (Throwable e) {
            super.tryFailure(e);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (!super.cancel(mayInterruptIfRunning)) {
            return false;
        }
        if (netty.onLoopThread()) {
            disarm();
        } else {
            try {
                netty.execute(this::disarm);
            } catch (RejectedExecutionException e) {
                // it has ended meanwhile, and its timers with it
            }
        }
        return true;
    }

    @Override
    public long getDelay(TimeUnit unit) {
        return unit.convert(Math.max(0, deadline - netty.loop().time()), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
        return other instanceof LoopTimer<?> timer
                ? Long.signum(deadline - timer.deadline)
                : Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }

    // --- only this class ends it

    @Override
    public Promise<V> setSuccess(V result) {
        throw new IllegalStateException("a timer ends by itself: " + this);
    }

    @Override
    public boolean trySuccess(V result) {
        return false;
    }

    @Override
    public Promise<V> setFailure(Throwable cause) {
        throw new IllegalStateException("a timer ends by itself: " + this);
    }

    @Override
    public boolean tryFailure(Throwable cause) {
        return false;
    }

    @Override
    public boolean setUncancellable() {
        return false;
    }
}

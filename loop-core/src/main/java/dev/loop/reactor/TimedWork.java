package dev.loop.reactor;

import dev.loop.TimerHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** Work on a timer of the loop, once or at a fixed rate. */
final class TimedWork extends Work {

    private static final long ONCE = -1;

    /** So long that nobody sees its end, and short enough to be added to a clock. */
    private static final long LONGEST = Long.MAX_VALUE >> 1;

    private final long delay;
    private final long period;
    private @Nullable TimerHandle timer; // the loop's thread only

    TimedWork(LoopScheduler scheduler, Disposable.Composite owner, Runnable task, long delayNanos) {
        super(scheduler, owner, task);
        delay = delayNanos;
        period = ONCE;
    }

    TimedWork(LoopScheduler scheduler, Disposable.Composite owner, Runnable task, long delayNanos, long periodNanos) {
        super(scheduler, owner, task);
        delay = delayNanos;
        period = Math.clamp(periodNanos, 0, LONGEST);
    }

    /** Starts the timer. Any thread; false if the loop has closed. */
    boolean start() {
        if (!CallbackThread.isOn(loop)) {
            return CallbackThread.submit(loop, this::startTimer);
        }
        startTimer();
        return true;
    }

    private void startTimer() {
        if (!isDisposed()) {
            timer = loop.callLater(Duration.ofNanos(delay), this);
        }
    }

    @Override
    public void run() {
        if (period == ONCE) {
            super.run();
            return;
        }
        if (!state.compareAndSet(WAITING, RUNNING)) {
            return;
        }
        try {
            runTask();
        } finally {
            again();
        }
    }

    @Override
    boolean isEndless() {
        return period != ONCE;
    }

    /** The next run, counted from when this one was due. */
    private void again() {
        TimerHandle last = timer;
        if (last != null && !loop.isClosed() && state.compareAndSet(RUNNING, WAITING)) {
            timer = loop.callAt(last.when() + period, this);
        }
    }

    @Override
    public void dispose() {
        int s = state.get();
        while (s == WAITING || (s == RUNNING && period != ONCE)) {
            if (state.compareAndSet(s, DISPOSED)) {
                taken();
                return;
            }
            s = state.get();
        }
    }

    private void taken() {
        drop();
        if (CallbackThread.isOn(loop)) {
            cancelTimer();
        } else {
            CallbackThread.submit(loop, this::cancelTimer); // a closed loop has no timers to free
        }
    }

    private void cancelTimer() {
        TimerHandle t = timer;
        if (t != null) {
            timer = null;
            t.cancel();
        }
    }
}

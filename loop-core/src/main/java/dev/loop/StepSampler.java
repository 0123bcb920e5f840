package dev.loop;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks from outside at the step that a loop is in, again and again, and so learns for how long it has been running and where it
 * stands. A step that outlasts the bound is a stall: it is logged once, from here, because the loop cannot.
 *
 * <p>A time counts only as far as two looks have seen the same step, and no longer than the looks are apart when the machine runs:
 * a pause of the whole process (a collection, a suspended machine, a debugger) stops the watchdog too, and is nobody's stall.
 */
final class StepSampler {

    /** No bound, and so no looks. */
    static final long OFF = Long.MAX_VALUE;

    private static final int LOOKS_PER_BOUND = 4;
    private static final long SHORTEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    /** What may stand between a handle and the code of its callback. */
    private static final Set<String> OURS =
            Set.of(DoneCallback.class.getName(), TracedCallback.class.getName(), Carried.class.getName());

    /** Where a step stood, by its number. */
    record Sample(long step, Thread thread, Trace trace) {}

    private final EventLoop loop;
    private final long stallBound;
    private volatile long slowBound = OFF;

    // whoever samples, one thread only
    private long seen; // the step of the last look
    private boolean running; // whether there was one
    private long lastLook;
    private long held; // for how long the looks have seen it
    private boolean told;
    private long toldCount;

    // written by whoever samples, read by any thread
    private volatile @Nullable Sample latest;
    private volatile long stalls;
    private volatile long longestStall;

    StepSampler(EventLoop loop, Duration stallBound) {
        this.loop = loop;
        long bound = Durations.nanos(stallBound);
        this.stallBound = bound == 0 || bound >= Durations.FOREVER ? OFF : bound;
    }

    static Duration checkBound(Duration bound) {
        if (bound.isNegative()) {
            throw new IllegalArgumentException("a bound cannot be negative: " + bound + "; zero switches it off");
        }
        return bound;
    }

    /** In debug mode: the steps whose stacks are wanted already before they are a stall. */
    void slowBound(long nanos) {
        slowBound = nanos;
    }

    /** How far apart the looks should be, {@link #OFF} if there need be none. Any thread. */
    long pause() {
        long shortest = Math.min(stallBound, slowBound);
        return shortest == OFF ? OFF : Math.max(SHORTEST_PAUSE, shortest / LOOKS_PER_BOUND);
    }

    /** How many steps were stalls. Any thread. */
    long stalls() {
        return stalls;
    }

    /** For how long the looks have seen the longest of them; it took a little longer. Any thread. */
    long longestStall() {
        return longestStall;
    }

    /** The last stack that was taken, of whatever step. Any thread. */
    @Nullable Sample latest() {
        return latest;
    }

    /** One look at the loop. */
    void sample(long now) {
        long gap = Math.min(now - lastLook, 2 * pause());
        lastLook = now;
        Thread thread = stepping();
        long step = loop.steps;
        if (thread == null || !running || step != seen) {
            running = thread != null;
            seen = step;
            held = 0;
            told = false;
            return;
        }
        held += gap;
        if (held < stallBound && held < slowBound >> 1) {
            return;
        }
        boolean stalled = held >= stallBound;
        if (stalled && told) {
            longestStall = Math.max(longestStall, held);
            return;
        }
        TaskStep task = loop.current;
        StackTraceElement[] stack = thread.getStackTrace();
        if (loop.steps != step || stepping() != thread) {
            return; // it has ended while we looked: this may be the stack of another
        }
        var trace = new Trace("the stack of " + thread.getName(), stack);
        latest = new Sample(step, thread, trace);
        if (stalled) {
            told = true;
            stalls = ++toldCount;
            longestStall = Math.max(longestStall, held);
            LOG.warn(
                    "{}: {} holds the loop for {} ms now, and nothing else can run on it; it is here",
                    loop,
                    task != null ? "the task " + task.name : callback(stack),
                    TimeUnit.NANOSECONDS.toMillis(held),
                    trace);
        }
    }

    /** The thread that runs a step now. */
    private @Nullable Thread stepping() {
        return loop.callbacks().isInline() ? loop.carrier.platform() : loop.carrier.carried();
    }

    /** What a callback is called: the code that it runs, which can be seen from outside on its stack only. */
    private static String callback(StackTraceElement[] stack) {
        StackTraceElement outermost = null;
        for (StackTraceElement frame : stack) {
            if (frame.getClassName().equals(Handle.class.getName())) {
                break;
            }
            if (!OURS.contains(frame.getClassName())) {
                outermost = frame;
            }
        }
        return outermost == null ? "a callback" : "the callback " + outermost;
    }
}

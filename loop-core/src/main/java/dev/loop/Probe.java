package dev.loop;

import dev.loop.internal.carrier.Coroutine;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.spi.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is to do at each step while somebody wants to know: in debug mode, and while there are instruments. Else
 * {@link Kernel#probe} is null, and nothing of this is called. It belongs to the loop's thread.
 */
final class Probe {

    /** What {@link TaskStep#queuedAt} says when nobody has asked. */
    static final long UNKNOWN = Long.MIN_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final EventLoop loop;
    private final Clock clock = Clock.system(); // a loop with a test's clock has slow callbacks too
    private Instrument[] instruments = {}; // copied on write: a hook may add and remove
    private final Set<Thread> inHook = new HashSet<>();
    private boolean debug;
    private Duration slow;

    long longestStep;

    Probe(EventLoop loop, Duration slow) {
        this.loop = loop;
        this.slow = slow;
    }

    // --- what is wanted

    boolean isDebug() {
        return debug;
    }

    void debug(boolean on) {
        debug = on;
        changed();
    }

    Duration slow() {
        return slow;
    }

    void slow(Duration duration) {
        slow = duration;
        changed();
    }

    void add(Instrument instrument) {
        if (has(instrument)) {
            throw new IllegalArgumentException(instrument + " is an instrument of " + loop + " already");
        }
        instruments = Arrays.copyOf(instruments, instruments.length + 1);
        instruments[instruments.length - 1] = instrument;
        changed();
    }

    boolean remove(Instrument instrument) {
        boolean had = has(instrument);
        instruments = Arrays.stream(instruments).filter(i -> i != instrument).toArray(Instrument[]::new);
        changed();
        return had;
    }

    private boolean has(Instrument instrument) {
        return Arrays.stream(instruments).anyMatch(i -> i == instrument);
    }

    private void changed() {
        loop.probe = debug || instruments.length > 0 ? this : null;
        loop.sampler.slowBound(debug ? Durations.nanos(slow) : StepSampler.OFF);
        if (loop.isRunning()) {
            Watchdog.loopRuns(loop);
        }
    }

    // --- debug mode

    /** For a new future: the first of its listeners. */
    @Nullable CreationTrace creation() {
        return debug ? new CreationTrace(new Trace("made here")) : null;
    }

    /** For a new handle: what it has instead of its callback. */
    Runnable traced(Runnable callback) {
        return debug && !(callback instanceof Notice) ? new TracedCallback(callback, new Trace("made here")) : callback;
    }

    /** Mounts a task for a step, which is one, whatever is called in its place. Returns what was mounted last. */
    Coroutine mount(TaskStep step, Coroutine coroutine) {
        Trace created = step.task.created(); // when it is done it has forgotten
        long number = loop.steps;
        long began = clock.nanoTime();
        Coroutine last = step.mount(coroutine);
        long took = ended(began);
        if (isSlow(took)) {
            StepSampler.Sample sample = loop.sampler.latest();
            Trace stack = sample != null && sample.step() == number ? sample.trace() : null;
            told(created, took, "a step of the task " + step.name, stack);
        }
        return last;
    }

    /** Runs a callback. One that blocks holds those behind it, though not the loop; so it is measured from its beginning to its end. */
    void run(ReadyEntry callback) {
        if (!(callback instanceof Handle handle) || handle.callback instanceof Notice) {
            callback.run(); // words of the loop itself: they would only lead to more of them
            return;
        }
        Runnable code = handle.callback;
        long number = loop.steps;
        long began = clock.nanoTime();
        callback.run();
        long took = ended(began);
        if (code != null && isSlow(took)) {
            StepSampler.Sample sample = loop.sampler.latest();
            Trace stack = sample != null && sample.step() >= number && sample.thread() == Thread.currentThread()
                    ? sample.trace()
                    : null;
            told(TracedCallback.created(code), took, "the callback " + code, stack);
        }
    }

    private long ended(long began) {
        long took = clock.nanoTime() - began;
        longestStep = Math.max(longestStep, took);
        return took;
    }

    private boolean isSlow(long took) {
        return debug && took >= Durations.nanos(slow);
    }

    private void told(@Nullable Trace created, long took, String what, @Nullable Trace stack) {
        Notice.say(
                loop,
                () -> LOG.warn(
                        "{}: {} took {} ms{}{}",
                        loop,
                        what,
                        TimeUnit.NANOSECONDS.toMillis(took),
                        created == null ? "" : created.asText(),
                        stack == null ? "" : "; this is where it was seen",
                        stack));
    }

    // --- instruments

    void spawned(Task<?> task) {
        tell(instrument -> instrument.taskSpawned(task));
    }

    /** A task runs again, or for the first time; in its thread. */
    void entering(TaskStep step) {
        if (loop.isCurrent()) { // else it is unwinding after the loop's close
            long queuedAt = step.queuedAt != UNKNOWN ? step.queuedAt : loop.now();
            step.queuedAt = UNKNOWN;
            if (!step.eager) {
                tell(instrument -> instrument.taskScheduled(step.task, queuedAt));
            }
            tell(instrument -> instrument.beforeStep(step.task));
        }
    }

    void leaving(TaskStep step) {
        if (loop.isCurrent()) {
            tell(instrument -> instrument.afterStep(step.task));
        }
    }

    void finished(TaskStep step) {
        if (loop.isCurrent()) {
            tell(instrument -> instrument.taskFinished(step.task));
            tell(instrument -> instrument.afterStep(step.task));
        }
    }

    /** A task has ended without a thread of its own. */
    void finishedUnstarted(TaskStep step) {
        if (instruments.length > 0 && !loop.isClosed()) {
            Notice.say(loop, () -> tell(instrument -> instrument.taskFinished(step.task)));
        }
    }

    void polled(long timeout, long began, long ended) {
        if (instruments.length > 0) {
            Notice.say(loop, () -> {
                tell(instrument -> instrument.beforeIoWait(timeout, began));
                tell(instrument -> instrument.afterIoWait(timeout, ended));
            });
        }
    }

    private void tell(Consumer<Instrument> hook) {
        Thread thread = Thread.currentThread();
        boolean outermost = inHook.add(thread);
        for (Instrument instrument : instruments) {
            if (has(instrument)) {
                try {
                    hook.accept(instrument);
                } catch (Throwable e) {
                    failed(instrument, e);
                }
            }
        }
        if (outermost) {
            inHook.remove(thread);
        }
    }

    private void failed(Instrument instrument, Throwable error) {
        remove(instrument);
        if (Outcome.isFatal(error)) {
            loop.fatal(error);
        }
        loop.reports.later(new ExceptionContext(
                "an instrument failed and was removed: " + instrument.getClass().getName(), error, null, null));
    }

    /** A wait in a hook would be a step inside a step. */
    void refuseInHook() {
        if (inHook.contains(Thread.currentThread())) {
            throw new IllegalStateException(
                    "a hook of an instrument cannot wait: spawn a task, or use addDoneCallback");
        }
    }
}

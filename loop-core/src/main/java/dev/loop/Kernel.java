package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.internal.carrier.Carrier;
import dev.loop.internal.poll.SelectorPoller;
import dev.loop.internal.ready.Inbox;
import dev.loop.internal.ready.Lane;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyOrder;
import dev.loop.internal.ready.ReadyQueue;
import dev.loop.internal.ready.SeededOrder;
import dev.loop.internal.timer.TimerQueue;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What an {@link EventLoop} is made of, for the classes of this package; the loop itself adds only what users call. */
abstract sealed class Kernel permits Inspection {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    final String name;
    final Clock clock;
    final Duration drainLimit;
    final Duration closeLimit;
    final Poller poller;
    /** The order of a batch where nobody was promised one; null for first come, first served. */
    final @Nullable ReadyOrder order;

    final Carrier carrier;
    /** What is carried along with the context; null for nothing. */
    final @Nullable Carried carried;

    // the loop's thread only, from here
    final ReadyQueue ready = new ReadyQueue();
    final TimerQueue timers = new TimerQueue();
    final TaskList tasks = new TaskList();
    final Set<ForeignWait.Abandoned> foreignWaits = new LinkedHashSet<>();
    final CancelWave cancels = new CancelWave();
    final SequencedMap<LoopLocal<?>, Object> locals = new LinkedHashMap<>();
    final Reports reports;
    final Meter meter;
    final Probe probes;
    final Turns turns;
    final Offload offload;
    final Shutdown shutdown;
    final AsyncGenerators generators;
    final Promise<@Nullable Void> done;
    /** The task whose step runs now; null in a callback and in the kernel. */
    @Nullable TaskStep current;
    /** A task that takes its first step before whoever has spawned it goes on; null but for that moment. */
    @Nullable TaskStep handOver;
    /** Prepares new tasks; null for none. */
    @Nullable TaskFactory taskFactory;
    /** The callback that runs now, and holds its context; null in a task, in the kernel, and while it is blocked in the JDK. */
    @Nullable Handle callback;
    /** Tasks, and the loop virtual thread, that sit in a blocking JDK call. */
    int jdkWaits;
    /** Stages of the JDK that futures of this loop wait for. */
    int stages;
    /** How many steps have begun: one for each mount of a task, and for each callback. The watchdog reads it as well. */
    long steps;

    private int taskNumber;

    // any thread, from here
    final Inbox inbox;
    /** Work that other threads have submitted through a portal and that has not arrived. */
    final AtomicInteger arrivals = new AtomicInteger();
    /** Portals that were open when somebody asked to be told of their end. */
    final Set<LoopPortal> portals = ConcurrentHashMap.newKeySet();

    volatile boolean closed;
    final StepSampler sampler;
    /** Who is asked at each step; null while there is nobody, which other threads may read too late. */
    @Nullable Probe probe;

    volatile @Nullable Guest guest;

    Kernel(LoopBuilder builder) {
        name = builder.name != null ? builder.name : "loop-" + NUMBERS.incrementAndGet();
        clock = builder.clock;
        drainLimit = builder.drainLimit;
        closeLimit = builder.closeLimit;
        Poller p = builder.poller;
        poller = p != null ? p : new SelectorPoller();
        Long seed = builder.seed;
        order = seed == null ? null : new SeededOrder(seed);
        inbox = new Inbox(poller::wakeup);
        carrier = Carrier.create();
        carried = builder.accessors.isEmpty() ? null : new Carried(builder.accessors);
        EventLoop loop = (EventLoop) this;
        sampler = new StepSampler(loop, builder.stallBound);
        reports = new Reports(loop);
        meter = new Meter(loop);
        probes = new Probe(loop, builder.slowCallbackDuration);
        offload = new Offload(loop);
        turns = new Turns(loop);
        shutdown = new Shutdown(loop);
        generators = new AsyncGenerators(loop);
        done = new Promise<>(loop);
        done.finish(Outcome.NIL);
        probes.debug(builder.debug);
    }

    long now() {
        return clock.nanoTime();
    }

    String nextTaskName() {
        return "task-" + ++taskNumber;
    }

    /** A task that the kernel starts, on the platform thread: no factory prepares it, which would be user code. */
    final <T extends @Nullable Object> Task<T> spawnAsKernel(String taskName, Callable<? extends T> body) {
        var task = new Task<T>((EventLoop) this, taskName, body);
        start(task.step, false);
        return task;
    }

    /** A new task: its first step comes in the next turn, or now. */
    final void start(TaskStep step, boolean eager) {
        tasks.add(step);
        Probe p = probe;
        if (p != null) {
            p.spawned(step.task);
        }
        if (!eager || !isCurrent()) {
            step.admit(ready);
            return;
        }
        TaskStep caller = current;
        if (caller != null) {
            caller.handOver(step);
        } else {
            turns.callbacks.handOver(step);
        }
    }

    // --- the context; called by who may touch the loop

    /** The context of what runs now, bare. */
    final Context context() {
        TaskStep step = current;
        if (step != null) {
            return step.context;
        }
        Handle handle = callback;
        if (handle != null) {
            return handle.context;
        }
        return carrier.isEntered() ? Context.empty() : Context.bare();
    }

    /** The context of what runs now, to be taken along by what it schedules. */
    final Context capture() {
        Carried c = carried;
        return c == null || isKernelWork() ? context() : c.capture(context());
    }

    /** As {@link #capture()}, for any thread. */
    final Context captureThreadsafe() {
        if (isCurrent()) {
            return capture();
        }
        Carried c = carried;
        return c == null ? Context.bare() : c.capture(Context.bare());
    }

    /** Changes the context of what runs now; inside a run. */
    final void context(Context next) {
        if (current != null) {
            current.context = next;
        } else if (callback != null) {
            callback.context = next;
        } else {
            throw noContext();
        }
    }

    /** What the context of what runs now belongs to; inside a run. */
    final Object contextOwner() {
        if (current != null) {
            return current.task;
        }
        if (callback != null) {
            return callback;
        }
        throw noContext();
    }

    /** Whether the platform thread calls, on which no user code runs, and so no accessor either. */
    private boolean isKernelWork() {
        return current == null && callback == null && carrier.isEntered();
    }

    private IllegalStateException noContext() {
        return new IllegalStateException(
                "the platform thread of " + this + " has no context of its own, and this code (a readiness"
                        + " handler, a poller) runs there: use callSoon(…), which has one");
    }

    // ---

    /** Whether the calling thread is the one that may touch the loop now. */
    final boolean isCurrent() {
        return carrier.isMounted(Thread.currentThread());
    }

    /** Refuses a call from outside of a running loop. */
    final void refuseOtherThreads() {
        if (!carrier.isMounted(Thread.currentThread())) {
            calledFromOutside();
        }
    }

    private void calledFromOutside() {
        if (carrier.isEntered()) {
            throw WrongThread.refusal(this);
        }
        Guest g = guest;
        if (g != null) {
            g.calledBetweenParts();
        }
    }

    /** Whether no turn runs and the calling thread is the one that may touch the loop then. */
    final boolean isAtRest() {
        Guest g = guest;
        return !carrier.isEntered() && (g == null || g.mayTouch(Thread.currentThread()));
    }

    /** Before turns run: whoever waits for this loop in guest mode is out of there when this returns. */
    final void endGuestWait() {
        Guest g = guest;
        if (g != null) {
            g.endWait();
        }
    }

    final void checkUsable() {
        refuseOtherThreads();
        checkNotClosed();
    }

    final void checkNotClosed() {
        if (closed) {
            throw closedException();
        }
    }

    final IllegalStateException closedException() {
        return new IllegalStateException(name + " is closed");
    }

    /** Kernel work from any thread; false if the loop has closed. It runs on the platform thread and throws nothing. */
    @CanIgnoreReturnValue
    final boolean submit(Runnable work) {
        return inbox.push(new KernelWork(work, arrivalLane()));
    }

    /** The lane of what the calling thread leaves in the inbox: its own, so that the arrivals of one thread keep their order. */
    final Object arrivalLane() {
        return order == null || isCurrent() ? Lane.ORDERED : Thread.currentThread();
    }

    /** Work of the kernel that another thread has left; it is done even if it is the last thing that the loop does. */
    private record KernelWork(Runnable work, Object lane) implements ReadyEntry {
        @Override
        public void run() {
            work.run();
        }
    }

    /** An error after which nothing can be relied on: the loop stops and {@code run} throws it. */
    final void fatal(Throwable error) {
        turns.fatal(error);
    }

    final Callbacks callbacks() {
        return turns.callbacks;
    }

    /** Runs turns while there is a reason to, as part of the shutdown. */
    final void runWhile(BooleanSupplier reason) {
        turns.runWhile(reason);
    }

    /** Names the task that is cancelled when somebody interrupts the loop's thread. */
    final void main(@Nullable TaskStep step) {
        turns.main = step;
    }

    /** The loop virtual thread asks for the next entry of the batch, if it is a callback too. */
    final @Nullable ReadyEntry nextCallback() {
        return turns.nextCallback();
    }

    /** The last act of {@link Shutdown}. */
    final void closeForGood() {
        inbox.close(ready);
        for (ReadyEntry entry = ready.poll(); entry != null; entry = ready.poll()) {
            if (entry instanceof KernelWork) {
                entry.run(); // a thread may wait for it; callbacks and tasks have had their time
            } else if (entry instanceof PortalCall<?> call) {
                call.refuse();
            } else if (entry instanceof ThreadsafeHandle callback) {
                callback.refuse();
            }
        }
        closed = true;
        ready.clear();
        offload.close();
        poller.close();
    }
}

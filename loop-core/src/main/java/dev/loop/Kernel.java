package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.internal.carrier.Carrier;
import dev.loop.internal.poll.SelectorPoller;
import dev.loop.internal.ready.Inbox;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import dev.loop.internal.timer.TimerQueue;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What an {@link EventLoop} is made of, for the classes of this package; the loop itself adds only what users call. */
abstract sealed class Kernel permits Scheduling {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    final String name;
    final Clock clock;
    final Duration closeLimit;
    final Poller poller;
    final Carrier carrier;

    // the loop's thread only, from here
    final ReadyQueue ready = new ReadyQueue();
    final TimerQueue timers = new TimerQueue();
    final TaskList tasks = new TaskList();
    final Set<Callable<@Nullable Void>> closers = new LinkedHashSet<>();
    final Set<ForeignWait.Abandoned> foreignWaits = new LinkedHashSet<>();
    final Reports reports;
    final Turns turns;
    final Offload offload;
    final Promise<@Nullable Void> done;
    /** The task whose step runs now; null in a callback and in the kernel. */
    @Nullable TaskStep current;
    /** A task that takes its first step before whoever has spawned it goes on; null but for that moment. */
    @Nullable TaskStep handOver;
    /** Prepares new tasks; null for none. */
    @Nullable TaskFactory taskFactory;
    /** Tasks, and the loop virtual thread, that sit in a blocking JDK call. */
    int jdkWaits;
    /** Stages of the JDK that futures of this loop wait for. */
    int stages;

    private int taskNumber;

    // any thread, from here
    final Inbox inbox;
    volatile boolean closed;

    Kernel(LoopBuilder builder) {
        name = builder.name != null ? builder.name : "loop-" + NUMBERS.incrementAndGet();
        clock = builder.clock;
        closeLimit = builder.closeLimit;
        Poller p = builder.poller;
        poller = p != null ? p : new SelectorPoller();
        inbox = new Inbox(poller::wakeup);
        carrier = Carrier.create();
        EventLoop loop = (EventLoop) this;
        reports = new Reports(loop);
        offload = new Offload(loop);
        turns = new Turns(loop);
        done = new Promise<>(loop);
        done.finish(Outcome.NIL);
    }

    long now() {
        return clock.nanoTime();
    }

    String nextTaskName() {
        return "task-" + ++taskNumber;
    }

    /** A new task: its first step comes in the next turn, or now. */
    final void start(TaskStep step, boolean eager) {
        tasks.add(step);
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

    /** Whether the calling thread is the one that may touch the loop now. */
    final boolean isCurrent() {
        return carrier.isMounted(Thread.currentThread());
    }

    /** Refuses a call from outside of a running loop. */
    final void refuseOtherThreads() {
        if (!carrier.isMounted(Thread.currentThread()) && carrier.isEntered()) {
            throw new WrongThreadException(this + " was called from " + Thread.currentThread()
                    + ": only its tasks and callbacks may; other threads use callSoonThreadsafe,"
                    + " toCompletableFuture or a method whose name ends in Threadsafe");
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
        return inbox.push(new KernelWork(work));
    }

    /** Work of the kernel that another thread has left; it is done even if it is the last thing that the loop does. */
    private record KernelWork(Runnable work) implements ReadyEntry {
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

    /** The first act of {@link Shutdown}: starts the tasks that close what belongs to the loop. */
    final List<TaskStep> spawnClosers() {
        EventLoop loop = (EventLoop) this;
        List<TaskStep> steps =
                closers.stream().map(closer -> loop.spawn("close", closer).step).toList();
        closers.clear();
        return steps;
    }

    /** The last act of {@link Shutdown}. */
    final void closeForGood() {
        inbox.close(ready);
        for (ReadyEntry entry = ready.poll(); entry != null; entry = ready.poll()) {
            if (entry instanceof KernelWork) {
                entry.run(); // a thread may wait for it; callbacks and tasks have had their time
            }
        }
        closed = true;
        ready.clear();
        offload.close();
        poller.close();
    }
}

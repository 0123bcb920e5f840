package dev.loop;

import dev.loop.internal.timer.TimerNode;
import dev.loop.spi.Clock;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A loop in {@link GuestMode}: the parts of its turn, the wait of another thread for it, and who may touch it between the parts. */
final class Guest {

    /** How many entries run before the driver looks at its watch. */
    private static final int ENTRIES_PER_LOOK = 32;

    /** How long the wait may be: until a deadline, or, if that is null, without limit. */
    private record Plan(@Nullable Long deadline) {}

    final GuestMode mode;
    private final EventLoop loop;

    // any thread, from here
    /** Held by the thread that waits, all the time. */
    private final ReentrantLock waiting = new ReentrantLock();

    private final AtomicReference<@Nullable Thread> processing = new AtomicReference<>();

    // written by the host thread, read by the one that waits; null: something may have changed, look at it first
    private volatile @Nullable Plan plan;
    private volatile @Nullable Thread host;
    private volatile @Nullable GuestDriver driver;

    // the host thread only, from here
    private int batch; // entries of the driver's batch that have not run yet
    private boolean stopped;

    Guest(EventLoop loop) {
        this.loop = loop;
        mode = new GuestMode(loop, this);
    }

    /**
     * The wait. Nobody's news is lost: other threads leave theirs in the inbox, the host takes the plan away, and both look
     * afterwards whether somebody sleeps; who is going to sleep says so and looks at both afterwards. All of it is volatile, so one
     * side sees the other. The host changes the loop after it has taken the plan, and whoever waits here does not look at the loop,
     * so the part that follows on the host thread sees the change.
     */
    boolean await(long limit) {
        refuseInside();
        if (plan == null && host == Thread.currentThread()) {
            plan = plan(); // the host itself waits: it may look at what it has touched
        }
        if (plan == null) {
            return true;
        }
        if (!waiting.tryLock()) {
            if (plan == null) {
                return true; // a part begins
            }
            throw new IllegalStateException("another thread waits for the events of " + loop + " already");
        }
        boolean asleep = false;
        try {
            asleep = loop.inbox.beginSleep();
            Plan p = plan;
            if (p == null || !asleep) {
                return true;
            }
            Long deadline = p.deadline();
            long left = deadline == null ? -1 : Math.max(0, deadline - loop.now());
            boolean ready = loop.poller.await(left < 0 || (limit >= 0 && limit < left) ? limit : left);
            return ready || plan == null || !loop.inbox.isEmpty() || (deadline != null && deadline - loop.now() <= 0);
        } finally {
            if (asleep) {
                loop.inbox.endSleep();
            }
            waiting.unlock();
        }
    }

    /** Something of the host comes: what was planned no longer holds. */
    private void touch() {
        if (plan != null) {
            plan = null;
            loop.inbox.wake();
        }
    }

    /** Ends a wait that is going on, and returns when that thread is out; from here on the loop is the caller's. */
    void endWait() {
        touch();
        waiting.lock(); // only one that has seen the plan holds it, and it was woken
        try {
            if (driver == null) {
                host = null;
            }
        } finally {
            waiting.unlock();
        }
    }

    private void part(Runnable work) {
        refuseInside();
        loop.checkNotClosed();
        Thread current = Thread.currentThread();
        if (current.isVirtual()) {
            throw new IllegalStateException(loop + " cannot be the guest of a virtual thread (" + current
                    + "): only a platform thread can carry its tasks");
        }
        Thread other = processing.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException(loop + " is being processed by " + other + ": one thread at a time");
        }
        try {
            boolean stopping = loop.turns.isStopping();
            loop.turns.enter();
            host = current;
            boolean interrupted = loop.carrier.takeHostInterrupt();
            try {
                work.run();
            } finally {
                stopped |= stopping || loop.turns.isStopping();
                interrupted |= loop.carrier.takeHostInterrupt();
                loop.turns.leave();
                plan = plan();
                if (interrupted) {
                    current.interrupt();
                }
            }
        } finally {
            processing.set(null);
        }
        loop.turns.rethrowFatal();
    }

    void events() {
        part(this::admit);
    }

    void ready(int entries) {
        part(() -> loop.turns.runPart(Math.min(entries, loop.ready.size())));
    }

    private void admit() {
        loop.meter.turnBegins(loop.now());
        loop.turns.poll(0);
        loop.turns.admitDue(loop.now());
    }

    private @Nullable Plan plan() {
        if (!loop.ready.isEmpty() || loop.turns.isStopping() || loop.closed) {
            return null;
        }
        TimerNode first = loop.timers.peek();
        return new Plan(first == null ? null : (Long) first.deadline());
    }

    /** Turns for so long, for the driver; a batch that the last slice has begun goes on first. Returns whether more is ready. */
    boolean slice(long nanos) {
        part(() -> {
            long begun = Clock.system().nanoTime();
            do {
                if (batch == 0) {
                    admit();
                    batch = loop.ready.size();
                }
                int entries = Math.min(batch, ENTRIES_PER_LOOK);
                batch -= entries;
                loop.turns.runPart(entries);
                // who stops the loop stops it when this batch is over
            } while (loop.turns.isStopping()
                    ? batch > 0
                    : !loop.ready.isEmpty() && Clock.system().nanoTime() - begun < nanos);
        });
        return !loop.ready.isEmpty();
    }

    boolean isStopped() {
        return stopped || loop.turns.isStopping();
    }

    void start(GuestDriver run) {
        stopped = false;
        batch = 0;
        host = null;
        driver = run;
        run.start();
    }

    boolean isDriven() {
        return driver != null;
    }

    boolean isDrivenBy(GuestDriver run) {
        return driver == run;
    }

    /** The driver has ended. */
    void ended() {
        host = null;
        driver = null;
    }

    // --- who may call

    /** A thread that is not inside of the loop calls one of its methods, and no turn runs. */
    void calledBetweenParts() {
        refuseStrangers();
        touch();
    }

    /** Whether this thread has run the last part. Any thread. */
    boolean isHost(Thread thread) {
        return host == thread;
    }

    boolean mayTouch(Thread thread) {
        Thread h = host;
        return loop.closed || (h == null ? driver == null : h == thread);
    }

    void refuseStrangers() {
        if (!loop.isCurrent() && !mayTouch(Thread.currentThread())) {
            throw new WrongThreadException(
                    loop + " was called from " + Thread.currentThread() + ", and it is the guest of "
                            + (host == null ? "a host that has not run it yet" : host)
                            + ": other threads use callSoonThreadsafe, toCompletableFuture or a method whose name ends in Threadsafe");
        }
    }

    void refuseInside() {
        if (loop.isCurrent()) {
            throw new IllegalStateException("code of " + loop + " cannot drive it: that is for its host, outside");
        }
    }

    void refuseWhileDriven() {
        if (driver != null) {
            throw new IllegalStateException(loop + " was started as a guest, and its host drives it: stop it first");
        }
    }

    /** The host thread would wait for itself. */
    void refuseWait(Future<?> future) {
        if (host == Thread.currentThread() && !loop.closed) {
            throw new IllegalStateException("await() on " + host + " would stop " + loop
                    + ", which is its guest: use addDoneCallback or toCompletableFuture (" + future + ")");
        }
    }

    /** The loop is about to close: by its host if it was started, else by whoever owns it. */
    void closing() {
        if (driver != null) {
            refuseStrangers();
        }
        endWait();
    }
}

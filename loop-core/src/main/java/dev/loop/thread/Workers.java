package dev.loop.thread;

import dev.loop.EventLoop;
import dev.loop.LoopLocal;
import dev.loop.spi.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The worker threads of one loop: platform threads, daemons, made when they are needed and ended when they were idle for ten seconds
 * or the loop has closed. How many there are is for those who give them work to say. Any thread may use it.
 *
 * <p>A worker stands with the idle ones before the outcome of its work is known ({@link #release}), and whoever was idle last is taken
 * first: so work that comes one after another runs on one thread, and there are never more threads than there was work at a time.
 * Prior art: trio's thread cache.
 */
final class Workers implements Executor, AutoCloseable {

    private static final LoopLocal<Workers> OF_LOOP = LoopLocal.of(loop -> new Workers(loop.name() + "-worker-"));

    static final Duration IDLE = Duration.ofSeconds(10);

    private final String prefix;
    private final Duration idleLimit;

    // guarded by the deque, which is held for moments and never over user code
    private final Deque<Worker> idle = new ArrayDeque<>();
    private int made;
    private int alive;
    private boolean closed;

    private Workers(String prefix) {
        this(prefix, IDLE);
    }

    Workers(String prefix, Duration idleLimit) {
        this.prefix = prefix;
        this.idleLimit = idleLimit;
    }

    static Workers of(EventLoop loop) {
        return OF_LOOP.get(loop);
    }

    @Override
    public void execute(Runnable work) {
        Worker worker;
        synchronized (idle) {
            if (closed) {
                throw new RejectedExecutionException("the loop of these worker threads has closed");
            }
            worker = idle.pollLast();
            if (worker != null) {
                worker.next = work;
            } else {
                worker = new Worker(work, ++made);
                alive++;
            }
        }
        worker.begin();
    }

    /** The worker that calls has done what it was given, all but telling the outcome. */
    static void release() {
        if (Thread.currentThread() instanceof Worker worker) {
            worker.release();
        }
    }

    int alive() {
        synchronized (idle) {
            return alive;
        }
    }

    /** Idle threads end now, the others when they are. */
    @Override
    public void close() {
        synchronized (idle) {
            closed = true;
            idle.forEach(LockSupport::unpark);
            idle.clear();
        }
    }

    /** One thread. */
    private final class Worker extends Thread {
        private final String ownName;

        private volatile @Nullable Runnable next; // written by whoever gives it, taken by the worker
        private boolean started; // by whoever gives it the first work
        private boolean released; // guarded by the deque: it stands with the idle ones, or was taken from there

        Worker(Runnable first, int number) {
            super(null, null, prefix + number, 0, false);
            ownName = getName();
            next = first;
            setDaemon(true);
        }

        void begin() {
            if (started) {
                LockSupport.unpark(this);
                return;
            }
            started = true;
            try {
                start();
            } catch (Throwable e) { // the system has no thread left
                synchronized (idle) {
                    alive--;
                }
                throw e;
            }
        }

        void release() {
            synchronized (idle) {
                if (!released && !closed) {
                    released = true;
                    idle.addLast(this);
                }
            }
        }

        @Override
        public void run() {
            Runnable work = next;
            next = null; // before it runs: from its release on there may be something new
            try {
                while (work != null) {
                    work.run();
                    work = take();
                }
            } finally {
                synchronized (idle) {
                    alive--;
                }
            }
        }

        /** What comes next; null if this thread is to end. */
        private @Nullable Runnable take() {
            setName(ownName);
            release();
            long end = Clock.system().nanoTime() + idleLimit.toNanos();
            while (true) {
                Thread.interrupted(); // nobody's any more
                long left = end - Clock.system().nanoTime();
                synchronized (idle) {
                    Runnable work = next;
                    if (work != null || closed || left <= 0) {
                        next = null;
                        released = false;
                        idle.remove(this);
                        return work;
                    }
                }
                LockSupport.parkNanos(this, left);
            }
        }
    }
}

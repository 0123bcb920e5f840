package dev.loop.internal.carrier;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs a coroutine, and those that it calls, in the place of a thread that calls it, on that thread. The caller goes on when the first
 * coroutine has left. Until then its interrupts are the coroutine's, and afterwards the coroutine's are its own.
 *
 * <p>A virtual thread cannot carry another one. If such a caller has to, a helper thread carries it meanwhile: not one of the JDK's
 * own carriers, for those run a continuation that has become runnable by themselves, whoever its scheduler is.
 */
final class Trampoline implements CoroutineStack {

    // whoever runs the stack
    private @Nullable Coroutine top;
    private @Nullable Carrier carrier;
    private boolean interrupted;
    private @Nullable Thread driver; // set before anything is mounted

    private volatile boolean woken;

    Trampoline() {}

    /** Runs a coroutine until it leaves. */
    void run(FreeCoroutine inner, @Nullable Carrier newCarrier) {
        Thread current = Thread.currentThread();
        driver = current;
        carrier = newCarrier;
        interrupted = false;
        inner.push(this, newCarrier);
        boolean needsHelp = current.isVirtual();
        Coroutine c = inner;
        while (c != null) {
            if (Thread.interrupted()) { // a mount would wipe it out
                c.interrupt();
            }
            if (needsHelp && c instanceof FreeFiber) {
                mountElsewhere(c, current);
            } else {
                c.mount();
            }
            Coroutine next = top;
            if (next == c) {
                awaitWakeup(c); // it is blocked in the JDK
            }
            c = next;
        }
        driver = null;
        if (interrupted) {
            current.interrupt();
        }
    }

    private void awaitWakeup(Coroutine blocked) {
        while (!woken) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                blocked.interrupt();
            }
        }
        woken = false;
    }

    private void mountElsewhere(Coroutine c, Thread current) {
        var help = new Help(c, current);
        Helpers.EXECUTOR.execute(help);
        while (!help.done) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                c.interrupt();
            }
        }
    }

    /** One mount on a helper thread. */
    private static final class Help implements Runnable {
        private final Coroutine coroutine;
        private final Thread waiting;
        private volatile boolean done;

        Help(Coroutine coroutine, Thread waiting) {
            this.coroutine = coroutine;
            this.waiting = waiting;
        }

        @Override
        public void run() {
            coroutine.mount();
            done = true;
            LockSupport.unpark(waiting);
        }
    }

    /** They never wait for a coroutine that blocks, so there need not be more than can run. They end when they are idle. */
    private static final class Helpers {
        static final ThreadPoolExecutor EXECUTOR = executor();

        private static ThreadPoolExecutor executor() {
            int count = Runtime.getRuntime().availableProcessors();
            var executor =
                    new ThreadPoolExecutor(count, count, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                        Thread thread =
                                Thread.ofPlatform().name("loop-generator").unstarted(task);
                        thread.setDaemon(true);
                        return thread;
                    });
            executor.allowCoreThreadTimeOut(true);
            return executor;
        }
    }

    @Override
    public void wokenByJdk() {
        woken = true;
        LockSupport.unpark(driver);
    }

    /** Inside a coroutine on top: runs another one in its place until that leaves. */
    void call(Coroutine caller, FreeCoroutine inner) {
        if (Thread.interrupted()) {
            inner.interrupt();
        }
        inner.push(this, carrier);
        boolean flag = false;
        while (top != caller) {
            caller.suspend();
            flag |= Thread.interrupted(); // a park with the flag set would return at once, for ever
        }
        if (flag || interrupted) {
            interrupted = false;
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public @Nullable Coroutine top() {
        return top;
    }

    @Override
    public void top(@Nullable Coroutine coroutine) {
        top = coroutine;
    }

    @Override
    public void leaving() {
        Thread host = driver;
        // the JDK wipes out an interrupt of the thread that carries this, so it is noticed before
        boolean ofHost = host != null && !host.isVirtual() && host.isInterrupted();
        boolean own = Thread.interrupted();
        interrupted = ofHost || own;
    }
}

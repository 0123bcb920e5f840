package dev.loop.internal.carrier;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs a coroutine, and those that it calls, in the place of a thread that calls it: on that thread itself; for a virtual thread,
 * which can carry nothing, on a carrier thread of the JDK while the caller is parked. The caller goes on when the first coroutine has
 * left. Until then its interrupts are the coroutine's, and afterwards the coroutine's are its own.
 */
final class Trampoline implements CoroutineStack, Runnable {

    /** Where a run on the JDK's threads stands, which is continued by whoever wakes the coroutine. */
    private enum State {
        RUNNING,
        WOKEN, // and to be run once more before it is blocked
        BLOCKED,
        OVER
    }

    // whoever runs the stack
    private @Nullable Coroutine top;
    private @Nullable Carrier carrier;
    private boolean interrupted;

    // set before anything is mounted
    private @Nullable Thread driver;
    private boolean elsewhere;

    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING); // of a run elsewhere
    private volatile boolean woken; // of a run on the driver itself

    Trampoline() {}

    /** Runs a coroutine until it leaves. */
    void run(FreeCoroutine inner, @Nullable Carrier newCarrier) {
        Thread current = Thread.currentThread();
        driver = current;
        carrier = newCarrier;
        elsewhere = current.isVirtual() && inner instanceof FreeFiber;
        interrupted = false;
        if (Thread.interrupted()) {
            inner.interrupt();
        }
        inner.push(this, newCarrier);
        if (elsewhere) {
            runElsewhere();
        } else {
            while (!mountAll()) {
                awaitWakeup();
            }
        }
        driver = null;
        if (interrupted) {
            current.interrupt();
        }
    }

    /** Mounts whoever is on top, until all have left. Returns false if one is blocked in the JDK instead. */
    private boolean mountAll() {
        Coroutine c = top;
        while (c != null) {
            c.mount();
            Coroutine next = top;
            if (next == c) {
                return false;
            }
            c = next;
        }
        return true;
    }

    private void awaitWakeup() {
        while (!woken) {
            LockSupport.park(this);
            interruptTop();
        }
        woken = false;
    }

    private void runElsewhere() {
        state.set(State.RUNNING);
        VirtualThreads.defaultScheduler().execute(this);
        while (state.get() != State.OVER) {
            LockSupport.park(this);
            interruptTop();
        }
    }

    /** The driver was interrupted while it waits: that is for the code in whose place it waits. */
    private void interruptTop() {
        if (Thread.interrupted()) {
            Coroutine c = top;
            if (c == null) {
                interrupted = true;
            } else {
                c.interrupt();
            }
        }
    }

    /** On a carrier thread of the JDK. */
    @Override
    public void run() {
        Thread waiting = driver;
        while (!mountAll()) {
            if (state.compareAndSet(State.RUNNING, State.BLOCKED)) {
                return; // whoever wakes it has this run again
            }
            state.set(State.RUNNING);
        }
        state.set(State.OVER);
        LockSupport.unpark(waiting);
    }

    @Override
    public void wokenByJdk() {
        if (!elsewhere) {
            woken = true;
            LockSupport.unpark(driver);
            return;
        }
        while (true) {
            State s = state.get();
            if (s == State.BLOCKED && state.compareAndSet(s, State.RUNNING)) {
                VirtualThreads.defaultScheduler().execute(this);
                return;
            }
            if (s == State.WOKEN || s == State.OVER || (s == State.RUNNING && state.compareAndSet(s, State.WOKEN))) {
                return;
            }
        }
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
        boolean ofHost = !elsewhere && host != null && host.isInterrupted();
        boolean own = Thread.interrupted();
        interrupted = ofHost || own;
    }
}

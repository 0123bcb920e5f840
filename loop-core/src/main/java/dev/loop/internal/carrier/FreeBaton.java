package dev.loop.internal.carrier;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A coroutine as a stock virtual thread, which hands a baton to and fro with whoever mounts it, as {@link HandOffCarrier} does. It
 * keeps the baton while its body blocks in the JDK.
 */
final class FreeBaton extends FreeCoroutine {

    private final Thread thread;
    private boolean started;

    // who may run: written by its holder only, read by both
    private volatile boolean coroutineHolds;
    // the thread that waits for the baton
    private volatile @Nullable Thread giver;
    private volatile boolean stranded;

    FreeBaton(String name, Runnable body) {
        super(body);
        thread = Thread.ofVirtual().name(name).unstarted(() -> {
            try {
                live();
            } finally {
                done = true;
                giveBack();
            }
        });
    }

    @Override
    public void mount() {
        Carrier home = carrier;
        Thread former = null;
        if (home != null) {
            former = home.mounted;
            home.mounted = thread;
        }
        boolean interrupted = handOver(home == null);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (home != null) {
            home.mounted = former;
        }
    }

    /** Gives the baton and waits for it; an interrupt meanwhile is the body's, or the caller is told of it. */
    private boolean handOver(boolean passesInterrupts) {
        giver = Thread.currentThread();
        suspended = false;
        coroutineHolds = true;
        if (started) {
            LockSupport.unpark(thread);
        } else {
            started = true;
            thread.start();
        }
        boolean interrupted = false;
        while (coroutineHolds) {
            LockSupport.park(this);
            if (Thread.interrupted()) { // a park with the flag set would not wait
                if (passesInterrupts) {
                    thread.interrupt();
                } else {
                    interrupted = true;
                }
            }
        }
        return interrupted;
    }

    @Override
    public void suspend() {
        suspended = true;
        giveBack();
        boolean interrupted = false;
        while (!coroutineHolds) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                interrupted = true;
                CoroutineStack s = stack;
                if (s != null) {
                    s.wokenByJdk();
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void giveBack() {
        coroutineHolds = false;
        LockSupport.unpark(giver);
    }

    @Override
    void strand() {
        if (!started || done) {
            return;
        }
        Stranded.add(thread);
        stranded = true;
        // serial, as the loop was: the next one is woken when this one has given the baton back
        Stranded.execute(() -> {
            var _ = handOver(false);
        });
    }

    @Override
    boolean endStranding() {
        boolean was = stranded;
        if (was) {
            Stranded.remove(thread);
            stranded = false;
            carrier = null;
        }
        return was;
    }

    @Override
    public void interrupt() {
        thread.interrupt();
    }

    @Override
    public Thread thread() {
        return thread;
    }

    @Override
    public String toString() {
        return "FreeBaton[" + thread + "]";
    }
}

package dev.loop.internal.carrier;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A coroutine as a virtual thread that runs on whichever platform thread mounts it. It is its own scheduler, as a task's of
 * {@link VirtualThreadCarrier}, with the same rules; but the thread that carries it may be another one each time.
 */
final class FreeFiber extends FreeCoroutine implements Executor {

    private final Thread thread;

    // set once, by the mounting thread inside Thread.start, before anything else can call execute
    private @Nullable Runnable continuation;

    // written by the thread that mounts; another one never finds itself there
    private @Nullable Thread mounter;

    // the mounting thread only: inside a call of ours that makes the JDK call execute
    private boolean waking;
    // the mounting thread only: the continuation became runnable again before it had left the thread
    private boolean again;

    private volatile boolean stranded;

    FreeFiber(String name, Runnable body) {
        super(body);
        thread = VirtualThreads.unstarted(this, name, this::run);
    }

    private void run() {
        try {
            live();
        } finally {
            noticeHostInterrupt();
            done = true;
        }
    }

    @Override
    public void mount() {
        Carrier home = carrier;
        Thread former = null;
        if (home != null) {
            former = home.mounted;
            if (former != null) {
                home.noticeHostInterrupt(former);
            }
            home.mounted = thread;
        }
        mounter = Thread.currentThread();
        waking = true;
        if (continuation == null) {
            thread.start();
        } else if (suspended) {
            suspended = false;
            LockSupport.unpark(thread);
        }
        waking = false;
        Runnable c = continuation;
        if (c == null) {
            throw new AssertionError("Thread.start did not schedule " + thread);
        }
        again = false;
        c.run();
        mounter = null;
        if (home != null) {
            home.mounted = former;
        }
        if (again) {
            again = false;
            wokenByJdk();
        }
    }

    @Override
    public void suspend() {
        noticeHostInterrupt();
        suspended = true;
        LockSupport.park(this);
        suspended = false;
    }

    private void noticeHostInterrupt() {
        Carrier home = carrier;
        if (home != null) {
            home.noticeHostInterrupt(thread);
        }
    }

    /** Called by the JDK, from any thread; pinned if that is a virtual thread: no lock, no waiting. */
    @Override
    public void execute(Runnable runnable) {
        if (runnable != continuation) {
            if (continuation != null) {
                // a thread that the body has started and that inherited this scheduler: none of ours
                VirtualThreads.defaultScheduler().execute(runnable);
                return;
            }
            continuation = runnable;
        }
        if (stranded) {
            Stranded.execute(runnable);
        } else if (Thread.currentThread() != mounter) {
            wokenByJdk();
        } else if (!waking) {
            again = true; // Thread.yield, or a permit that came while the thread was parking
        }
    }

    /** It can go on. Outside of all stacks that is only somebody's stray permit, and it is looked at when it is called again. */
    private void wokenByJdk() {
        CoroutineStack s = stack;
        if (s != null) {
            s.wokenByJdk();
        }
    }

    @Override
    void strand() {
        Runnable c = continuation;
        if (c == null || done) {
            return;
        }
        Stranded.add(thread);
        stranded = true;
        // whatever the JDK has handed to the closed loop is repeated: a run too many is harmless
        Stranded.execute(c);
        if (suspended) {
            LockSupport.unpark(thread);
        }
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
        return "FreeFiber[" + thread + "]";
    }
}

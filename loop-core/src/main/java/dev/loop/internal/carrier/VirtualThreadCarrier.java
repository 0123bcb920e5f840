package dev.loop.internal.carrier;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Coroutines as virtual threads that this platform thread schedules and carries.
 *
 * <p>Each coroutine is the {@link Executor} of its own virtual thread. The JDK calls {@link Fiber#execute} to have the thread's
 * continuation run: first from {@code Thread.start}, then whenever something has made the thread runnable. The loop never lets it
 * run there: it notes that the continuation wants to run, and {@link Fiber#mount()} runs it in its turn. Running a continuation
 * that is not runnable is harmless (the JDK checks its state by a compare-and-set), and whoever makes it runnable afterwards calls
 * {@code execute} again; so a mount can come too early or once too often, but never get lost.
 */
final class VirtualThreadCarrier extends Carrier {

    static {
        VirtualThreads.claimPollersForTheJdk();
    }

    VirtualThreadCarrier() {}

    @Override
    public Coroutine coroutine(String name, Runnable body, Coroutine.Owner owner) {
        return new Fiber(name, body, owner);
    }

    @Override
    public boolean freesTheThread() {
        return true;
    }

    @Override
    public void checkHost() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("an event loop cannot run on a virtual thread (" + Thread.currentThread()
                    + "): only a platform thread can carry its tasks; start it with Thread.ofPlatform().start(…)");
        }
    }

    private final class Fiber extends Coroutine implements Executor {
        private final Owner owner;
        private final Runnable body;
        private final Thread thread;

        // set once, by the platform thread inside Thread.start, before anything else can call execute
        private @Nullable Runnable continuation;

        // the platform thread only: inside a call of ours that makes the JDK call execute
        private boolean waking;
        // the platform thread only: the continuation became runnable again before it had left the thread
        private boolean again;

        private volatile boolean stranded;

        Fiber(String name, Runnable body, Owner owner) {
            this.owner = owner;
            this.body = body;
            thread = VirtualThreads.unstarted(this, name, this::runBody);
        }

        private void runBody() {
            try {
                body.run();
            } finally {
                noticeHostInterrupt(thread);
                done = true;
                if (stranded) {
                    Stranded.remove(thread);
                }
            }
        }

        @Override
        public void mount() {
            Thread carrierThread = mounted;
            if (carrierThread != null) {
                noticeHostInterrupt(carrierThread);
            }
            mounted = thread;
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
            mounted = carrierThread;
            if (again) {
                again = false;
                owner.wokenByJdk();
            }
        }

        @Override
        public void suspend() {
            noticeHostInterrupt(thread);
            suspended = true;
            LockSupport.park(this);
            suspended = false;
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
            } else if (Thread.currentThread() != platform) {
                owner.wokenByJdk();
            } else if (!waking) {
                if (mounted == thread) {
                    again = true; // Thread.yield, or a permit that came while the thread was parking
                } else {
                    owner.wokenByJdk();
                }
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
        public void interrupt() {
            thread.interrupt();
        }

        @Override
        public Thread thread() {
            return thread;
        }

        @Override
        public String toString() {
            return "Fiber[" + thread + "]";
        }
    }
}

package dev.loop.internal.carrier;

import java.util.concurrent.locks.LockSupport;

/**
 * The portable carrier: each coroutine is a stock virtual thread, and a baton says whether it or the platform thread may run. Only
 * one of them does at any time, so the loop's state needs no lock; but each switch goes through the operating system, and a body
 * that blocks in the JDK keeps the baton and holds the loop.
 */
final class HandOffCarrier extends Carrier {

    HandOffCarrier() {}

    @Override
    public Coroutine coroutine(String name, Runnable body, Coroutine.Owner owner) {
        return new Baton(name, body, owner);
    }

    @Override
    public boolean freesTheThread() {
        return false;
    }

    private final class Baton extends Coroutine {
        private final Owner owner;
        private final Thread thread;
        private boolean started;

        // who may run: written by its holder only, read by both
        private volatile boolean coroutineHolds;
        // the platform thread that waits for the baton
        private volatile Thread giver = Thread.currentThread();
        private volatile boolean stranded;

        Baton(String name, Runnable body, Owner owner) {
            this.owner = owner;
            thread = Thread.ofVirtual().name(name).unstarted(() -> {
                try {
                    body.run();
                } finally {
                    done = true;
                    if (stranded) {
                        Stranded.remove(Thread.currentThread());
                    }
                    giveBack();
                }
            });
        }

        @Override
        public void mount() {
            Thread carrierThread = mounted;
            mounted = thread;
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
                // a park with the flag set would not wait; whoever interrupted the loop's thread is told after the step
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            mounted = carrierThread;
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
                    owner.wokenByJdk();
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
            Stranded.execute(this::mountStranded);
        }

        private void mountStranded() {
            giver = Thread.currentThread();
            coroutineHolds = true;
            LockSupport.unpark(thread);
            while (coroutineHolds) {
                LockSupport.park(this);
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
            return "Baton[" + thread + "]";
        }
    }
}

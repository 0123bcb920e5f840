package dev.loop.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The peer of the primitives: virtual threads as the JDK schedules them, with java.util.concurrent. */
final class PlainThreads {

    /** A body that may wait. */
    @FunctionalInterface
    interface Body {
        void run() throws InterruptedException;
    }

    private PlainThreads() {}

    /** Runs so many virtual threads to their end. */
    static void run(int count, Body body) {
        run(Collections.nCopies(count, body));
    }

    /** Runs a virtual thread for each body to its end. */
    static void run(List<Body> bodies) {
        var threads = new ArrayList<Thread>();
        for (Body body : bodies) {
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    body.run();
                } catch (InterruptedException e) {
                    throw new IllegalStateException("nobody interrupts it", e);
                }
            }));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the threads ran", e);
            }
        }
    }
}

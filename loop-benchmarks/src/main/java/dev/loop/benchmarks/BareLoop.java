package dev.loop.benchmarks;

import java.lang.reflect.Constructor;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The floor: virtual threads on a bare queue, run by one thread, with no futures, no timers, no cancels and no poll. What a task
 * costs more than this is what the loop adds. <b>Not thread-safe.</b>
 */
final class BareLoop implements Executor {

    private static final Constructor<?> BUILDER;

    static {
        try {
            BUILDER = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            BUILDER.setAccessible(true);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ArrayDeque<Runnable> ready = new ArrayDeque<>(4096);
    private final Thread.Builder.OfVirtual builder;

    BareLoop() {
        try {
            builder = (Thread.Builder.OfVirtual) BUILDER.newInstance(this);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a virtual thread builder on a scheduler of ours", e);
        }
    }

    @Override
    public void execute(Runnable runnable) {
        ready.addLast(runnable);
    }

    Thread start(Runnable body) {
        return builder.start(body);
    }

    /** Runs a main thread and all that it starts, until nothing is ready; returns what the main body returned. */
    int run(Body main) {
        int[] result = {-1};
        start(() -> {
            try {
                result[0] = main.run();
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts here", e);
            }
        });
        for (Runnable next = ready.pollFirst(); next != null; next = ready.pollFirst()) {
            next.run();
        }
        return result[0];
    }

    /** What the main thread does. */
    @FunctionalInterface
    interface Body {
        int run() throws InterruptedException;
    }

    /** A queue whose {@code get} parks; for one getter. */
    static final class ParkingQueue<T> {
        private final ArrayDeque<T> items = new ArrayDeque<>();
        private @Nullable Thread getter;

        void put(T item) {
            items.addLast(item);
            Thread waiting = getter;
            if (waiting != null) {
                getter = null;
                LockSupport.unpark(waiting);
            }
        }

        T get() {
            while (true) {
                T item = items.pollFirst();
                if (item != null) {
                    return item;
                }
                getter = Thread.currentThread();
                LockSupport.park(this);
            }
        }
    }

    /** A fair lock that is handed from one thread to the next. */
    static final class ParkingLock {
        private final ArrayDeque<Thread> waiters = new ArrayDeque<>();
        private @Nullable Thread owner;

        void lock() {
            Thread me = Thread.currentThread();
            if (owner == null) {
                owner = me;
                return;
            }
            waiters.addLast(me);
            while (owner != me) {
                LockSupport.park(this);
            }
        }

        void unlock() {
            Thread next = waiters.pollFirst();
            owner = next;
            if (next != null) {
                LockSupport.unpark(next);
            }
        }
    }
}

package dev.loop.internal.carrier;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where continuations go whose loop has closed: one serial platform thread for the whole process, which ends when it is idle.
 * Without it, an {@code unpark} would throw in the thread that unparks, and the continuation would be stuck for ever with all
 * that its {@code finally} blocks should release.
 */
final class Stranded {

    private static final Set<Thread> THREADS = ConcurrentHashMap.newKeySet();
    private static final ThreadPoolExecutor SERIAL = serial();

    private Stranded() {}

    private static ThreadPoolExecutor serial() {
        var executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = Thread.ofPlatform().name("loop-stranded").unstarted(task);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    static void add(Thread thread) {
        THREADS.add(thread);
    }

    static void remove(Thread thread) {
        THREADS.remove(thread);
    }

    static boolean contains(Thread thread) {
        return !THREADS.isEmpty() && THREADS.contains(thread);
    }

    static void execute(Runnable continuation) {
        SERIAL.execute(continuation);
    }
}

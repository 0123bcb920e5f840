package dev.loop.reactor;

import dev.loop.EventLoop;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * The way onto the thread on which a loop runs its callbacks, the only one on which our publishers signal. The first use of this
 * package tells Reactor that nothing may block there.
 */
final class CallbackThread {

    static {
        // once for the whole JVM: Reactor adds predicates and never compares them
        Schedulers.registerNonBlockingThreadPredicate(CallbackThread::isNonBlocking);
    }

    private CallbackThread() {}

    /** Reactor asks it of the calling thread, before it blocks. In a task blocking is legal: it parks that task only. */
    private static boolean isNonBlocking(Thread thread) {
        if (thread != Thread.currentThread()) {
            return false;
        }
        EventLoop loop = EventLoop.currentOrNull();
        return loop != null && loop.isCallbackThread(thread);
    }

    /** Whether the calling code may touch the loop's state now, as a task or as a callback. */
    static boolean isOn(EventLoop loop) {
        return EventLoop.currentOrNull() == loop;
    }

    /** Runs work as a callback: at once in a callback, else in the next turn. Any thread; false if the loop has closed. */
    static boolean run(EventLoop loop, Runnable work) {
        if (isOn(loop) && loop.isCallbackThread(Thread.currentThread())) {
            work.run();
            return true;
        }
        return submit(loop, work);
    }

    /** Has a callback run work in the next turn. Any thread; false if the loop has closed. */
    static boolean submit(EventLoop loop, Runnable work) {
        return submit(loop, work, null);
    }

    /** As {@link #run}; another thread's work that a close drops makes that run in its place, on the thread that closes. */
    static boolean run(EventLoop loop, Runnable work, Runnable dropped) {
        if (isOn(loop) && loop.isCallbackThread(Thread.currentThread())) {
            work.run();
            return true;
        }
        return submit(loop, work, dropped);
    }

    private static boolean submit(EventLoop loop, Runnable work, @Nullable Runnable dropped) {
        try {
            if (isOn(loop)) {
                loop.callSoon(work);
            } else if (dropped != null) {
                loop.callSoonThreadsafe(work, dropped);
            } else {
                loop.callSoonThreadsafe(work);
            }
            return true;
        } catch (IllegalStateException e) {
            return false; // what both throw on a closed loop, and only there
        }
    }

    static IllegalStateException closed(EventLoop loop) {
        return new IllegalStateException(loop.name() + " is closed: nothing can wait on it any more");
    }

    static IllegalArgumentException badRequest(long n) {
        return new IllegalArgumentException(
                "request(" + n + "): a subscriber must ask for at least one item (Reactive Streams, rule 3.9)");
    }

    static IllegalStateException nowhere(String kind) {
        return new IllegalStateException(
                "this " + kind + " was neither assembled nor subscribed in a task or callback, but on "
                        + Thread.currentThread()
                        + ": name the loop when you make it, or say subscribeOn(LoopScheduler.of(loop))");
    }
}

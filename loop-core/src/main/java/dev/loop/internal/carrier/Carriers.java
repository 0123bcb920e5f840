package dev.loop.internal.carrier;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the carrier: virtual threads on our own thread where that works, else the hand-off, with one warning. */
final class Carriers {

    /** The system property that forces one: {@code virtual}, {@code handoff}, or {@code auto}. */
    static final String PROPERTY = "dev.loop.carrier";

    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private Carriers() {}

    static Carrier create() {
        String choice = System.getProperty(PROPERTY, "auto").toLowerCase(Locale.ROOT);
        return switch (choice) {
            case "handoff" -> new HandOffCarrier();
            case "virtual" -> {
                String whyNot = VirtualHolder.WHY_NOT;
                if (whyNot != null) {
                    throw new IllegalStateException(
                            "-D" + PROPERTY + "=virtual, but " + whyNot + "; start java with " + VirtualThreads.FLAG);
                }
                yield new VirtualThreadCarrier();
            }
            case "auto" -> {
                String whyNot = VirtualHolder.WHY_NOT;
                if (whyNot == null) {
                    yield new VirtualThreadCarrier();
                }
                warnOnce(whyNot);
                yield new HandOffCarrier();
            }
            default ->
                throw new IllegalArgumentException(
                        "-D" + PROPERTY + "=" + choice + " is unknown; use virtual, handoff or auto");
        };
    }

    /** Whether coroutines without a carrier are virtual threads that their callers run, by the same choice. */
    static boolean runVirtualThreads() {
        return create().freesTheThread();
    }

    private static void warnOnce(String whyNot) {
        if (WARNED.compareAndSet(false, true)) {
            Logger log = LoggerFactory.getLogger("dev.loop.EventLoop");
            log.warn(
                    "Tasks run by slow hand-off between threads, because {}. Start java with {} (an executable jar can say"
                            + " Add-Opens: java.base/java.lang in its manifest). Until then a blocking JDK call in a task holds"
                            + " the whole loop, and callbacks run on the platform thread, where a lock shared with a task can"
                            + " deadlock.",
                    whyNot,
                    VirtualThreads.FLAG);
        }
    }

    /** The self-check runs once in a process. */
    private static final class VirtualHolder {
        static final @Nullable String WHY_NOT = check();

        private static @Nullable String check() {
            String whyNot = VirtualThreads.whyNot();
            if (whyNot != null) {
                return whyNot;
            }
            if (!Thread.currentThread().isVirtual()) {
                boolean interrupted = Thread.interrupted(); // a mount would wipe it out
                String found = selfCheck();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return found;
            }
            // a virtual thread cannot carry; the check needs a thread of its own
            var result = new @Nullable String[1];
            Thread checker = Thread.ofPlatform().daemon().unstarted(() -> result[0] = selfCheck());
            checker.start();
            try {
                checker.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "the self-check was interrupted";
            }
            return result[0];
        }

        /** Runs a body that suspends once and sees on which thread it ran: what the loop relies on, in three lines. */
        private static @Nullable String selfCheck() {
            try {
                Thread platform = Thread.currentThread();
                var carrier = new VirtualThreadCarrier();
                var steps = new StringBuilder();
                var self = new @Nullable Coroutine[1];
                Coroutine coroutine = carrier.coroutine(
                        "loop-self-check",
                        () -> {
                            steps.append(Thread.currentThread().isVirtual() ? 'a' : 'x');
                            Coroutine me = self[0];
                            if (me != null) {
                                me.suspend();
                            }
                            steps.append('b');
                        },
                        () -> steps.append('!'));
                self[0] = coroutine;
                carrier.enter();
                coroutine.mount();
                steps.append(Thread.currentThread() == platform && coroutine.isSuspended() ? '-' : 'x');
                coroutine.mount();
                carrier.leave();
                return steps.toString().equals("a-b") && coroutine.isDone()
                        ? null
                        : "virtual threads do not run on this thread as expected (" + steps + " instead of a-b)";
            } catch (RuntimeException | LinkageError e) {
                return "the self-check of virtual threads on our own thread failed: " + e;
            }
        }
    }
}

package dev.loop.reactor;

import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Failures of scheduled work, told to {@link Schedulers#onHandleError Reactor's hook}. Reactor calls its hook only from inside of
 * its own schedulers, so one of those fails in our place.
 */
final class ReactorErrors {

    private static final Scheduler IN_PLACE = Schedulers.fromExecutor(Runnable::run);

    private ReactorErrors() {}

    /** Tells the hook, and nobody else: the loop's exception handler is told by the kernel, and need not be told twice. */
    static void told(Throwable error) {
        Exceptions.throwIfJvmFatal(error);
        Thread thread = Thread.currentThread();
        Thread.UncaughtExceptionHandler before = thread.getUncaughtExceptionHandler();
        thread.setUncaughtExceptionHandler((_, _) -> {}); // Reactor would have it printed as well
        try {
            IN_PLACE.schedule(() -> {
                throw Exceptions.propagate(error);
            });
        } catch (RuntimeException hookFailed) {
            error.addSuppressed(hookFailed);
        } finally {
            thread.setUncaughtExceptionHandler(before);
        }
    }
}

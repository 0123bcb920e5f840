package dev.loop.generator;

import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Resumable;
import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a generator that was collected before it has ended, and tells of it. It holds what the body's thread holds, which the JDK
 * keeps, and not the generator.
 */
final class Abandoned implements Runnable {

    /** What there is to close. */
    interface Core {

        /** Whether it has ended, or not begun. */
        boolean isOver();

        /** Closes it, in a task of its loop, or on a thread without a loop. */
        void close();

        /** The loop to close it on; null for none. */
        @Nullable EventLoop loop();

        Resumable resumable();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Generator.class);
    private static final Cleaner CLEANER = Cleaner.create(
            task -> Thread.ofPlatform().daemon().name("loop-generator-cleaner").unstarted(task));

    private final Core core;
    private volatile Cleaner.@Nullable Cleanable cleanable;

    private Abandoned(Core core) {
        this.core = core;
    }

    /** Watches a generator from its beginning on. */
    static Abandoned watch(Object generator, Core core) {
        var abandoned = new Abandoned(core);
        abandoned.cleanable = CLEANER.register(generator, abandoned);
        return abandoned;
    }

    /** It has ended. */
    void settled() {
        Cleaner.Cleanable c = cleanable;
        if (c != null) {
            cleanable = null;
            c.clean();
        }
    }

    /** On the cleaner's thread, when the generator is collected; or by {@link #settled()}. */
    @Override
    public void run() {
        if (core.isOver()) {
            return;
        }
        EventLoop loop = core.loop();
        if (loop == null || !closeOn(loop)) {
            Thread.ofVirtual().name("close generator").start(this::closeHere);
        }
    }

    /** False if the loop has closed. */
    private boolean closeOn(EventLoop loop) {
        try {
            loop.callSoonThreadsafe(() -> {
                if (!core.isOver()) {
                    loop.callExceptionHandler(new ExceptionContext(report(), where(), null, null));
                    loop.task().name("close generator").eager().spawn(() -> {
                        try {
                            core.close();
                        } catch (RuntimeException | Error e) {
                            if (e instanceof VirtualMachineError || e instanceof LinkageError) {
                                throw e; // it stops the loop
                            }
                            loop.callExceptionHandler(new ExceptionContext(failed(), e, null, null));
                        }
                    });
                }
            });
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private void closeHere() {
        LOG.warn("{}", report(), where());
        try {
            core.close();
        } catch (RuntimeException | Error e) {
            LOG.error("{}", failed(), e);
        }
    }

    private String report() {
        return core
                + " was abandoned before its end and is closed now: iterate it to its end, or open it in a try block";
    }

    private String failed() {
        return "the close of " + core + ", which was abandoned, failed";
    }

    private Throwable where() {
        var where = new IllegalStateException("it has stopped here");
        where.setStackTrace(core.resumable().stack().stream()
                .filter(frame ->
                        !frame.getClassName().equals(core.getClass().getName())) // how it yields is not the story
                .toArray(StackTraceElement[]::new));
        return where;
    }
}

package dev.loop;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the loop has to tell: failures of callbacks, and failures of futures that nobody looked at. */
final class Reports {

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final Cleaner CLEANER = Cleaner.create(
            task -> Thread.ofPlatform().daemon().name("loop-cleaner").unstarted(task));

    private final EventLoop loop;
    private @Nullable ExceptionHandler handler;
    private final Set<Unretrieved> unretrieved = new LinkedHashSet<>();

    Reports(EventLoop loop) {
        this.loop = loop;
    }

    @Nullable ExceptionHandler handler() {
        return handler;
    }

    void handler(@Nullable ExceptionHandler newHandler) {
        handler = newHandler;
    }

    /** A callback threw; called where it ran. Fatal errors stop the loop as well. */
    void callbackFailed(Handle handle, Runnable callback, Throwable error) {
        if (Outcome.isFatal(error)) {
            loop.fatal(error);
            return;
        }
        handle(new ExceptionContext("a callback failed", error, null, handle, TracedCallback.created(callback)));
    }

    /** Hands this to the handler in a callback of its own: user code and log lines never run on the platform thread. */
    void later(ExceptionContext context) {
        later(context, where(context));
    }

    private void later(ExceptionContext context, Context where) {
        if (loop.isClosed()) {
            handle(context);
        } else {
            loop.ready.add(new ReadyHandle(loop, where, () -> handle(context)));
        }
    }

    /** The handler runs in the context of what has failed. */
    private Context where(ExceptionContext context) {
        if (context.future() instanceof Task<?> task) {
            return task.step.context;
        }
        Handle handle = context.handle();
        return handle != null ? handle.context : loop.capture();
    }

    private void handle(ExceptionContext context) {
        ExceptionHandler h = handler;
        if (h == null) {
            log(context);
            return;
        }
        try {
            h.handle(loop, context);
        } catch (Throwable e) {
            if (Outcome.isFatal(e)) {
                loop.fatal(e);
            }
            log(new ExceptionContext("the exception handler failed; what it was told follows", e, null, null));
            log(context);
        }
    }

    /** Logs it, whatever it is: a failure may be unable to tell its message, and nothing may end the loop virtual thread. */
    void log(ExceptionContext context) {
        try {
            LOG.error("{}: {}{}{}", loop, context.message(), about(context), made(context), context.exception());
        } catch (Throwable e) {
            logAtLeast(context, e);
        }
    }

    private void logAtLeast(ExceptionContext context, Throwable error) {
        Throwable failure = context.exception();
        try {
            LOG.error(
                    "{}: {}, with {}; it cannot be logged as it is, because that fails with {}",
                    loop,
                    context.message(),
                    failure == null ? "nothing" : failure.getClass().getName(),
                    error.getClass().getName());
        } catch (Throwable e) {
            loop.fatal(e); // a logger that always fails: run throws it, so somebody is told
        }
        if (Outcome.isFatal(error)) {
            loop.fatal(error);
        }
    }

    private static String made(ExceptionContext context) {
        return context.creationStack().isEmpty() ? "" : Trace.asText("made here", context.creationStack());
    }

    private static String about(ExceptionContext context) {
        Object subject = context.future() != null ? context.future() : context.handle();
        return subject == null ? "" : " (" + subject + ")";
    }

    // --- never retrieved

    /** A future has failed and nobody waits for it: if it is collected or the loop closes before anybody looks, it is told. */
    void watch(Future<?> future, Outcome.Failed failed) {
        var u = new Unretrieved(
                this,
                failed,
                future.described("failed with " + failed.error.getClass().getName()));
        u.context = loop.capture();
        failed.unretrieved = u;
        unretrieved.add(u);
        u.cleanable = CLEANER.register(future, u);
    }

    /** Tells, at the close of the loop, of what nobody has looked at. */
    void reportUnretrieved() {
        for (Unretrieved u : new ArrayList<>(unretrieved)) {
            u.report();
        }
    }

    /** A failure that nobody has looked at yet. It does not hold the future, whose collection it waits for. */
    static final class Unretrieved implements Runnable {
        private final Reports reports;
        private final Outcome.Failed failed;
        private final String what;
        private volatile boolean settled;
        Cleaner.@Nullable Cleanable cleanable;
        Context context = Context.empty(); // of the code that failed it

        Unretrieved(Reports reports, Outcome.Failed failed, String what) {
            this.reports = reports;
            this.failed = failed;
            this.what = what;
        }

        void retrieved() {
            reports.unretrieved.remove(this);
            settled = true;
            Cleaner.Cleanable c = cleanable;
            if (c != null) {
                c.clean();
            }
        }

        /** On the cleaner's thread, when the future is collected. */
        @Override
        public void run() {
            if (!settled) {
                reports.loop.submit(this::report);
            }
        }

        void report() {
            if (reports.unretrieved.remove(this)) {
                reports.later(
                        new ExceptionContext(
                                "a failure was never looked at: " + what, failed.error, null, null, failed.created),
                        context);
            }
        }
    }
}

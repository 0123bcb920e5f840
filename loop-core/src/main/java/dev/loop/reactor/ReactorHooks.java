package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * Has what Reactor drops reported where everything else is that nobody is there to receive: to the exception handler of the loop on
 * whose thread it was dropped. Those are the errors and values that come after the end or the cancel of a subscription.
 *
 * {@snippet class="dev.loop.reactor.ReactorHooksTest" region="install"}
 *
 * <p>Nothing is installed by itself, because Reactor's hooks are one for the whole JVM. What is dropped on a thread that runs no loop
 * is logged as Reactor does it: an error as an error, a value at debug level. Hooks of a subscriber's context come first, as ever.
 *
 * <p>Reactor adds hooks to those that others have set, and can only take all of them away at once: so the last {@link #close()}
 * resets both hooks to Reactor's own, others' hooks included. A program installs this at its start, and need not close it.
 *
 * <p>Thread-safe.
 */
public final class ReactorHooks implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReactorHooks.class);

    private static int installed; // guarded by this class

    private boolean closed; // guarded by the class

    private ReactorHooks() {}

    /**
     * Sets {@link Hooks#onErrorDropped} and {@link Hooks#onNextDropped}, unless they are set already.
     *
     * @return takes them away, when each of those that were returned is closed
     */
    public static ReactorHooks install() {
        synchronized (ReactorHooks.class) {
            if (installed++ == 0) {
                Hooks.onErrorDropped(ReactorHooks::errorDropped);
                Hooks.onNextDropped(ReactorHooks::valueDropped);
            }
            return new ReactorHooks();
        }
    }

    /** Takes the hooks away, if this was the last. Harmless when repeated. */
    @Override
    public void close() {
        synchronized (ReactorHooks.class) {
            if (!closed) {
                closed = true;
                if (--installed == 0) {
                    Hooks.resetOnErrorDropped();
                    Hooks.resetOnNextDropped();
                }
            }
        }
    }

    private static void errorDropped(Throwable error) {
        if (!told("Reactor has dropped an error: its subscriber had ended or cancelled", error)) {
            LOG.error("Reactor has dropped an error: its subscriber had ended or cancelled", error);
        }
    }

    private static void valueDropped(Object value) {
        if (!told("Reactor has dropped a value: " + value, null)) {
            LOG.debug("Reactor has dropped a value: {}", value);
        }
    }

    private static boolean told(String message, @Nullable Throwable error) {
        EventLoop loop = EventLoop.currentOrNull();
        if (loop == null) {
            return false;
        }
        loop.callExceptionHandler(new ExceptionContext(message, error, null, null));
        return true;
    }
}

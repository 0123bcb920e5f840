package dev.loop.io.os;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.spi.ProcessSignals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Waiting for signals of the operating system, such as the SIGINT of a Ctrl-C and the SIGTERM of a service manager. Its methods are
 * called in a task or callback of any loop.
 */
@CheckReturnValue
public final class Signals {

    private Signals() {}

    /**
     * Waits for the next one of some signals. While somebody waits for a signal it does nothing else: a SIGINT does not end the JVM.
     * When the last wait has ended, by a signal or a cancel, the signal does again what it did before, so a second Ctrl-C ends a
     * program whose orderly end hangs. One signal ends all waits for it. What a {@link dev.loop.Runner} does at an INT or TERM by
     * default it does not while somebody waits here, nor after that.
     *
     * {@snippet file="dev/loop/io/net/SnippetsTest.java" region="signals"}
     *
     * @param names at least one, with or without {@code SIG}: {@code "INT"}, {@code "TERM"}, {@code "HUP"}
     * @return the name of the signal that came, without {@code SIG}
     * @throws IllegalArgumentException if there is no such signal here, or nobody but the system or the JVM can have it, such as
     *     KILL, STOP, SEGV and QUIT; or INT, TERM and HUP if java was started with {@code -Xrs}
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Future<String> next(String... names) {
        EventLoop loop = EventLoop.current();
        if (names.length == 0) {
            throw new IllegalArgumentException("name at least one signal to wait for, such as INT or TERM");
        }
        return new Wait(loop, List.of(names)).promise;
    }

    /** One wait. */
    private static final class Wait implements CancelHook<String> {
        private final EventLoop loop;
        private final Promise<String> promise;
        private final ProcessSignals.Subscription subscription;

        Wait(EventLoop loop, List<String> names) {
            this.loop = loop;
            promise = loop.promise(this);
            subscription = ProcessSignals.listen(names, this::received);
        }

        /** A signal came; on the JVM's thread for it. Returns whether anybody can still learn of it. */
        private boolean received(String signal, ProcessSignals.Subscription heard) {
            boolean alive = !loop.isClosed();
            promise.completeThreadsafe(signal);
            heard.close();
            return alive;
        }

        /** Leaving takes a lock, which is nothing for the platform thread. */
        @Override
        public boolean stop(Promise<String> cancelled, @Nullable String reason) {
            loop.callSoon(subscription::close);
            return true;
        }
    }
}

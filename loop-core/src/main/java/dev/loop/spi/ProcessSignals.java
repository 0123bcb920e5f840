package dev.loop.spi;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The signals that the operating system sends to this process, such as the SIGINT of a Ctrl-C and the SIGTERM of a service manager.
 * While somebody listens to a signal it does nothing else; when the last one has left, it does again what it did before. Thread-safe.
 *
 * <p>This is the mechanism; programs wait for signals with {@code Signals.next} of
 * loop-io, and a {@code Runner} ends its run by them.
 */
public final class ProcessSignals {

    private ProcessSignals() {}

    /** Is told of signals. */
    @FunctionalInterface
    public interface Listener {

        /**
         * A signal came. Called on a thread that the JVM starts for it.
         *
         * @param signal its name, without {@code SIG}
         * @param subscription what {@link #listen} or {@link #listenByDefault} returns, or is about to; it may be closed here
         * @return false if this has no use for it; if that is so for all, the signal does what it did before anybody listened
         */
        boolean received(String signal, Subscription subscription);
    }

    /** Somebody listens, until this is closed. */
    public interface Subscription extends AutoCloseable {

        /** Listens no longer. Harmless when repeated. It takes a lock that is held for moments only. */
        @Override
        void close();
    }

    /**
     * Listens to signals; to all of them, or to none if one of them is refused.
     *
     * @param names with or without {@code SIG}, in any case: {@code "INT"}, {@code "SIGTERM"}
     * @param listener who is told
     * @return ends it
     * @throws IllegalArgumentException if there is no such signal here, or nobody but the system or the JVM can have it, such as
     *     KILL, STOP, SEGV and QUIT; or INT, TERM and HUP if java was started with {@code -Xrs}
     */
    public static Subscription listen(Collection<String> names, Listener listener) {
        return new SignalHook.Listening(listener).join(plain(names));
    }

    /**
     * Listens to signals for which the program has nothing of its own: it is told only while no {@link #listen listener} has taken
     * one of that name. After that they are the program's, and when nobody listens, what the JVM makes of them. A signal for which the program has installed a handler of {@code sun.misc.Signal} is left to that, and one that nobody
     * can have to the JVM.
     *
     * @param names with or without {@code SIG}, in any case
     * @param listener who is told
     * @return ends it
     */
    public static Subscription listenByDefault(Collection<String> names, Listener listener) {
        return new SignalHook.Listening(listener).joinByDefault(plain(names));
    }

    private static Set<String> plain(Collection<String> names) {
        Set<String> plain = new LinkedHashSet<>();
        for (String name : names) {
            String upper = name.toUpperCase(Locale.ROOT);
            plain.add(upper.startsWith("SIG") ? upper.substring(3) : upper);
        }
        return plain;
    }
}

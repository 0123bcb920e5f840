package dev.loop.io.os;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * This process's handler of one signal, installed while somebody waits for it. One lock for all of them: it is taken by tasks,
 * callbacks and the JVM's signal threads, never by the platform thread of a loop, and nothing waits inside.
 */
final class SignalHook {

    private static final Object LOCK = new Object();

    // guarded by LOCK
    private static final Map<String, SignalHook> INSTALLED = new HashMap<>();

    private final String name;
    private final Object signal;
    private final Object previous; // the handler to be restored

    // guarded by LOCK
    private final Set<Signals.Wait> waits = new LinkedHashSet<>();

    /** Installs the handler. It may be called at once, and then waits for the lock. */
    private SignalHook(String name) {
        this.name = name;
        try {
            signal = JvmSignals.signal(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "there is no signal '" + name + "' here: use a name such as INT, TERM, HUP, USR1 or WINCH", e);
        }
        try {
            previous = JvmSignals.install(signal, JvmSignals.handler(this::received));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "nobody can wait for the signal " + name + ": the system or the JVM keeps it for itself"
                            + " (INT, TERM and HUP are free unless java runs with -Xrs)",
                    e);
        }
    }

    /** Adds a wait for signals, and installs the handlers of those for which it is the first; all of them or none. */
    static void joinAll(Collection<String> names, Signals.Wait wait) {
        synchronized (LOCK) {
            List<SignalHook> hooks = new ArrayList<>();
            try {
                for (String name : names) {
                    SignalHook hook = INSTALLED.get(name);
                    if (hook == null) {
                        hook = new SignalHook(name);
                        INSTALLED.put(name, hook);
                    }
                    hook.waits.add(wait);
                    hooks.add(hook);
                }
            } catch (IllegalArgumentException e) {
                hooks.forEach(hook -> hook.leave(wait));
                throw e;
            }
            wait.joined(hooks); // before the lock is free: a signal may be waiting for it
        }
    }

    /** Takes a wait away, and restores what was there before with the last one. Harmless when repeated. */
    void leave(Signals.Wait wait) {
        synchronized (LOCK) {
            if (waits.remove(wait) && waits.isEmpty()) {
                INSTALLED.remove(name);
                JvmSignals.install(signal, previous);
            }
        }
    }

    /** The signal came. On a thread that the JVM has started for it. */
    private void received() {
        List<Signals.Wait> all;
        synchronized (LOCK) {
            all = new ArrayList<>(waits);
        }
        boolean told = false;
        for (Signals.Wait wait : all) {
            told |= wait.end(name);
        }
        if (!told) {
            passOn();
        }
    }

    /** The last wait has ended between the signal and now, or its loop has: as if this had not been installed. */
    private void passOn() {
        try {
            JvmSignals.call(previous, signal);
        } catch (UnsupportedOperationException e) {
            // the system's own: it cannot be called, and what it would have done does not happen for this one signal
        }
    }
}

package dev.loop.spi;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * This process's handler of one signal, installed while somebody listens to it. One lock for all of them: it is taken by tasks,
 * callbacks, the threads of runners and the JVM's signal threads, never by the platform thread of a loop in a turn, and nothing
 * waits inside.
 */
final class SignalHook {

    private static final Object LOCK = new Object();

    // guarded by LOCK
    private static final Map<String, SignalHook> INSTALLED = new HashMap<>();

    private final String name;
    private final Object signal;
    private final Object handler;
    private final Object previous; // to be restored

    // guarded by LOCK
    private final Set<Listening> listeners = new LinkedHashSet<>();
    private final Set<Listening> byDefault = new LinkedHashSet<>();
    private boolean programs; // it has taken one itself

    /** Installs the handler. It may be called at once, and then waits for the lock. */
    private SignalHook(String name) {
        this.name = name;
        try {
            signal = JvmSignals.signal(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "there is no signal '" + name + "' here: use a name such as INT, TERM, HUP, USR1 or WINCH", e);
        }
        handler = JvmSignals.handler(this::received);
        try {
            previous = JvmSignals.install(signal, handler);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "nobody can wait for the signal " + name + ": the system or the JVM keeps it for itself"
                            + " (INT, TERM and HUP are free unless java runs with -Xrs)",
                    e);
        }
    }

    /** One who listens: to all of its signals or to none. */
    static final class Listening implements ProcessSignals.Subscription {
        private final ProcessSignals.Listener listener;

        // guarded by LOCK
        private final List<SignalHook> hooks = new ArrayList<>();

        Listening(ProcessSignals.Listener listener) {
            this.listener = listener;
        }

        /** Joins the signals, and installs the handlers of those for which it is the first. */
        Listening join(Collection<String> names) {
            synchronized (LOCK) {
                try {
                    for (String name : names) {
                        hook(name).listeners.add(this);
                    }
                } catch (IllegalArgumentException e) {
                    close();
                    throw e;
                }
            }
            return this;
        }

        /** Joins those signals that the program leaves to the default, and to which one can listen at all. */
        Listening joinByDefault(Collection<String> names) {
            synchronized (LOCK) {
                for (String name : names) {
                    SignalHook hook;
                    try {
                        hook = hook(name);
                    } catch (IllegalArgumentException e) {
                        continue; // java was started with -Xrs
                    }
                    if (JvmSignals.isPrograms(hook.previous)) {
                        hook.removeIfUnused();
                        hooks.remove(hook);
                    } else {
                        hook.byDefault.add(this);
                    }
                }
            }
            return this;
        }

        private SignalHook hook(String name) {
            SignalHook hook = INSTALLED.get(name);
            if (hook == null) {
                hook = new SignalHook(name);
                INSTALLED.put(name, hook);
            }
            hooks.add(hook);
            return hook;
        }

        @Override
        public void close() {
            synchronized (LOCK) {
                for (SignalHook hook : hooks) {
                    hook.listeners.remove(this);
                    hook.byDefault.remove(this);
                    hook.removeIfUnused();
                }
                hooks.clear();
            }
        }
    }

    /** Restores what was there before, unless the program has installed a handler over this one since. */
    private void removeIfUnused() {
        if (listeners.isEmpty() && byDefault.isEmpty() && INSTALLED.remove(name, this)) {
            Object current = JvmSignals.install(signal, previous);
            if (current != handler) {
                JvmSignals.install(signal, current);
            }
        }
    }

    /** The signal came. On a thread that the JVM has started for it. */
    private void received() {
        List<Listening> asked;
        List<Listening> otherwise;
        boolean before;
        synchronized (LOCK) {
            asked = new ArrayList<>(listeners);
            before = programs;
            programs |= !asked.isEmpty(); // before they are told: the next signal may follow at once
        }
        if (tell(asked)) {
            return;
        }
        synchronized (LOCK) {
            programs = before;
            otherwise = programs ? List.of() : new ArrayList<>(byDefault);
        }
        if (!tell(otherwise)) {
            passOn();
        }
    }

    private boolean tell(List<Listening> all) {
        boolean taken = false;
        for (Listening one : all) {
            taken |= one.listener.received(name, one);
        }
        return taken;
    }

    /** The last who listened has left between the signal and now, or has no use for it: as if this had not been installed. */
    private void passOn() {
        try {
            JvmSignals.call(previous, signal);
        } catch (UnsupportedOperationException e) {
            // the system's own: it cannot be called, and what it would have done does not happen for this one signal
        }
    }
}

package dev.loop.spi;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Set;

/**
 * The JVM's own access to signals, {@code sun.misc.Signal} of the module jdk.unsupported, which is exported on purpose and has no
 * successor. By method handles, because javac gives a warning for each direct mention, and has no switch for it.
 */
final class JvmSignals {

    /** What the JDK wraps the handlers of the JVM and of the system in. */
    private static final Set<String> OF_THE_JVM =
            Set.of("sun.misc.Signal$SunMiscHandler", "sun.misc.NativeSignalHandler");

    private static final Class<?> HANDLER_TYPE;
    private static final MethodHandle NEW_SIGNAL; // (String)Object
    private static final MethodHandle INSTALL; // (Object signal, Object handler)Object: what was there before
    private static final MethodHandle CALL; // (Object handler, Object signal)void
    private static final MethodHandle RUN; // (Runnable)void

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?> signal = lookup.findClass("sun.misc.Signal");
            HANDLER_TYPE = lookup.findClass("sun.misc.SignalHandler");
            NEW_SIGNAL = lookup.findConstructor(signal, MethodType.methodType(void.class, String.class))
                    .asType(MethodType.methodType(Object.class, String.class));
            INSTALL = lookup.findStatic(signal, "handle", MethodType.methodType(HANDLER_TYPE, signal, HANDLER_TYPE))
                    .asType(MethodType.methodType(Object.class, Object.class, Object.class));
            CALL = lookup.findVirtual(HANDLER_TYPE, "handle", MethodType.methodType(void.class, signal))
                    .asType(MethodType.methodType(void.class, Object.class, Object.class));
            RUN = lookup.findVirtual(Runnable.class, "run", MethodType.methodType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private JvmSignals() {}

    /**
     * A signal by its name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Object signal(String name) {
        try {
            return (Object) NEW_SIGNAL.invokeExact(name);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** A handler, to be installed: the JVM calls it on a new thread for each signal. */
    static Object handler(Runnable whenItComes) {
        MethodHandle call = MethodHandles.dropArguments(RUN.bindTo(whenItComes), 0, Object.class);
        return MethodHandleProxies.asInterfaceInstance(HANDLER_TYPE, call);
    }

    /**
     * Installs a handler.
     *
     * @return the one before it
     * @throws IllegalArgumentException if the system or the JVM keeps the signal for itself
     */
    static Object install(Object signal, Object handler) {
        try {
            return (Object) INSTALL.invokeExact(signal, handler);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /**
     * Whether a handler is the program's, not the JVM's own end of the process nor the system's default.
     *
     * @param handler as {@link #install} gave it
     */
    static boolean isPrograms(Object handler) {
        return !OF_THE_JVM.contains(handler.getClass().getName());
    }

    /**
     * Calls a handler that was installed before.
     *
     * @throws UnsupportedOperationException if it is the system's
     */
    static void call(Object handler, Object signal) {
        try {
            CALL.invokeExact(handler, signal);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof RuntimeException r) {
            return r;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}

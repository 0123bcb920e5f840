package dev.loop.io.os;

import java.lang.reflect.Proxy;

/** {@code sun.misc.Signal} as a program uses it, by reflection because javac warns of each mention. */
final class RawSignals {

    private RawSignals() {}

    /** A handler that runs this for each signal. */
    static Object handler(Runnable whenItComes) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.SignalHandler");
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, method, _) -> {
            if (!method.getName().equals("handle")) {
                throw new UnsupportedOperationException(method.toString());
            }
            whenItComes.run();
            return null;
        });
    }

    /** Installs a handler and returns the one before it. */
    static Object install(String name, Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        return signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
                .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
    }
}

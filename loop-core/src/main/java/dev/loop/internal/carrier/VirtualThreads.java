package dev.loop.internal.carrier;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The only reflection into java.lang: a virtual thread whose scheduler is an {@link Executor} of ours.
 *
 * <p>JDK 25 has a constructor for it ({@code ThreadBuilders.VirtualThreadBuilder(Executor)}, "invoked by tests") and no public
 * API. It needs {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 */
final class VirtualThreads {

    /** What opens the door, as a user has to type it. */
    static final String FLAG = "--add-opens java.base/java.lang=ALL-UNNAMED";

    private static final @Nullable MethodHandle BUILDER;
    private static final @Nullable Executor DEFAULT_SCHEDULER;
    private static final @Nullable String WHY_NOT;

    static {
        MethodHandle builder = null;
        Executor scheduler = null;
        String whyNot = null;
        try {
            Constructor<?> constructor = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
                    .getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            builder = MethodHandles.lookup()
                    .unreflectConstructor(constructor)
                    .asType(MethodType.methodType(Thread.Builder.OfVirtual.class, Executor.class));
            Method defaultScheduler = Class.forName("java.lang.VirtualThread").getDeclaredMethod("defaultScheduler");
            defaultScheduler.setAccessible(true);
            scheduler = (Executor) defaultScheduler.invoke(null);
        } catch (InaccessibleObjectException e) {
            whyNot = "java.lang is not open to this library";
        } catch (ReflectiveOperationException | RuntimeException e) {
            whyNot = "this JDK (" + Runtime.version() + ") has no virtual threads with a scheduler of ours: " + e;
        }
        BUILDER = whyNot == null ? builder : null;
        DEFAULT_SCHEDULER = whyNot == null ? scheduler : null;
        WHY_NOT = whyNot;
    }

    private VirtualThreads() {}

    /** Why {@link #unstarted} cannot be used, or null if it can. */
    static @Nullable String whyNot() {
        return WHY_NOT;
    }

    /** A virtual thread, not started, that runs wherever {@code scheduler} runs what it is given. */
    static Thread unstarted(Executor scheduler, String name, Runnable body) {
        MethodHandle builder = BUILDER;
        if (builder == null) {
            throw new IllegalStateException(WHY_NOT);
        }
        try {
            return ((Thread.Builder.OfVirtual) builder.invokeExact(scheduler))
                    .name(name)
                    .unstarted(body);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("cannot create a virtual thread", e);
        }
    }

    /** The JDK's own scheduler of virtual threads. */
    static Executor defaultScheduler() {
        Executor scheduler = DEFAULT_SCHEDULER;
        if (scheduler == null) {
            throw new IllegalStateException(WHY_NOT);
        }
        return scheduler;
    }

    /**
     * Makes sure that the JDK's socket poller threads belong to the JDK's scheduler. They are virtual threads, created by the
     * first virtual thread that does socket I/O and inheriting its scheduler: if that were a task of a loop, the poller of
     * the whole process would be that loop's, and end with it.
     */
    static void claimPollersForTheJdk() {
        Thread stock = unstarted(defaultScheduler(), "loop-poller-claim", () -> {
            try {
                Class.forName("sun.nio.ch.Poller");
            } catch (ClassNotFoundException e) {
                // a JDK without this class has no such poller to claim
            }
        });
        stock.start();
        boolean interrupted = false;
        while (true) {
            try {
                stock.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

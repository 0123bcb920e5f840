package dev.loop.internal.carrier;

import org.jspecify.annotations.Nullable;

/**
 * Runs coroutines on one platform thread. There are two: virtual threads that this thread itself schedules, and the portable
 * hand-off to stock virtual threads; a public scheduler API in a later JDK would replace one class.
 *
 * <p>The field {@link #mounted} is what every thread check of the loop reads: the one thread that may touch the loop's state at
 * this moment. Reading it needs no barrier: a thread can only find itself there if it is that thread.
 */
public abstract class Carrier {

    /** The thread that owns the loop's state now: the platform thread, or what it has mounted; null while no turn runs. */
    @Nullable Thread mounted;

    /** The platform thread between {@link #enter()} and {@link #leave()}. */
    @Nullable Thread platform;

    // the loop's thread only: somebody has interrupted the platform thread
    private boolean hostInterrupted;

    Carrier() {}

    /**
     * Takes note of an interrupt of the platform thread before something is mounted or unmounted, which would wipe it out: the
     * JDK keeps the flags of a carrier and of what it carries alike. An interrupt that hits the few instructions in between is lost.
     */
    final void noticeHostInterrupt(Thread running) {
        Thread host = platform;
        if (host != null && host.isInterrupted() && (running == host || !running.isInterrupted())) {
            hostInterrupted = true;
        }
    }

    /**
     * Whether the platform thread was interrupted since this was asked last. Clears its flag. Platform thread only.
     *
     * @return true once for an interrupt
     */
    public final boolean takeHostInterrupt() {
        boolean was = Thread.interrupted() || hostInterrupted;
        hostInterrupted = false;
        return was;
    }

    /**
     * The best carrier that works here, after it has checked itself.
     *
     * @return a new carrier
     * @see Carriers
     */
    public static Carrier create() {
        return Carriers.create();
    }

    /**
     * A coroutine that has not begun.
     *
     * @param name the name of its thread
     * @param body what it runs; throws nothing
     * @param owner puts it back into the queue when the JDK has woken it
     * @return the coroutine
     */
    public abstract Coroutine coroutine(String name, Runnable body, Coroutine.Owner owner);

    /**
     * Whether a body may block in the JDK without holding the loop, and so user callbacks get a coroutine of their own.
     *
     * @return true for virtual threads on our thread, false for the hand-off
     */
    public abstract boolean freesTheThread();

    /**
     * Whether this thread may touch the loop's state now.
     *
     * @param thread a thread
     * @return true for the platform thread of a running loop, and for what it has mounted
     */
    public final boolean isMounted(Thread thread) {
        return mounted == thread;
    }

    /**
     * Whether the loop's turns run now, on some thread.
     *
     * @return false before, between and after the runs
     */
    public final boolean isEntered() {
        return platform != null;
    }

    /**
     * What the platform thread carries. Any thread may ask, and is told what was so a moment ago.
     *
     * @return the thread of the coroutine that is mounted; null if none is
     */
    public final @Nullable Thread carried() {
        Thread host = platform;
        Thread m = mounted;
        return host == null || m == host ? null : m;
    }

    /**
     * The thread that runs the turns. Any thread may ask, and is told what was so a moment ago.
     *
     * @return the platform thread, or null while no turns run
     */
    public final @Nullable Thread platform() {
        return platform;
    }

    /**
     * Refuses a thread that cannot run coroutines.
     *
     * @throws IllegalStateException on a virtual thread, if this carrier schedules virtual threads itself
     */
    public void checkHost() {}

    /**
     * The current thread becomes the platform thread.
     *
     * @throws IllegalStateException if the current thread cannot run coroutines
     */
    public final void enter() {
        checkHost();
        Thread current = Thread.currentThread();
        platform = current;
        mounted = current;
    }

    /** The platform thread is free for something else. */
    public void leave() {
        platform = null;
        mounted = null;
    }

    /**
     * The loop has closed while this coroutine was still in the middle. From now on it runs, one at a time with all others
     * of its kind, on a thread of its own; if it is suspended it is woken there.
     *
     * @param coroutine a coroutine of this carrier
     */
    public final void strand(Coroutine coroutine) {
        coroutine.strand();
    }

    /**
     * Whether this thread belongs to a coroutine that outlived its loop.
     *
     * @param thread a thread
     * @return true if every wait in it must fail
     */
    public static boolean isStranded(Thread thread) {
        return Stranded.contains(thread);
    }
}

package dev.loop.internal.carrier;

import org.jspecify.annotations.Nullable;

/**
 * A coroutine that belongs to no carrier: whoever calls it runs it in its own place until it leaves, be that a task, a callback or a
 * thread without a loop, and each time another one. It is on one stack at a time.
 *
 * <pre>
 *   outside of all stacks -> on a stack          push(), by the caller
 *   on a stack -> outside of all stacks          leave(), or the end of the body
 * </pre>
 */
public abstract class FreeCoroutine extends Coroutine {

    /** In the thread of such a coroutine: itself. */
    private static final ThreadLocal<@Nullable FreeCoroutine> CURRENT = new ThreadLocal<>();

    // all of it belongs to whoever runs the stack
    @Nullable CoroutineStack stack;

    @Nullable Carrier carrier; // whose thread runs it; null for none of a loop

    private @Nullable Coroutine below;
    private @Nullable Trampoline trampoline;
    private boolean refuses; // itself, whoever calls it
    private final Runnable body;

    FreeCoroutine(Runnable body) {
        this.body = body;
    }

    /**
     * A coroutine that has not begun, by the engine that is best for who calls this and is going to run it.
     *
     * @param name the name of its thread
     * @param inLoop whether a task or callback calls
     * @param body what it runs; throws nothing
     * @return the coroutine
     */
    public static FreeCoroutine create(String name, boolean inLoop, Runnable body) {
        // in this order: the choice of the engine needs a carrier of the JDK, which a stock thread that waits for it
        // keeps occupied
        return (inLoop || !isStock()) && Engine.FIBERS ? new FreeFiber(name, body) : new FreeBaton(name, body);
    }

    /** Whether the calling thread is a virtual one that the JDK schedules: it can carry nothing, and hands over to its like fast. */
    private static boolean isStock() {
        return Thread.currentThread().isVirtual() && !(CURRENT.get() instanceof FreeFiber);
    }

    /** Chosen once for the process. */
    private static final class Engine {
        static final boolean FIBERS = Carriers.runVirtualThreads();
    }

    /**
     * Runs a coroutine in the place of a caller who is in no task and in no callback of its own coroutine, until it leaves.
     *
     * @param inner outside of all stacks
     * @param carrier whose platform thread calls; null for a thread that runs no loop
     */
    public static void call(FreeCoroutine inner, @Nullable Carrier carrier) {
        FreeCoroutine caller = Thread.currentThread().isVirtual() ? CURRENT.get() : null;
        if (caller != null && caller.stack instanceof Trampoline outer) {
            outer.call(caller, inner);
            return;
        }
        Trampoline own = inner.trampoline;
        if (own == null) {
            inner.trampoline = own = new Trampoline();
        }
        own.run(inner, carrier);
    }

    /**
     * Puts this on top of a stack: it runs next.
     *
     * @param newStack the stack of whoever calls this
     * @param newCarrier who mounts it; null for none of a loop
     */
    public final void push(CoroutineStack newStack, @Nullable Carrier newCarrier) {
        Coroutine caller = newStack.top();
        below = caller;
        refusesWaits = refuses || (caller != null && caller.refusesWaits);
        carrier = newCarrier;
        stack = newStack;
        newStack.top(this);
    }

    /**
     * Whether somebody has called this and it has not left since.
     *
     * @return true while it runs, calls another one or is blocked
     */
    public final boolean isOnStack() {
        return stack != null;
    }

    /** Leaves the stack, and stands still until it is on one again. From inside the body only. */
    public final void leave() {
        pop();
        boolean interrupted = false;
        while (stack == null) {
            suspend();
            interrupted |= Thread.interrupted(); // a park with the flag set would return at once, for ever
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void pop() {
        CoroutineStack s = stack;
        Coroutine caller = below;
        if (s == null) {
            throw new AssertionError(this + " is on no stack");
        }
        s.leaving();
        stack = null;
        below = null;
        s.top(caller);
        if (caller != null && endStranding()) {
            caller.strand(); // no loop mounts it any more
        }
    }

    /** Its loop has closed while it was on a stack: it goes on elsewhere. */
    @Override
    abstract void strand();

    /** It leaves the stack on which it was stranded. Returns whether it was. */
    abstract boolean endStranding();

    /** The whole life of its thread. */
    final void live() {
        CURRENT.set(this);
        try {
            body.run();
        } finally {
            pop();
        }
    }

    /**
     * Says whether code in here may wait for its loop; whoever it calls may not either then. Before it is put on a stack.
     *
     * @param nowRefuses true if waits are refused
     */
    public final void refuseWaits(boolean nowRefuses) {
        refuses = nowRefuses;
        refusesWaits = nowRefuses;
    }

    /**
     * Who waits for this to leave.
     *
     * @return the coroutine beneath it; null if there is none
     */
    public final @Nullable Coroutine below() {
        return below;
    }
}

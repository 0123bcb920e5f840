package dev.loop.internal.carrier;

import org.jspecify.annotations.Nullable;

/**
 * Coroutines that have called each other, the last one on top: who mounts them mounts the top, and goes on as long as that changes.
 * A task is one, the callbacks of a loop are one, and a thread without a loop has a {@link Trampoline}.
 */
public interface CoroutineStack extends Coroutine.Owner {

    /**
     * Who runs, or runs next.
     *
     * @return the coroutine on top; null if there is none
     */
    @Nullable Coroutine top();

    /**
     * Somebody was put on top, or has left. Inside the coroutine that was on top before.
     *
     * @param coroutine who runs next; null if the last one has left
     */
    void top(@Nullable Coroutine coroutine);

    /** The coroutine on top is about to leave, and calls this in its thread: an interrupt that it was sent stays with the stack. */
    void leaving();
}

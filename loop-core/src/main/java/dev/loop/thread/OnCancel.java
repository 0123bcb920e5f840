package dev.loop.thread;

/** What a cancel of {@link Threads#run} does when the call has begun. One that has not begun never does. */
public enum OnCancel {

    /**
     * The cancel is held until the call has ended: its outcome is kept, and whoever awaits it is cancelled at the next wait. Nothing that
     * was started goes on unseen. The call can end early by {@link Threads#checkCancelled()}.
     */
    WAIT,

    /**
     * The wait ends at once, and the call goes on. It keeps its place in the limiter until it ends. A value that it has then is dropped,
     * a failure goes to the loop's exception handler. For calls that nothing can end and that leave nothing behind, such as a look-up.
     */
    ABANDON,

    /**
     * The worker is interrupted, and the wait ends when the call has ended. A call that answers the interrupt, by an
     * {@link InterruptedException} or the exceptions of channels that stand for one, ends as cancelled; any other outcome is kept.
     */
    INTERRUPT
}

package dev.loop.internal.timer;

/** One deadline in a {@link TimerQueue}. It belongs to the loop's thread. */
public abstract class TimerNode {

    static final int NOT_QUEUED = -1;

    /** When it is due, in nanoseconds of the loop's clock. */
    final long deadline;

    // set by the queue: place in the heap, and order of arrival among equal deadlines
    int index = NOT_QUEUED;
    long sequence;

    /**
     * A timer that is not queued yet.
     *
     * @param deadline when it is due, in nanoseconds of the loop's clock
     */
    protected TimerNode(long deadline) {
        this.deadline = deadline;
    }

    /**
     * When this timer is due.
     *
     * @return nanoseconds of the loop's clock
     */
    public final long deadline() {
        return deadline;
    }

    /**
     * Whether this timer waits in a queue.
     *
     * @return false before it was added and after it fired or was removed
     */
    public final boolean isQueued() {
        return index != NOT_QUEUED;
    }

    /** Is called once when the timer is due, on the platform thread, after it has left the queue. Throws nothing. */
    public abstract void fire();
}

package dev.loop;

/** A callback that is due at a time, and the way to take it back. It belongs to its loop's thread. */
public abstract sealed class TimerHandle extends Handle permits TimerCallback {

    TimerHandle(EventLoop loop, Context context, Runnable callback) {
        super(loop, context, callback);
    }

    /**
     * When it is due, on the scale of {@link EventLoop#time()}.
     *
     * @return nanoseconds of the loop's clock
     */
    public abstract long when();
}

package dev.loop;

import org.jspecify.annotations.Nullable;

/** In debug mode stands for the callback of a handle, and keeps where that was made. */
record TracedCallback(Runnable callback, Trace created) implements Runnable {

    @Override
    public void run() {
        callback.run();
    }

    /** Where the handle with this callback was made, if it is known. */
    static @Nullable Trace created(@Nullable Runnable callback) {
        return callback instanceof TracedCallback traced ? traced.created : null;
    }

    /** The callback itself. */
    static @Nullable Runnable code(@Nullable Runnable callback) {
        return callback instanceof TracedCallback traced ? traced.callback : callback;
    }

    @Override
    public String toString() {
        return callback.toString();
    }
}

package dev.loop;

import dev.loop.internal.ready.Lane;
import dev.loop.internal.ready.ReadyEntry;

/** A callback that is its own entry in the ready queue. */
final class ReadyHandle extends Handle implements ReadyEntry {

    /** One that runs in the context of what calls this. */
    ReadyHandle(EventLoop loop, Runnable callback) {
        this(loop, loop.capture(), callback);
    }

    ReadyHandle(EventLoop loop, Context context, Runnable callback) {
        super(loop, context, callback);
    }

    @Override
    public boolean isCallback() {
        return true;
    }

    @Override
    public Object lane() {
        return TracedCallback.code(callback) instanceof Laned laned ? laned.lane() : Lane.ORDERED;
    }

    @Override
    public void run() {
        runCallback();
    }
}

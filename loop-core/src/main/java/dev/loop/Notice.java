package dev.loop;

import dev.loop.internal.ready.ReadyEntry;

/** Something that the loop itself says: it may be user code that is called (a logger, a hook), so it runs as a callback does. */
record Notice(EventLoop loop, Runnable words) implements ReadyEntry {

    @Override
    public boolean isCallback() {
        return true;
    }

    @Override
    public void run() {
        try {
            words.run();
        } catch (Throwable e) {
            loop.reports.noticeFailed(e);
        }
    }
}

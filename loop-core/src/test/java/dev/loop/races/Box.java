package dev.loop.races;

import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;

/** An {@link dev.loop.internal.ready.Inbox}, or a twin of it. */
public interface Box {
    boolean push(ReadyEntry entry);

    boolean beginSleep();

    void endSleep();

    int drainTo(ReadyQueue ready);

    void close(ReadyQueue ready);
}

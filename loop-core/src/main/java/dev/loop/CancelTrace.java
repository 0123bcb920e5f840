package dev.loop;

import org.jspecify.annotations.Nullable;

/** Where a cancel was asked for: the cause of the {@link CancelledException}s that come of it, in debug mode. */
final class CancelTrace extends Throwable {

    private static final long serialVersionUID = 1L;

    private CancelTrace(String message) {
        super(message, null, false, true);
    }

    /** The stack of whoever cancels something of this loop now, which is the caller; null unless the loop is in debug mode. */
    static @Nullable CancelTrace capture(@Nullable EventLoop loop) {
        Probe probe = loop == null ? null : loop.probe;
        if (loop == null || probe == null || !probe.isDebug()) {
            return null;
        }
        TaskStep step = loop.isCurrent() ? loop.current : null;
        Thread thread = Thread.currentThread();
        return new CancelTrace("cancelled here, by "
                + (step != null
                        ? "the task " + step.name
                        : thread == loop.carrier.platform() ? "the loop" : thread.getName()));
    }
}

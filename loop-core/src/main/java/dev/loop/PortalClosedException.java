package dev.loop;

import java.util.concurrent.RejectedExecutionException;

/**
 * A {@link LoopPortal} has not taken work, or has taken it and could not bring it to its end: it was closed, or its loop was. As with
 * any executor of the JDK this is a {@link RejectedExecutionException}.
 */
public final class PortalClosedException extends RejectedExecutionException {

    private static final long serialVersionUID = 1L;

    PortalClosedException(String message) {
        super(message);
    }
}

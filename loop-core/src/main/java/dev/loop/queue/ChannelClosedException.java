package dev.loop.queue;

import org.jspecify.annotations.Nullable;

/**
 * A channel, or one end of it, or a broadcast was closed: it takes nothing any more, and has nothing left for whoever asked. The cause
 * is what it was closed with, if that was a failure.
 */
public final class ChannelClosedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * With a message that says what was closed.
     *
     * @param message what was closed, and by whom
     * @param cause the failure with which it was closed; null for an orderly end
     */
    public ChannelClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

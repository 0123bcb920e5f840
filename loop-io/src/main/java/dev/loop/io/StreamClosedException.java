package dev.loop.io;

import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;

/**
 * A stream or listener was used after this side had closed it, or was closed while it was being used. It says nothing about the
 * other side.
 */
public final class StreamClosedException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /**
     * A use after the close.
     *
     * @param message what was closed, and what was tried with it
     */
    public StreamClosedException(String message) {
        super(message, new ClosedChannelException());
    }
}

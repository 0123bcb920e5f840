package dev.loop.io;

import java.io.IOException;
import java.net.SocketAddress;

/** The connection was cut: the peer reset it, or is gone. What was not read yet is lost. */
public final class ConnectionResetException extends NetworkException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param message what was tried, with the address, and what to do
     * @param address the address that it is about
     * @param cause what the operating system said
     */
    public ConnectionResetException(String message, SocketAddress address, IOException cause) {
        super(message, address, cause);
    }
}

package dev.loop.io;

import java.io.IOException;
import java.net.SocketAddress;

/** Nothing accepts connections at the address. */
public final class ConnectionRefusedException extends NetworkException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param message what was tried, with the address, and what to do
     * @param address the address that it is about
     * @param cause what the operating system said
     */
    public ConnectionRefusedException(String message, SocketAddress address, IOException cause) {
        super(message, address, cause);
    }
}

package dev.loop.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;

/**
 * A network operation failed. The message names the address, what was tried, the cause, and what to do about it; the cause is what
 * the operating system said. The kinds that a program may want to treat in a way of their own are subclasses.
 */
public class NetworkException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /** Which address it was about. */
    private final SocketAddress address;

    /**
     * A failure.
     *
     * @param message what was tried, with the address, why it failed and what to do
     * @param address the address that it is about
     * @param cause what the operating system said
     */
    public NetworkException(String message, SocketAddress address, IOException cause) {
        super(message, cause);
        this.address = address;
    }

    /**
     * The address that it is about: of the peer, or the one to listen on. A host name that could not be resolved is an unresolved
     * {@link java.net.InetSocketAddress}.
     *
     * @return the address
     */
    public SocketAddress address() {
        return address;
    }
}

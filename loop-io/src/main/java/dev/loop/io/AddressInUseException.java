package dev.loop.io;

import java.io.IOException;
import java.net.SocketAddress;

/** The address to listen on is taken, by another program or by another listener of this one. */
public final class AddressInUseException extends NetworkException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param message what was tried, with the address, and what to do
     * @param address the address that it is about
     * @param cause what the operating system said
     */
    public AddressInUseException(String message, SocketAddress address, IOException cause) {
        super(message, address, cause);
    }
}

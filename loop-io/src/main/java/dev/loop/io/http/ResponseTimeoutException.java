package dev.loop.io.http;

import dev.loop.io.NetworkException;
import java.io.IOException;
import java.net.SocketAddress;

/** A server has taken a request and does not answer in time. */
public final class ResponseTimeoutException extends NetworkException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param message what was tried, with the address, and what to do
     * @param address the server
     * @param cause what ended the wait
     */
    public ResponseTimeoutException(String message, SocketAddress address, IOException cause) {
        super(message, address, cause);
    }
}

package dev.loop.io.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;

/** A body does not fit into the memory that was set aside for it. */
public final class BodyTooLargeException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /**
     * A failure.
     *
     * @param uri where the body came from
     * @param limit how many bytes were allowed
     */
    public BodyTooLargeException(URI uri, long limit) {
        super(
                "the body of " + uri + " has more than " + limit + " bytes: stream it with HttpClients.on(loop) and"
                        + " responseContent()",
                new IOException("more than " + limit + " bytes"));
    }
}

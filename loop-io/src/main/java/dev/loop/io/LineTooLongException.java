package dev.loop.io;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A line has more bytes than the reader allows. Nothing of it was consumed: the bytes can be read as bytes, or the stream
 * closed.
 */
public final class LineTooLongException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /** How long a line may be. */
    private final int limit;

    /**
     * A line that is too long.
     *
     * @param limit how many bytes are allowed, without the line's end
     */
    public LineTooLongException(int limit) {
        super(
                "a line is longer than " + limit + " bytes: give the reader a higher limit, or end the conversation",
                new IOException("line longer than " + limit + " bytes"));
        this.limit = limit;
    }

    /**
     * How many bytes are allowed.
     *
     * @return the limit in bytes, without the line's end
     */
    public int limit() {
        return limit;
    }
}

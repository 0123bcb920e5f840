package dev.loop.io;

import java.io.EOFException;
import java.io.UncheckedIOException;

/**
 * The stream has ended before all bytes that were wanted had come. Those that have come were not consumed and can still be
 * read.
 */
public final class EndOfStreamException extends UncheckedIOException {

    private static final long serialVersionUID = 1L;

    /** How many bytes were asked for. */
    private final int expected;

    /** How many there were. */
    private final int available;

    /**
     * An end that is too early.
     *
     * @param expected how many bytes were wanted
     * @param available how many have come
     */
    public EndOfStreamException(int expected, int available) {
        super(
                "the stream ended after " + available + " of " + expected + " bytes: the peer closed it too early",
                new EOFException(available + " of " + expected + " bytes"));
        this.expected = expected;
        this.available = available;
    }

    /**
     * How many bytes were wanted.
     *
     * @return the count
     */
    public int expected() {
        return expected;
    }

    /**
     * How many bytes have come, and can still be read.
     *
     * @return the count, less than {@link #expected()}
     */
    public int available() {
        return available;
    }
}

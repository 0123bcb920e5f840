package dev.loop.io;

/**
 * Bytes in both directions: a connection. It belongs to one loop's thread; one task at a time may read it and one may write it,
 * and these may be two.
 */
public interface ByteStream extends ReceiveStream, SendStream, AutoCloseable {

    /**
     * Closes both directions in good order: the other side still gets what was written, and then the end of the stream. A read or
     * write that still goes on fails with a {@link StreamClosedException}. Harmless when repeated.
     */
    @Override
    void close();

    /**
     * Closes at once and drops what was not delivered yet: the other side sees that the connection was reset. Harmless when
     * repeated.
     */
    void abort();

    /**
     * Whether this side has not closed it. What the other side has done shows when it is read or written.
     *
     * @return false after {@link #close()} or {@link #abort()}
     */
    boolean isOpen();
}

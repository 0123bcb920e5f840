package dev.loop.spi;

import java.nio.channels.SelectionKey;

/**
 * The kinds of readiness that a channel can be watched for, as bits of an {@code int}; the values are those of
 * {@link SelectionKey}, so that no translation is needed.
 */
public final class Interest {

    /** Nothing: the channel stays registered and is not watched. */
    public static final int NONE = 0;
    /** There is something to read, or the end of the stream. */
    public static final int READ = SelectionKey.OP_READ;
    /** The socket's buffer takes bytes again. */
    public static final int WRITE = SelectionKey.OP_WRITE;
    /** A connection attempt has ended, one way or the other. */
    public static final int CONNECT = SelectionKey.OP_CONNECT;
    /** A connection waits to be accepted. */
    public static final int ACCEPT = SelectionKey.OP_ACCEPT;

    private Interest() {}
}

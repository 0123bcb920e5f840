package dev.loop.io.net;

import java.net.SocketOption;
import java.net.StandardSocketOptions;

/** How to listen: immutable, made from {@link #DEFAULT} by the {@code with} methods. May be used on any thread. */
public final class ListenOptions {

    private static final int DEFAULT_BACKLOG = 1024;

    /**
     * A backlog of 1024, addresses reused, and TCP_NODELAY on accepted connections. (Reuse lets a server start again while old
     * connections linger; it does not let two servers have one address.)
     */
    public static final ListenOptions DEFAULT = new ListenOptions(
            DEFAULT_BACKLOG,
            SocketOptions.NONE
                    .with(StandardSocketOptions.SO_REUSEADDR, true)
                    .with(StandardSocketOptions.TCP_NODELAY, true));

    private final int backlog;
    private final SocketOptions options;

    private ListenOptions(int backlog, SocketOptions options) {
        this.backlog = backlog;
        this.options = options;
    }

    /**
     * With another backlog: how many connections may wait to be accepted before the system turns new ones away. The system has a
     * limit of its own (on Linux {@code net.core.somaxconn}).
     *
     * @param connections at least 1
     * @return new options
     */
    public ListenOptions withBacklog(int connections) {
        if (connections < 1) {
            throw new IllegalArgumentException("a backlog holds at least 1 connection, not " + connections);
        }
        return new ListenOptions(connections, options);
    }

    /**
     * With or without SO_REUSEADDR.
     *
     * @param reuse whether an address may be taken again while old connections linger on it
     * @return new options
     */
    public ListenOptions withReuseAddress(boolean reuse) {
        return with(StandardSocketOptions.SO_REUSEADDR, reuse);
    }

    /**
     * With a socket option. It is set on the listening socket and on each accepted one, as far as these have it: buffer sizes must
     * be set on the first to take effect on the others.
     *
     * @param option for instance one of {@link StandardSocketOptions}
     * @param value its value
     * @param <T> its type
     * @return new options
     */
    public <T> ListenOptions with(SocketOption<T> option, T value) {
        return new ListenOptions(backlog, options.with(option, value));
    }

    int backlog() {
        return backlog;
    }

    SocketOptions options() {
        return options;
    }

    @Override
    public String toString() {
        return "ListenOptions[backlog " + backlog + ", " + options.values() + "]";
    }
}

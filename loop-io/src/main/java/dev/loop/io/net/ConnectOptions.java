package dev.loop.io.net;

import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How to connect: immutable, made from {@link #DEFAULT} by the {@code with} methods. May be used on any thread. */
public final class ConnectOptions {

    /** No time-out but the system's (on Linux about two minutes), TCP_NODELAY, and the resolver of this machine. */
    public static final ConnectOptions DEFAULT = new ConnectOptions(
            null, SocketOptions.NONE.with(StandardSocketOptions.TCP_NODELAY, true), Resolver.system());

    private final @Nullable Duration timeout;
    private final SocketOptions options;
    private final Resolver resolver;

    private ConnectOptions(@Nullable Duration timeout, SocketOptions options, Resolver resolver) {
        this.timeout = timeout;
        this.options = options;
        this.resolver = resolver;
    }

    /**
     * With a time-out for the whole of it: the name's resolution and all addresses.
     *
     * @param limit how long it may take, more than zero
     * @return new options
     */
    public ConnectOptions withTimeout(Duration limit) {
        if (limit.isZero() || limit.isNegative()) {
            throw new IllegalArgumentException("a connection takes some time; the time-out cannot be " + limit);
        }
        return new ConnectOptions(limit, options, resolver);
    }

    /**
     * With a socket option, which is set before the socket connects.
     *
     * @param option for instance one of {@link StandardSocketOptions}
     * @param value its value
     * @param <T> its type
     * @return new options
     */
    public <T> ConnectOptions with(SocketOption<T> option, T value) {
        return new ConnectOptions(timeout, options.with(option, value), resolver);
    }

    /**
     * With another resolver.
     *
     * @param other finds the addresses of the host
     * @return new options
     */
    public ConnectOptions withResolver(Resolver other) {
        return new ConnectOptions(timeout, options, Objects.requireNonNull(other, "resolver"));
    }

    @Nullable Duration timeout() {
        return timeout;
    }

    SocketOptions options() {
        return options;
    }

    Resolver resolver() {
        return resolver;
    }

    @Override
    public String toString() {
        return "ConnectOptions[" + (timeout == null ? "no time-out" : "within " + timeout) + ", " + options.values()
                + "]";
    }
}

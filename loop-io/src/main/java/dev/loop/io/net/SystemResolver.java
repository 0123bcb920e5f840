package dev.loop.io.net;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.io.UnresolvedHostException;
import dev.loop.io.channel.Addresses;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The resolver of the JDK, on helper threads, with a short way for what needs no name server. */
enum SystemResolver implements Resolver {
    INSTANCE;

    /** RFC 6761, 6.3: always these two; IPv4 first, because it is what servers are bound to by default. */
    private static final List<InetAddress> LOOPBACK =
            List.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"));

    @Override
    public Future<List<InetAddress>> resolve(EventLoop loop, String host) {
        List<InetAddress> known = known(host);
        return known != null ? loop.completed(known) : loop.runInExecutor(() -> ask(host));
    }

    private static List<InetAddress> ask(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            throw new UnresolvedHostException(host, 0, e);
        }
    }

    /** What can be answered without asking anybody; null for a host name. */
    static @Nullable List<InetAddress> known(String host) {
        if (host.isBlank()) {
            throw new IllegalArgumentException(
                    "the host is empty: name one, or use 0.0.0.0 or :: to listen on all addresses of this machine");
        }
        InetAddress literal = Addresses.literal(host);
        if (literal != null) {
            return List.of(literal);
        }
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.endsWith(".localhost") ? LOOPBACK : null;
    }

    /** The same failure, with the port that the name was wanted for, and the stack of who wanted it. */
    static UnresolvedHostException withPort(UnresolvedHostException e, int port) {
        return new UnresolvedHostException(e.host(), port, Objects.requireNonNull(e.getCause()));
    }
}

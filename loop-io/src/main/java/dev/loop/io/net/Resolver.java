package dev.loop.io.net;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import java.net.InetAddress;
import java.util.List;

/** Finds the addresses of a host name without holding the loop. */
@FunctionalInterface
@CheckReturnValue
public interface Resolver {

    /**
     * Finds the addresses of a host.
     *
     * @param loop whose task or callback asks
     * @param host a name, or an address as a literal; IPv6 literals with or without brackets
     * @return the addresses, at least one, the best first. It fails with an {@link dev.loop.io.UnresolvedHostException}.
     */
    Future<List<InetAddress>> resolve(EventLoop loop, String host);

    /**
     * The resolver of this machine. Literals and {@code localhost} are answered at once; everything else is asked of the JDK on a
     * helper thread of the loop, as often as it is asked here (the JDK keeps answers for half a minute).
     *
     * @return the shared resolver, for any loop
     */
    static Resolver system() {
        return SystemResolver.INSTANCE;
    }
}

package dev.loop.io;

import java.io.IOException;
import java.net.InetSocketAddress;

/** A host name has no address, or none could be found out. */
public final class UnresolvedHostException extends NetworkException {

    private static final long serialVersionUID = 1L;

    /** The name as it was given. */
    private final String host;

    /**
     * A host name without an address.
     *
     * @param host the name
     * @param port the port that was wanted with it, 0 if none
     * @param cause what the resolver said
     */
    public UnresolvedHostException(String host, int port, IOException cause) {
        super(
                "the host name '" + host + "' cannot be resolved: check its spelling, and that this machine reaches its"
                        + " name server",
                InetSocketAddress.createUnresolved(host, port),
                cause);
        this.host = host;
    }

    /**
     * The name.
     *
     * @return the host name, as it was given
     */
    public String host() {
        return host;
    }
}

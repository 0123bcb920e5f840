package dev.loop.examples.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The options that all servers have. */
public final class ServerOptions {

    @Option(
            names = "--host",
            paramLabel = "HOST",
            converter = HostConverter.class,
            description = "The address to listen on; 0.0.0.0 for all (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            converter = PortConverter.class,
            description = "The port to listen on; 0 for any that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--grace",
            paramLabel = "SECONDS",
            converter = SecondsConverter.class,
            defaultValue = "5",
            description = "How long what is in flight may go on after SIGINT or SIGTERM (default: ${DEFAULT-VALUE}).")
    private Duration grace = Duration.ofSeconds(5);

    /**
     * The options with a port of the server's own.
     *
     * @param port used if none is given
     */
    public ServerOptions(int port) {
        this.port = port;
    }

    /**
     * Where to listen.
     *
     * @return a host name or an address
     */
    public String host() {
        return host;
    }

    /**
     * Where to listen.
     *
     * @return a port; 0 for any that is free
     */
    public int port() {
        return port;
    }

    /**
     * How long what is in flight may go on when the server stops.
     *
     * @return the time
     */
    public Duration grace() {
        return grace;
    }
}

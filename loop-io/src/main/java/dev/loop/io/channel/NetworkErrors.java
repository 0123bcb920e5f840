package dev.loop.io.channel;

import dev.loop.io.AddressInUseException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.NetworkException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.util.Locale;

/**
 * What the operating system says of a socket, as exceptions of a type that a program can tell apart and with a message that a person
 * can act on.
 *
 * <p>The JDK keeps the error number to itself, so the text decides where its exception's class does not; a text in another language
 * gives the likeliest kind. May be used on any thread.
 */
public final class NetworkErrors {

    private NetworkErrors() {}

    /**
     * A read or write of a connection failed.
     *
     * @param what what was being done, such as "read"
     * @param peer the other side
     * @param cause what the system said
     * @return a {@link ConnectionResetException} unless the text says otherwise
     */
    public static NetworkException whileTalking(String what, SocketAddress peer, IOException cause) {
        String said = said(cause);
        String with = Addresses.text(peer);
        if (has(said, "timed out", "no route", "unreachable", "no buffer space", "cannot allocate", "i/o error")) {
            return new NetworkException(
                    "the connection with " + with + " failed during a " + what + ": " + cause.getMessage()
                            + "; check the network between here and there",
                    peer,
                    cause);
        }
        return new ConnectionResetException(
                "the connection with " + with + " was cut during a " + what + " (" + cause.getMessage()
                        + "): the peer has reset it or is gone; connect again to go on",
                peer,
                cause);
    }

    /**
     * An attempt to connect failed.
     *
     * @param address where to
     * @param cause what the system said
     * @return the failure
     */
    public static NetworkException whileConnecting(SocketAddress address, IOException cause) {
        String said = said(cause);
        String to = Addresses.text(address);
        if (has(said, "timed out")) {
            return new ConnectTimeoutException(
                    to + " does not answer: check the address, and the network and firewalls on the way",
                    address,
                    cause);
        }
        if (has(said, "reset")) {
            return new ConnectionResetException(
                    to + " reset the connection while it was made: its backlog may be full; try again", address, cause);
        }
        boolean refused =
                cause instanceof ConnectException && !has(said, "unreachable", "no route", "denied", "permitted");
        if (refused) {
            return new ConnectionRefusedException(
                    to + " refused the connection: nothing listens there; start the server, or check host and port",
                    address,
                    cause);
        }
        return new NetworkException(
                "cannot connect to " + to + ": " + cause.getMessage() + advice(said), address, cause);
    }

    /**
     * An attempt to take an address for listening, or as the local end of a connection, failed.
     *
     * @param what what the address is for, such as "listen on"
     * @param address the address
     * @param cause what the system said
     * @return the failure
     */
    public static NetworkException whileBinding(String what, SocketAddress address, IOException cause) {
        String said = said(cause);
        String on = Addresses.text(address);
        if (cause instanceof BindException && !has(said, "cannot assign", "permission", "permitted")) {
            return new AddressInUseException(
                    "cannot " + what + " " + on
                            + ": the address is in use; stop the program that has it, or take another port (0 is any free one)",
                    address,
                    cause);
        }
        return new NetworkException(
                "cannot " + what + " " + on + ": " + cause.getMessage() + advice(said), address, cause);
    }

    private static String advice(String said) {
        if (has(said, "cannot assign")) {
            return "; this machine has no such address";
        }
        if (has(said, "permission")) {
            return "; ports below 1024 need a privilege, take a higher one";
        }
        if (has(said, "too many open files")) {
            return "; close what is not used, or raise the limit (ulimit -n)";
        }
        return "";
    }

    private static String said(IOException cause) {
        String message = cause.getMessage();
        return message == null ? "" : message.toLowerCase(Locale.ROOT);
    }

    private static boolean has(String said, String... words) {
        for (String word : words) {
            if (said.contains(word)) {
                return true;
            }
        }
        return false;
    }
}

package dev.loop.io.channel;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Socket addresses as people write them. Nothing here asks a name server. May be used on any thread. */
public final class Addresses {

    /** The highest port. */
    public static final int MAX_PORT = 65_535;

    private Addresses() {}

    /**
     * An address as text.
     *
     * @param address any address, null for none
     * @return for example {@code 127.0.0.1:80}, {@code [::1]:80}, {@code example.org:80} if it is not resolved, or a path
     */
    public static String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            InetAddress ip = inet.getAddress();
            return text(ip == null ? inet.getHostString() : text(ip), inet.getPort());
        }
        if (address == null) {
            return "an unknown address";
        }
        String text = address.toString();
        return text.isEmpty() ? "an unnamed socket" : text;
    }

    /**
     * An IP address as text, in the form that RFC 5952 recommends.
     *
     * @param ip the address
     * @return for example {@code 127.0.0.1} or {@code ::1}
     */
    public static String text(InetAddress ip) {
        if (!(ip instanceof Inet6Address)) {
            return ip.getHostAddress();
        }
        String full = ip.getHostAddress();
        int scope = full.indexOf('%');
        String[] groups = (scope < 0 ? full : full.substring(0, scope)).split(":");
        int longest = 0;
        int begin = 0;
        for (int i = 0; i < groups.length; i++) {
            int end = i;
            while (end < groups.length && groups[end].equals("0")) {
                end++;
            }
            if (end - i > longest && end - i > 1) {
                longest = end - i;
                begin = i;
            }
        }
        List<String> all = List.of(groups);
        String text = longest == 0
                ? String.join(":", all)
                : String.join(":", all.subList(0, begin)) + "::"
                        + String.join(":", all.subList(begin + longest, groups.length));
        return scope < 0 ? text : text + full.substring(scope);
    }

    /**
     * A host and a port as text.
     *
     * @param host a name, or an address as a literal with or without brackets
     * @param port the port
     * @return for example {@code 127.0.0.1:80} or {@code [::1]:80}
     */
    public static String text(String host, int port) {
        return (host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port;
    }

    /**
     * Reads an address literal; a host name is none.
     *
     * @param host an IPv4 or IPv6 address as text, the latter with or without brackets, or anything else
     * @return the address, or null if it is no literal
     */
    public static @Nullable InetAddress literal(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        try {
            InetAddress address = InetAddress.ofLiteral(bare);
            return bracketed && !(address instanceof Inet6Address) ? null : address;
        } catch (IllegalArgumentException e) {
            return null; // a host name, or nonsense: the resolver tells
        }
    }
}

package dev.loop.io.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.io.AddressInUseException;
import dev.loop.io.ConnectTimeoutException;
import dev.loop.io.ConnectionRefusedException;
import dev.loop.io.ConnectionResetException;
import dev.loop.io.NetworkException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import org.junit.jupiter.api.Test;

/** What the system says, and the kind of failure that it becomes. */
class NetworkErrorsTest {

    private static final InetSocketAddress ADDRESS = InetSocketAddress.createUnresolved("host.example", 80);

    private static void check(NetworkException e, Class<?> type, IOException cause) {
        assertThat(e).isExactlyInstanceOf(type).hasCause(cause).hasMessageContaining("host.example:80");
        assertThat(e.address()).isEqualTo(ADDRESS);
    }

    private static void talking(Class<?> type, IOException cause) {
        check(NetworkErrors.whileTalking("write", ADDRESS, cause), type, cause);
    }

    private static void connecting(Class<?> type, IOException cause) {
        check(NetworkErrors.whileConnecting(ADDRESS, cause), type, cause);
    }

    private static void binding(Class<?> type, IOException cause) {
        check(NetworkErrors.whileBinding("listen on", ADDRESS, cause), type, cause);
    }

    @Test
    void aConnectionThatIsCutIsAReset() {
        talking(ConnectionResetException.class, new SocketException("Connection reset"));
        talking(ConnectionResetException.class, new IOException("Connection reset by peer"));
        talking(ConnectionResetException.class, new IOException("Broken pipe"));
        talking(ConnectionResetException.class, new IOException("Datenübergabe unterbrochen")); // in any language
        talking(ConnectionResetException.class, new IOException());
    }

    @Test
    void troubleOnTheWayIsNoReset() {
        talking(NetworkException.class, new IOException("Connection timed out"));
        talking(NetworkException.class, new IOException("No route to host"));
        talking(NetworkException.class, new IOException("No buffer space available"));
    }

    @Test
    void aConnectThatFailsSaysHow() {
        connecting(ConnectionRefusedException.class, new ConnectException("Connection refused"));
        connecting(ConnectionRefusedException.class, new ConnectException("Verbindungsaufbau abgelehnt"));
        connecting(ConnectTimeoutException.class, new ConnectException("Connection timed out"));
        connecting(ConnectionResetException.class, new SocketException("Connection reset by peer"));
        connecting(NetworkException.class, new ConnectException("Network is unreachable"));
        connecting(NetworkException.class, new NoRouteToHostException("No route to host"));
        connecting(NetworkException.class, new SocketException("Too many open files"));
    }

    @Test
    void anAddressThatCannotBeTakenSaysWhyAndWhatToDo() {
        binding(AddressInUseException.class, new BindException("Address already in use"));
        binding(NetworkException.class, new BindException("Cannot assign requested address"));
        binding(NetworkException.class, new SocketException("Permission denied"));
        binding(NetworkException.class, new BindException("Permission denied"));
        assertThat(NetworkErrors.whileBinding("listen on", ADDRESS, new BindException("Permission denied")))
                .hasMessageContaining("below 1024");
        assertThat(NetworkErrors.whileBinding("listen on", ADDRESS, new IOException("Too many open files")))
                .hasMessageContaining("ulimit -n");
    }
}

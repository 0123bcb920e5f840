package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EchoClientTest {

    @Test
    void aServerThatClosesEndsTheClientWhoseInputGoesOn() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = Program.example("echo-client", "--port", server.getLocalPort() + "")) {
            try (var connection = server.accept()) {
                connection.getOutputStream().write("good bye\n".getBytes(StandardCharsets.US_ASCII));
            }

            assertThat(client.exitCode()).isZero(); // its input is still open
            assertThat(client.lines()).containsExactly("good bye");
            assertThat(client.errors()).isEqualTo("loop: the server has closed the connection\n");
        }
    }
}

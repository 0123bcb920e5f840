package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The program on the first screen of the README runs as it stands there. */
class ReadmeProgramTest {

    private static final Path PROGRAM = Path.of("Echo.java");

    @Test
    void theFirstProgramEchoes() throws Exception {
        // as the README says, only on a port that is free
        try (var server = Program.java(List.of("-Dport=0", PROGRAM.toString()))) {
            int port = Integer.parseInt(server.await("listening on port "));
            try (var client = new Socket(InetAddress.getByName("127.0.0.1"), port)) {
                client.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
                client.shutdownOutput();
                assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("hello\n");
            }
            assertThat(server.errors()).isEmpty();
        }
    }
}

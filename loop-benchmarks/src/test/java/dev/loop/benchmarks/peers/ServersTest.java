package dev.loop.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.io.http.Http;
import dev.loop.io.http.HttpServers;
import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServersTest {

    @Test
    void echoSendsBackWhatItGets() {
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                listener.serve(Echo::echo);
                try (var stream = TcpStream.connect(
                                "127.0.0.1", listener.address().getPort())
                        .await()) {
                    stream.write("hello, echo").await();
                    stream.closeOutput().await();
                    var answer = ByteBuffer.allocate(64);
                    while (stream.read(answer).await() >= 0) {}
                    assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8))
                            .isEqualTo("hello, echo");
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"rn", "coro"})
    void helloAnswersWithTheBodyThatTheLoadExpects(String mode) {
        EventLoop.run(() -> {
            var server = HttpServers.bind(HttpHello.server(EventLoop.current(), 0, mode))
                    .await();
            int port = ((InetSocketAddress) server.address()).getPort();
            var reply = Http.get("http://127.0.0.1:" + port + "/").await();
            assertThat(reply.status().code()).isEqualTo(200);
            assertThat(reply.text()).isEqualTo("Hello, World!");
            HttpServers.stop(server, Duration.ZERO).await();
        });
    }
}

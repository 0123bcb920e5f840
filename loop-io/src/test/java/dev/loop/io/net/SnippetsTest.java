package dev.loop.io.net;

import static dev.loop.Async.spawn;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.StreamReader;
import dev.loop.io.os.Signals;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The samples of the Javadoc, compiled and run. */
class SnippetsTest {

    private static void serveUntilSigterm(Promise<Integer> port) {
        // @start region="server"
        try (var listener = TcpListener.bind("127.0.0.1", 0)) {
            listener.serve(
                    stream -> { // one task per connection
                        var buffer = ByteBuffer.allocateDirect(64 * 1024);
                        while (stream.read(buffer.clear()).await() >= 0) {
                            stream.write(buffer.flip()).await();
                        }
                    });
            port.complete(listener.address().getPort());
            // @start region="signals"
            Signals.next("INT", "TERM").await();
            listener.shutdown(Duration.ofSeconds(10)).await();
            // @end
        }
        // @end
    }

    private static String ask(int port, String question) {
        // @start region="client"
        try (var stream =
                TcpStream.connect("localhost", port, Duration.ofSeconds(5)).await()) {
            stream.write(question).await();
            stream.closeOutput().await();
            var answer = ByteBuffer.allocate(1024);
            stream.read(answer).await();
            return UTF_8.decode(answer.flip()).toString();
        }
        // @end
    }

    private static int countLines(TcpStream stream) {
        // @start region="lines"
        var reader = new StreamReader(stream);
        int size = Integer.parseInt(reader.readLine().await());
        byte[] head = reader.readExactly(size).await();
        int lines = 0;
        for (String line : reader.lines()) { // to the end of the stream
            lines += line.isBlank() ? 0 : 1;
        }
        // @end
        return lines * 100 + head.length;
    }

    @Test
    void aServerAnswersAClientUntilItIsToldToEnd() {
        EventLoop.run(() -> {
            Promise<Integer> port = EventLoop.current().promise();
            Future<?> server = spawn(() -> serveUntilSigterm(port));
            assertThat(ask(port.await(), "hello")).isEqualTo("hello");
            server.cancel();
        });
    }

    @Test
    void linesAreCounted() {
        EventLoop.run(() -> {
            try (var pair = Pair.open()) {
                pair.client().write("3\nabcone\ntwo\n\nthree\n").await();
                pair.client().close();
                assertThat(countLines(pair.server())).isEqualTo(303);
            }
        });
    }
}

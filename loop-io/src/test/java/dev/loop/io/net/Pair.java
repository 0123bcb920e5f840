package dev.loop.io.net;

import dev.loop.Async;
import dev.loop.io.ReceiveStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Two ends of one connection over the loopback interface, for tests. */
record Pair(TcpStream client, TcpStream server) implements AutoCloseable {

    static Pair open() {
        try (var listener = TcpListener.bind("127.0.0.1", 0)) {
            return open(listener, ConnectOptions.DEFAULT);
        }
    }

    static Pair open(TcpListener listener, ConnectOptions options) {
        var connecting = TcpStream.connect("127.0.0.1", listener.address().getPort(), options);
        TcpStream server = listener.accept().await();
        return new Pair(connecting.await(), server);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads some bytes as text. */
    static String some(ReceiveStream stream) {
        var buffer = ByteBuffer.allocate(1024);
        int count = stream.read(buffer).await();
        return count < 0 ? "<end>" : new String(buffer.array(), 0, count, StandardCharsets.UTF_8);
    }

    /** Reads to the end as text. */
    static String all(ReceiveStream stream) {
        var text = new StringBuilder();
        for (String piece = some(stream); !piece.equals("<end>"); piece = some(stream)) {
            text.append(piece);
        }
        return text.toString();
    }

    /** The sockets that this process has open; Linux only. */
    static long openSockets() {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(Pair::isSocket).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #openSockets()}, after enough turns that what was closed before is gone. In a task. */
    static long settledSockets() {
        for (int turn = 0; turn < 200; turn++) {
            Async.yieldNow(); // a poll at least every 61 turns frees the descriptors of closed sockets
        }
        return openSockets();
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }
}

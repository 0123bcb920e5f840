package dev.loop.benchmarks.peers;

import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import java.nio.ByteBuffer;

/** A TCP echo server with a coroutine for each connection. Usage: {@code Echo PORT}; it runs until it is killed. */
public final class Echo {

    private static final int BUFFER = 64 * 1024;

    private Echo() {}

    /**
     * Serves on the loopback interface.
     *
     * @param args the port
     */
    public static void main(String[] args) {
        int port = Program.port("Echo PORT", args, 1);
        Program.run(() -> {
            try (var listener = TcpListener.bind("127.0.0.1", port)) {
                listener.serve(Echo::echo).await();
            }
        });
    }

    static void echo(TcpStream stream) {
        var buffer = ByteBuffer.allocateDirect(BUFFER);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await();
        }
    }
}

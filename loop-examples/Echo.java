// The program of the README. A test runs it as it stands: java -cp … Echo.java

import dev.loop.EventLoop;
import dev.loop.io.net.TcpListener;
import java.nio.ByteBuffer;

void main() {
    EventLoop.run(() -> {
        try (var listener = TcpListener.bind("127.0.0.1", Integer.getInteger("port", 9000))) {
            IO.println("listening on port " + listener.address().getPort());
            listener.serve(stream -> { // a task for each connection
                var buffer = ByteBuffer.allocateDirect(16 * 1024);
                while (stream.read(buffer.clear()).await() >= 0) stream.write(buffer.flip()).await();
            }).await();
        }
    });
}

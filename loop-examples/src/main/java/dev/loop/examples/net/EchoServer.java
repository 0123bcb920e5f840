package dev.loop.examples.net;

import static dev.loop.Async.spawn;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.examples.cli.ServerOptions;
import dev.loop.io.channel.Addresses;
import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import dev.loop.io.os.Signals;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What does a TCP server with a task for each connection look like, and how does it stop cleanly? */
@Command(name = "echo-server", header = "A TCP server that sends back what it gets, with one task for each connection.")
public final class EchoServer implements Callable<Integer> {

    @Mixin
    private ServerOptions options = new ServerOptions(9000);

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            try (var listener = TcpListener.bind(options.host(), options.port())) {
                var serving = listener.serve(EchoServer::echo);
                var signal = Signals.next("INT", "TERM");
                var stopping = spawn("stopping", () -> stopOn(signal, listener));
                IO.println("listening on " + Addresses.text(listener.address()));
                serving.await(); // until the listener is closed
                stopping.await();
            }
        });
        return 0;
    }

    // @start region="echo"
    private static void echo(TcpStream stream) {
        var buffer = ByteBuffer.allocateDirect(16 * 1024);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await(); // goes on when the socket has taken it all
        }
    }
    // @end

    private void stopOn(Future<String> signal, TcpListener listener) {
        IO.println("stopping on SIG" + signal.await());
        int cancelled = listener.shutdown(options.grace()).await();
        IO.println("stopped; connections that had to be cancelled: " + cancelled);
    }
}

package dev.loop.examples.net;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;

import dev.loop.EventLoop;
import dev.loop.examples.cli.HostConverter;
import dev.loop.examples.cli.PortConverter;
import dev.loop.io.StreamReader;
import dev.loop.io.net.TcpStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How does a client send and receive at the same time, and how does it read what only a blocking call can read? */
@Command(name = "echo-client", header = "A TCP client that sends lines and prints the lines that come back.")
public final class EchoClient implements Callable<Integer> {

    @Option(
            names = "--host",
            paramLabel = "HOST",
            converter = HostConverter.class,
            description = "The server (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            converter = PortConverter.ToConnect.class,
            description = "Its port (default: ${DEFAULT-VALUE}).")
    private int port = 9000;

    @Parameters(
            paramLabel = "LINE",
            arity = "0..*",
            description = "What to send; if there is none, the lines of the standard input.")
    private List<String> lines = new ArrayList<>();

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            try (var stream = TcpStream.connect(host, port).await()) {
                var sending = spawn("sending", () -> send(stream));
                for (String line : new StreamReader(stream).lines()) { // each step waits, and the other task goes on
                    IO.println(line);
                }
                if (sending.isDone()) {
                    sending.await(); // throws what it failed with
                } else {
                    System.err.println("loop: the server has closed the connection");
                    sending.cancel();
                }
            }
        });
        return 0;
    }

    private void send(TcpStream stream) throws IOException {
        if (lines.isEmpty()) {
            var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String line;
            while ((line = toThread(input::readLine).await()) != null) { // here it would hold the loop
                stream.write(line + "\n").await();
            }
        } else {
            for (String line : lines) {
                stream.write(line + "\n").await();
            }
        }
        stream.closeOutput().await(); // the server sees the end, and so shall we
    }
}

package dev.loop.examples.guide;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.io.http.HttpHandlers.coroutine;

import dev.loop.EventLoop;
import dev.loop.examples.cli.Where;
import dev.loop.io.StreamReader;
import dev.loop.io.channel.Addresses;
import dev.loop.io.http.Http;
import dev.loop.io.http.HttpServers;
import dev.loop.io.net.TcpListener;
import dev.loop.io.net.TcpStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import reactor.netty.DisposableServer;

/** What does it look like when a TCP server, an HTTP server and their clients share one loop? */
@Command(
        name = "demo",
        header = "An echo server, an HTTP server and clients of both on one loop; says what happens, and where.")
public final class Demo implements Callable<Integer> {

    private int handled; // both servers count here: connections and requests

    @Override
    public Integer call() {
        EventLoop.run(() -> {
            try (var echo = TcpListener.bind("127.0.0.1", 0)) {
                echo.serve(this::echo);
                say("echo server on " + Addresses.text(echo.address()));
                DisposableServer http = HttpServers.bind(HttpServers.on(EventLoop.current())
                                .host("127.0.0.1")
                                .port(0)
                                .route(routes -> routes.get("/", coroutine((_, _) -> answer("hello", 0)))
                                        .get("/slow", coroutine((_, _) -> answer("slept", 200)))))
                        .await();
                say("HTTP server on " + Addresses.text(http.address()));

                var url = "http://" + Addresses.text(http.address());
                gather(
                                spawn("slow", () -> get(url + "/slow")), // the others do not wait for this one
                                spawn("first", () -> talk(echo.address(), "one")),
                                spawn("second", () -> talk(echo.address(), "two")),
                                spawn("quick", () -> get(url + "/")))
                        .await();

                echo.shutdown(Duration.ofSeconds(1)).await();
                HttpServers.stop(http, Duration.ofSeconds(1)).await();
                say("both servers stopped; they have counted to " + handled + " without a lock");
            }
        });
        return 0;
    }

    // --- the servers

    private void echo(TcpStream stream) {
        say("echo server has connection " + ++handled);
        var buffer = ByteBuffer.allocateDirect(1024);
        while (stream.read(buffer.clear()).await() >= 0) {
            stream.write(buffer.flip()).await();
        }
    }

    private String answer(String text, long millis) {
        say("HTTP server has request " + ++handled);
        sleep(Duration.ofMillis(millis)).await();
        return text;
    }

    // --- their clients

    private static void talk(InetSocketAddress server, String word) {
        try (var stream =
                TcpStream.connect(server.getHostString(), server.getPort()).await()) {
            stream.write(word + "\n").await();
            String answer = new StreamReader(stream).readLine().await();
            say("echo client sent '" + word + "' and got '" + answer + "'");
        }
    }

    private static void get(String url) {
        var reply = Http.get(url).await();
        say("HTTP client got " + reply.status().code() + " '" + reply.text() + "' from " + url);
    }

    private static void say(String what) {
        IO.println("[thread " + Where.thread() + "] " + what);
    }
}

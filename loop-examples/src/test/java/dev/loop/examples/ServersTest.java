package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the servers among the examples promise besides their answers: how they stop, and that nothing is lost between requests. */
class ServersTest {

    private static final Pattern COUNTER =
            Pattern.compile("counter (\\d+) = (\\d+) requests \\+ (\\d+) ticks, counted on thread main\n");

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aRequestInFlightIsAnsweredBeforeTheServerEnds(String signal) throws Exception {
        try (var server = Program.example("http-server", "--port", "0", "--slow", "1", "--grace", "30");
                var slow = ask(server.port(), "/slow")) {
            server.signal(signal);

            assertThat(rest(slow)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("slept for 1000 ms\n");
            assertThat(server.exitCode()).isZero();
            assertThat(server.lines())
                    .endsWith("stopping on SIG" + signal, "stopped; requests that had to be cut off: 0");
            assertThat(server.errors()).isEmpty();
        }
    }

    @Test
    void aRequestThatTakesLongerThanTheGracePeriodIsCutOff() throws Exception {
        try (var server = Program.example("http-server", "--port", "0", "--slow", "3600", "--grace", "0.2");
                var slow = ask(server.port(), "/slow")) {
            server.signal("TERM");

            assertThat(server.exitCode()).isZero();
            assertThat(server.lines()).endsWith("stopped; requests that had to be cut off: 1");
            assertThat(server.errors()).isEmpty();
            assertThat(rest(slow)).doesNotContain("200");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo-server", "chat"})
    void aConnectionThatGoesOnIsCancelledAfterTheGracePeriod(String name) throws Exception {
        try (var server = Program.example(name, "--port", "0", "--grace", "0.2")) {
            int port = server.port();
            try (var idle = new Socket(InetAddress.getLoopbackAddress(), port)) {
                idle.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(idle.getInputStream().read()).isPositive(); // it is being served

                server.signal("INT");

                assertThat(server.exitCode()).isZero();
                assertThat(server.errors()).isEmpty();
                assertThat(rest(idle)).endsWith("\n"); // and then the end
            }
        }
    }

    @Test
    void aServerThatStopsTakesNoMoreConnectionsAndASecondSignalEndsItAtOnce() throws Exception {
        try (var server = Program.example("http-server", "--port", "0", "--slow", "3600", "--grace", "3600")) {
            int port = server.port();
            try (var slow = ask(port, "/slow")) { // holds the server up
                server.signal("TERM");
                server.await("stopping on SIGTERM");
                awaitRefusal(port);

                server.signal("TERM");
                assertThat(server.exitCode()).isEqualTo(128 + 15);
                assertThat(rest(slow)).doesNotContain("200");
            }
        }
    }

    @Test
    void whoeverDoesNotKeepUpWithTheChatIsCutOff() throws Exception {
        try (var server = Program.example("chat", "--port", "0", "--grace", "0")) {
            int port = server.port();
            try (var silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(silent.getInputStream().read()).isPositive(); // it is in, and reads no more
                try (var talker = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    talker.getInputStream().skipNBytes("* you are guest 2 of 2\n".length());
                    var line = ("x".repeat(60_000) + "\n").getBytes(StandardCharsets.US_ASCII);
                    while (talker.getInputStream().available() == 0) {
                        talker.getOutputStream().write(line);
                    }
                    var news = talker.getInputStream().readNBytes("* guest 1 has gone\n".length());
                    assertThat(news).asString().isEqualTo("* guest 1 has gone\n");
                }
            }
            server.signal("TERM");
            assertThat(server.exitCode()).isZero();
            assertThat(server.errors()).isEmpty();
        }
    }

    @Test
    void clientsAndATaskShareAPlainCounterAndLoseNoCount() throws Exception {
        int clients = 64;
        int requests = 50;
        try (var http = HttpClient.newHttpClient();
                var server = Program.example("http-server", "--port", "0");
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int port = server.port();
            var all = new ArrayList<Future<Void>>();
            for (int i = 0; i < clients; i++) {
                Callable<Void> client = () -> {
                    for (int j = 0; j < requests; j++) {
                        assertThat(get(http, port, "/counter")).matches(COUNTER);
                    }
                    return null;
                };
                all.add(threads.submit(client));
            }
            for (var client : all) {
                client.get();
            }

            var counter = COUNTER.matcher(get(http, port, "/counter"));
            assertThat(counter.matches()).isTrue();
            int ticks = Integer.parseInt(counter.group(3));
            assertThat(Integer.parseInt(counter.group(2))).isEqualTo(clients * requests + 1);
            assertThat(Integer.parseInt(counter.group(1))).isEqualTo(clients * requests + 1 + ticks);
            assertThat(ticks).isPositive();
        }
    }

    /** Sends a request, and goes on when the server must have it: a later one has been answered. */
    private static Socket ask(int port, String path) throws IOException {
        var first = send(port, path);
        try (var second = send(port, "/")) {
            assertThat(second.getInputStream().read()).isPositive();
        }
        return first;
    }

    private static Socket send(int port, String path) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        var request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** What the server sends until it closes the connection, or cuts it. */
    private static String rest(Socket socket) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(bytes);
        } catch (SocketException e) {
            bytes.writeBytes("(reset)".getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void awaitRefusal(int port) throws IOException {
        while (true) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
            } catch (ConnectException e) {
                return;
            } catch (SocketException e) {
                // reset: it was on its way in while the listener closed; the next attempt tells
            }
        }
    }

    private static String get(HttpClient http, int port, String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return http.send(request, BodyHandlers.ofString()).body();
    }
}

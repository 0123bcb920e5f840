package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every example to its end, and looks at what it says. A new one without a run here fails. */
class ExamplesTest {

    static Stream<String> names() {
        return Main.EXAMPLES.stream().map(Main.Example::name);
    }

    @ParameterizedTest
    @MethodSource("names")
    void runs(String name) throws Exception {
        switch (name) {
            case "two-tasks" -> twoTasks();
            case "timers" -> timers();
            case "task-groups" -> taskGroups();
            case "blocking-calls" -> blockingCalls();
            case "semaphore-groups" -> semaphoreGroups();
            case "barrier" -> barrier();
            case "condition" -> condition();
            case "mono-and-tasks" -> monoAndTasks();
            case "producer-consumer" -> producerConsumer();
            case "generator" -> generator();
            case "retry" -> retry();
            case "periodic" -> periodic();
            case "rate-limit" -> rateLimit();
            case "process-pool" -> processPool();
            case "reactor-queue" -> reactorQueue();
            case "echo-server" -> echoServer();
            case "echo-client" -> echoClient();
            case "chat" -> chat();
            case "http-server" -> httpServer();
            case "fetch" -> fetch();
            case "demo" -> demo();
            default -> fail("nothing here runs the example " + name);
        }
    }

    private static void twoTasks() {
        var said = succeed("two-tasks");

        var thread = " on thread " + Thread.currentThread().getName();
        assertThat(said.lines())
                .containsExactly(
                        "one 1" + thread,
                        "two 1" + thread,
                        "one 2" + thread,
                        "two 2" + thread,
                        "one 3" + thread,
                        "two 3" + thread,
                        "total 6");
    }

    private static void timers() {
        assertThat(succeed("timers", "--virtual").lines())
                .containsExactly(
                        "  50 ms  a timer of 50 ms, set later",
                        " 100 ms  a timer of 100 ms",
                        " 200 ms  a task that slept for 200 ms",
                        " 250 ms  a sleep of a day: not done within PT0.05S");
        // the same on the real clock, where the times are not exact
        assertThat(succeed("timers").lines())
                .extracting(line -> line.replaceFirst(".* ms  ", ""))
                .hasSize(4)
                .startsWith("a timer of 50 ms, set later", "a timer of 100 ms", "a task that slept for 200 ms");
    }

    private static void taskGroups() {
        assertThat(succeed("task-groups").lines())
                .containsExactly(
                        "  price says 7",
                        "  stock says 5",
                        "all: 35",
                        "  mirror says 2",
                        "first: quick mirror",
                        "failure: the sibling has cleaned up",
                        "failure: [java.lang.IllegalStateException: the body gives up]",
                        "readiness: listening on port 8080",
                        "out of time: moved on");
    }

    private static void blockingCalls() {
        var said = succeed("blocking-calls", "--sleep", "1");

        assertThat(said.lines()).hasSize(2);
        assertThat(said.lines().getFirst()).isEqualTo("1000 tasks slept 1.00 s each, 1000 of them at the same time");
        assertThat(said.lines().getLast()).endsWith("one after another it would be 1000.00 s");
    }

    private static void reactorQueue() {
        var said = succeed("reactor-queue");

        var first = said.lines().stream()
                .takeWhile(line -> !line.startsWith("the queue"))
                .toList();
        assertThat(first).startsWith("the Flux is asked for 2").allMatch(line -> !line.endsWith("asked for 3"));
        assertThat(first.stream().filter(line -> line.contains(" takes ")).map(line -> line.replaceFirst(".* ", "")))
                .containsExactly("1", "2", "3", "4", "5", "6");
        assertThat(said.lines())
                .contains("the queue is asked for 3")
                .endsWith("the words: never more than you ask for");
    }

    private static void semaphoreGroups() {
        assertThat(succeed("semaphore-groups", "--virtual", "--tasks", "7").lines())
                .containsExactly(
                        "  0.0 s  task 1",
                        "  0.0 s  task 2",
                        "  0.0 s  task 3",
                        "  2.0 s  task 4",
                        "  2.0 s  task 5",
                        "  2.0 s  task 6",
                        "  4.0 s  task 7",
                        "  6.0 s  all done");
        // the same on the real clock, where the times are not exact
        assertThat(succeed("semaphore-groups", "--group", "2", "--tasks", "4", "--pause", "0.02")
                        .lines())
                .extracting(line -> line.replaceFirst(".* s  ", ""))
                .containsExactly("task 1", "task 2", "task 3", "task 4", "all done");
    }

    private static void barrier() {
        assertThat(succeed("barrier", "--huts", "1", "--pace", "0.05").lines())
                .containsExactly(
                        "anna arrives at hut 1",
                        "bert arrives at hut 1",
                        "cleo arrives at hut 1",
                        "  all are at hut 1, cleo was last");
        assertThat(succeed("barrier", "--huts", "3", "--pace", "0").lines()).hasSize(12);
    }

    private static void condition() {
        assertThat(succeed("condition", "--pause", "0.01").lines())
                .containsExactly(
                        "payment of 25, now: 25",
                        "bert takes 20, left: 5",
                        "payment of 25, now: 30",
                        "cleo takes 30, left: 0",
                        "payment of 25, now: 25",
                        "payment of 25, now: 50",
                        "anna takes 50, left: 0",
                        "left: 0");
    }

    private static void monoAndTasks() {
        var said = succeed("mono-and-tasks");

        assertThat(said.lines())
                .contains(
                        "a task awaited a Mono: hello, Mono",
                        "two tasks behind a Mono gave 42",
                        "a queue between both gave [one, two, three]")
                .endsWith("9 steps counted without a lock");
        assertThat(said.lines().stream().filter(line -> line.startsWith("  step")))
                .hasSize(9)
                .allMatch(line ->
                        line.endsWith(" on thread " + Thread.currentThread().getName()));
    }

    private static void producerConsumer() {
        assertThat(succeed("producer-consumer", "--virtual").lines())
                .containsSubsequence(
                        "  20 ms  producer 1  sent 1.2                [##      ] 0 waiting",
                        "  60 ms  consumer 1  used 1.1                [##      ] 3 waiting",
                        "  60 ms  producer 2  sent 2.2 after 40 ms    [##      ] 1 waiting",
                        " 160 ms  producer 3  has ended               [#       ] 0 waiting",
                        " 260 ms  consumer 1  has ended               [        ] 0 waiting")
                .endsWith("9 of 9 items arrived, at most 2 were under way; the producers waited 290 ms for room");
        // the same on the real clock, where the times are not exact
        assertThat(succeed(
                                "producer-consumer",
                                "--producers",
                                "12",
                                "--consumers",
                                "12",
                                "--items",
                                "1",
                                "--capacity",
                                "1")
                        .lines())
                .anyMatch(line -> line.contains("sent 12.1"))
                .last()
                .asString()
                .startsWith("12 of 12 items arrived, at most ");
    }

    private static void generator() {
        assertThat(succeed("generator").lines())
                .containsExactly(
                        "a loop runs tasks",
                        "a loop runs callbacks as well",
                        "and a generator needs no loop",
                        "3 of 4 lines with 'loop'");
        assertThat(succeed("generator", "values").lines())
                .containsExactly("a generator yields values", "1 of 4 lines with 'values'");

        var stdin = System.in;
        System.setIn(new ByteArrayInputStream("one\ntwo\n\nno one".getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(succeed("generator", "--stdin", "one").lines())
                    .containsExactly("one", "no one", "2 of 4 lines with 'one'");
        } finally {
            System.setIn(stdin);
        }
    }

    private static void retry() {
        assertThat(succeed("retry", "--virtual").lines())
                .containsExactly(
                        "    0 ms  attempt 1: no answer to call 1; the next one in 100 ms",
                        "  100 ms  attempt 2: no answer to call 2; the next one in 200 ms",
                        "  300 ms  attempt 3: no answer to call 3; the next one in 400 ms",
                        "the answer is 42");
        assertThat(succeed("retry", "--failures", "1", "--jitter", "FULL").lines())
                .hasSize(2)
                .endsWith("the answer is 42");

        var inVain = Said.by("retry", "--virtual", "--failures", "9", "--attempts", "2");
        assertThat(inVain.lines())
                .endsWith(
                        "  100 ms  attempt 2: no answer to call 2; that was the last one",
                        "gave up after 2 attempts in PT0.1S");
        assertThat(inVain.exitCode()).isEqualTo(1);
    }

    private static void periodic() {
        var said = succeed("periodic", "--virtual", "--count", "6");
        assertThat(said.lines())
                .extracting(line -> line.replaceFirst("^..:..:", ""))
                .containsExactly(
                        "00.000  run 1 of 6",
                        "00.400  run 2 of 6",
                        "00.800  run 3 of 6",
                        "01.000  cron * * * * * ?",
                        "01.200  run 4 of 6",
                        "01.600  run 5 of 6",
                        "02.000  cron * * * * * ?",
                        "02.000  run 6 of 6",
                        "6 runs at a fixed rate, 2 by the calendar");
        assertThat(succeed("periodic", "--count", "3", "--interval", "0.05").lines())
                .filteredOn(line -> line.contains("run"))
                .hasSize(4)
                .last()
                .asString()
                .matches("3 runs at a fixed rate, [01] by the calendar");

        var mistake = Said.by("periodic", "--cron", "* * 25 * * ?");
        assertThat(mistake.err()).contains("is wrong in its field 3, the hour '25'");
        assertThat(mistake.exitCode()).isEqualTo(2);
    }

    private static void rateLimit() {
        assertThat(succeed("rate-limit", "--virtual").lines())
                .containsExactly(
                        "    0 ms  call 1",
                        "    0 ms  call 2",
                        "    0 ms  call 3",
                        "  100 ms  call 4",
                        "  200 ms  call 5",
                        "  300 ms  call 6",
                        "  400 ms  call 7",
                        "  500 ms  call 8",
                        "8 calls, 10 in a second and 3 at once");
        assertThat(succeed("rate-limit", "--calls", "5", "--rate", "100").lines())
                .hasSize(6)
                .endsWith("5 calls, 100 in a second and 3 at once");
    }

    private static void processPool() {
        var said = succeed("process-pool", "--below", "10000", "--parts", "3", "--processes", "2");

        assertThat(said.lines()).hasSize(5);
        assertThat(said.lines().subList(0, 3))
                .extracting(line -> line.replaceFirst(", \\d+ primes", ""))
                .containsExactly("1 of 3 ranges done so far", "2 of 3 ranges done so far", "3 of 3 ranges done so far");
        assertThat(said.lines())
                .endsWith(
                        "1229 primes below 10000, counted by 2 child processes", "the ticker went on meanwhile: true");
    }

    private static void echoServer() throws Exception {
        try (var server = Program.example("echo-server", "--port", "0");
                var client = connect(server.port())) {
            client.getOutputStream().write("hello\nand good bye\n".getBytes(StandardCharsets.UTF_8));
            client.shutdownOutput();
            assertThat(text(client.getInputStream())).isEqualTo("hello\nand good bye\n");

            server.signal("INT");
            assertThat(server.exitCode()).isZero();
            assertThat(server.lines())
                    .endsWith("stopping on SIGINT", "stopped; connections that had to be cancelled: 0");
            assertThat(server.errors()).isEmpty();
        }
    }

    private static void echoClient() throws Exception {
        try (var server = Program.example("echo-server", "--port", "0")) {
            var port = Integer.toString(server.port());
            assertThat(succeed("echo-client", "--port", port, "one", "two words")
                            .lines())
                    .containsExactly("one", "two words");

            try (var client = Program.example("echo-client", "--port", port)) {
                client.type("from the standard input\nin two lines\n");
                assertThat(client.exitCode()).isZero();
                assertThat(client.lines()).containsExactly("from the standard input", "in two lines");
                assertThat(client.errors()).isEmpty();
            }
        }
    }

    private static void chat() throws Exception {
        try (var server = Program.example("chat", "--port", "0", "--grace", "0")) {
            int port = server.port();
            try (var anna = new Talker(port);
                    var bert = new Talker(port)) {
                assertThat(anna.hear()).isEqualTo("* you are guest 1 of 1");
                assertThat(bert.hear()).isEqualTo("* you are guest 2 of 2");
                assertThat(anna.hear()).isEqualTo("* guest 2 has come");
                anna.say("good morning");
                assertThat(bert.hear()).isEqualTo("guest 1: good morning");
                bert.say("and to you");
                assertThat(anna.hear()).isEqualTo("guest 2: and to you"); // and nothing of her own

                bert.close();
                assertThat(anna.hear()).isEqualTo("* guest 2 has gone");
                server.signal("TERM");
                assertThat(server.exitCode()).isZero();
                assertThat(anna.hear()).isEqualTo("* the server stops");
                assertThat(anna.hear()).isNull();
                assertThat(server.errors()).isEmpty();
            }
        }
    }

    private static void httpServer() throws Exception {
        try (var http = HttpClient.newHttpClient();
                var server = Program.example("http-server", "--port", "0", "--slow", "0.5")) {
            int port = server.port();
            assertThat(get(http, port, "/").body()).isEqualTo("hello\n");
            var json = get(http, port, "/json");
            assertThat(json.headers().firstValue("content-type")).hasValue("application/json");
            assertThat(json.body()).matches("\\{\"counter\": \\d+, \"thread\": \"main\"}\n");
            assertThat(get(http, port, "/slow").body()).isEqualTo("slept for 500 ms\n");
            assertThat(get(http, port, "/counter").body())
                    .matches("counter \\d+ = 1 requests \\+ \\d+ ticks, counted on thread main\n");
            assertThat(get(http, port, "/nothing-here").statusCode()).isEqualTo(404);

            server.signal("TERM");
            assertThat(server.exitCode()).isZero();
            assertThat(server.lines()).endsWith("stopping on SIGTERM", "stopped; requests that had to be cut off: 0");
            assertThat(server.errors()).isEmpty();
        }
    }

    private static void fetch() throws Exception {
        try (var server = Program.example("http-server", "--port", "0");
                var hanging = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var url = "http://127.0.0.1:" + server.port();
            var deaf = "http://127.0.0.1:" + hanging.getLocalPort() + "/";
            var dead = "http://no-such-host.invalid/";

            var said = Said.by(
                    "fetch", "--timeout", "2", "--limit", "3", url + "/", dead, deaf, url + "/json", url + "/x");

            assertThat(said.err()).isEmpty();
            assertThat(said.exitCode()).isEqualTo(1); // two gave no answer
            var rows = said.lines();
            assertThat(rows).hasSize(6);
            assertThat(rows.get(0)).matches(" *status +bytes +ms +url");
            assertThat(rows.get(1)).matches(" *200 +6 +\\d+  " + Pattern.quote(url + "/"));
            assertThat(rows.get(2))
                    .matches(" *error +- +\\d+  " + Pattern.quote(dead)
                            + "  .*no-such-host.invalid.* cannot be resolved.*");
            assertThat(rows.get(3)).matches(" *error +- +\\d+  " + Pattern.quote(deaf) + "  no answer within 2000 ms");
            assertThat(rows.get(4)).matches(" *200 +\\d\\d +\\d+  " + Pattern.quote(url + "/json"));
            assertThat(rows.get(5)).matches(" *404 +\\d+ +\\d+  " + Pattern.quote(url + "/x"));

            assertThat(succeed("fetch", url + "/", url + "/json").lines()).hasSize(3);
        }
    }

    private static void demo() {
        var said = succeed("demo");

        var thread = "[thread " + Thread.currentThread().getName() + "] ";
        assertThat(said.lines()).hasSize(11).allMatch(line -> line.startsWith(thread));
        assertThat(said.lines())
                .contains(
                        thread + "echo client sent 'one' and got 'one'",
                        thread + "echo client sent 'two' and got 'two'");
        assertThat(said.out()).contains("HTTP client got 200 'hello'");
        assertThat(said.lines().get(9)).contains("HTTP client got 200 'slept'"); // the last answer, asked for first
        assertThat(said.lines()).endsWith(thread + "both servers stopped; they have counted to 4 without a lock");
    }

    // --- how

    private static Said succeed(String... args) {
        var said = Said.by(args);
        assertThat(said.err()).isEmpty();
        assertThat(said.exitCode()).isZero();
        return said;
    }

    private static Socket connect(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    private static HttpResponse<String> get(HttpClient client, int port, String path)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Somebody who chats. */
    private static final class Talker implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Talker(int port) throws IOException {
            socket = connect(port);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        void say(String line) throws IOException {
            socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }

        String hear() throws IOException {
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}

package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.examples.cli.Mistakes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mistake of whoever runs a program ends it with one line on the standard error and exit code 2. */
class MistakesTest {

    @ParameterizedTest
    @ValueSource(strings = {"echo-server", "chat", "http-server"})
    void aPortInUse(String server) throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            var port = Integer.toString(taken.getLocalPort());
            assertThat(mistake(server, "--port", port))
                    .contains("127.0.0.1:" + port)
                    .contains("in use");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo-server", "chat", "http-server"})
    void aHostWithoutAnAddress(String server) {
        assertThat(mistake(server, "--host", "no-such-host.invalid", "--port", "0"))
                .contains("no-such-host.invalid")
                .doesNotContain("null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo-server", "chat", "http-server"})
    void anAddressOfAnotherMachine(String server) {
        assertThat(mistake(server, "--host", "192.0.2.1", "--port", "0")).contains("192.0.2.1:0");
    }

    @Test
    void aServerThatIsNotThere() throws IOException {
        int port;
        try (var closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = closed.getLocalPort();
        }
        assertThat(mistake("echo-client", "--port", port + "", "hello"))
                .contains("127.0.0.1:" + port)
                .contains("refused");
    }

    @Test
    void aServerNameWithoutAnAddress() {
        assertThat(mistake("echo-client", "--host", "no-such-host.invalid", "hello"))
                .contains("no-such-host.invalid")
                .contains("cannot be resolved");
    }

    @ParameterizedTest
    @CsvSource({
        "echo-server, --port, 70000, 0 to 65535",
        "echo-server, --port, -1, 0 to 65535",
        "http-server, --port, http, 0 to 65535",
        "echo-client, --port, 0, 1 to 65535",
        "chat, --grace, soon, number of seconds",
        "chat, --grace, -1, number of seconds",
        "fetch, --timeout, 1e99, number of seconds",
        "fetch, --limit, 0, from 1 to",
        "blocking-calls, --tasks, many, from 1 to",
        "http-server, --host, two words, no host",
    })
    void anOptionThatMakesNoSense(String example, String option, String value, String says) {
        assertThat(mistake(example, option, value))
                .contains("'" + value + "'")
                .contains(option)
                .contains(says)
                .contains("./loop " + example + " --help");
    }

    @Test
    void anOptionThatDoesNotExist() {
        assertThat(mistake("demo", "--fast")).contains("'--fast'").contains("./loop demo --help");
    }

    @Test
    void nothingToFetch() {
        assertThat(mistake("fetch")).contains("URL").contains("./loop fetch --help");
    }

    @Test
    void whatIsNoMistakeOfTheUserKeepsItsStackTrace() {
        assertThat(Mistakes.explain(new IllegalStateException("a bug"))).isNull();
        assertThat(Mistakes.explain(new CompletionException(new RuntimeException("a bug"))))
                .isNull();
    }

    @Test
    void aMessageIsPutOnOneLineAndTakenFromTheCauseWhereThatHasIt() {
        var failure = new CompletionException(new UncheckedIOException("two\n  lines", new IOException()));
        assertThat(Mistakes.explain(failure)).isEqualTo("two lines");
    }

    /** The one line. */
    private static String mistake(String... args) {
        var said = Said.by(args);
        assertThat(said.out()).isEmpty();
        assertThat(said.err().lines()).hasSize(1);
        assertThat(said.err()).startsWith("loop: ");
        assertThat(said.exitCode()).isEqualTo(2);
        return said.err();
    }
}

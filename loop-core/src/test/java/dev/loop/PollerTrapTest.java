package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The JDK's socket pollers are virtual threads that inherit the scheduler of whoever does the first blocking socket I/O of the
 * process: if that were a task, they would end with its loop, and all later socket I/O in virtual threads with them. It can be seen
 * once in a process only, so this test starts one.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerTrapTest {

    @Test
    void theFirstSocketReadOfTheProcessInATaskDoesNotTieTheJdkToThatLoop(@TempDir Path folder) throws Exception {
        Path said = folder.resolve("output");
        Process child = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "--add-opens",
                        "java.base/java.lang=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean ended = child.waitFor(30, TimeUnit.SECONDS);
        child.destroyForcibly();
        String output = Files.readString(said);
        assertThat(ended).as("the child ended; it said: " + output).isTrue();
        assertThat(output).contains("in a task: 42").contains("after the loop: 42");
    }

    /** The child process. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            EventLoop.run(() -> System.out.println("in a task: " + readOverASocket()));
            Thread thread = Thread.startVirtualThread(() -> {
                try {
                    System.out.println("after the loop: " + readOverASocket());
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            thread.join(10_000);
            System.exit(thread.isAlive() ? 1 : 0);
        }

        private static int readOverASocket() throws Exception {
            try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    var client = new Socket(server.getInetAddress(), server.getLocalPort());
                    var accepted = server.accept()) {
                Thread reader = Thread.currentThread();
                Thread writer = Thread.ofPlatform().start(() -> {
                    // only when the reader has had to wait: that is when the JDK needs its poller
                    while (reader.getState() != Thread.State.WAITING) {
                        Thread.onSpinWait();
                    }
                    try {
                        accepted.getOutputStream().write(42);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                int read = client.getInputStream().read();
                writer.join();
                return read;
            }
        }
    }
}

package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first generator of a process chooses its engine, for which the JDK has to run a virtual thread; on a machine with one core the
 * JDK has one carrier for all of them, and if the choosing thread waits on it, all stand still. It can be seen once in a process only.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OneCarrierTest {

    @Test
    void theFirstGeneratorOfTheProcessMayBeginOnTheOnlyCarrierOfTheJdk(@TempDir Path folder) throws Exception {
        Path said = folder.resolve("output");
        Process child = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "--add-opens",
                        "java.base/java.lang=ALL-UNNAMED",
                        "-Djdk.virtualThreadScheduler.parallelism=1",
                        "-Djdk.virtualThreadScheduler.maxPoolSize=1",
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
        assertThat(output).contains("yielded 42");
    }

    /** The child process. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            Thread thread = Thread.startVirtualThread(() -> System.out.println("yielded "
                    + Generator.<Integer>yielding(out -> out.yield(42)).next()));
            thread.join(Duration.ofSeconds(10));
            System.exit(thread.isAlive() ? 1 : 0);
        }
    }
}

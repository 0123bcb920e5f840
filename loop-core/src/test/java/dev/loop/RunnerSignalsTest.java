package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What SIGINT and SIGTERM do to a program: each test is a process of its own, which tells line by line how far it is. */
@Tag("both-engines")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunnerSignalsTest {

    private static final Duration HOUR = Duration.ofHours(1);

    /** A child process that runs one of the programs below. */
    private static final class Child implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;
        private final List<String> said = new ArrayList<>();

        Child(String program) throws IOException {
            // a process that was started in the background inherits that SIGINT is ignored
            var command = new ArrayList<>(List.of(
                    "env",
                    "--default-signal=INT,TERM",
                    System.getProperty("java.home") + "/bin/java",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-Ddev.loop.carrier=" + System.getProperty("dev.loop.carrier", "auto")));
            command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED"));
            command.addAll(List.of(Programs.class.getName(), program));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            output = process.inputReader();
        }

        /** Reads on until the program says this. */
        Child until(String line) throws IOException {
            String got;
            do {
                got = output.readLine();
                if (got == null) {
                    throw new AssertionError("the program ended without saying '" + line + "'; it said " + said);
                }
                said.add(got);
            } while (!got.equals(line));
            return this;
        }

        Child send(String signal) throws IOException, InterruptedException {
            var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()));
            assertThat(kill.start().waitFor()).isZero();
            return this;
        }

        /** What it has said, to its end. */
        List<String> ends(int exitCode) throws IOException, InterruptedException {
            output.lines().forEach(said::add);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as("exit code after %s", said).isEqualTo(exitCode);
            return said;
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    // --- SIGINT

    @Test
    void oneCancelsTheMainTaskWhichCleansUpWithWaitsOfItsOwn() throws Exception {
        try (var child = new Child("interrupted")) {
            assertThat(child.until("ready").send("INT").ends(130))
                    .containsExactly(
                            "ready",
                            "cancelled: SIGINT",
                            "cleaned up",
                            "the hook",
                            "InterruptedRunException INT: interrupted by SIGINT");
        }
    }

    @Test
    void aProgramThatLetsTheExceptionThroughEndsWithOneLine() throws Exception {
        try (var child = new Child("letsItThrough")) {
            assertThat(child.until("ready").send("INT").ends(1))
                    .containsExactly(
                            "ready",
                            "cancelled: SIGINT",
                            "Exception in thread \"main\" dev.loop.InterruptedRunException: interrupted by SIGINT");
        }
    }

    @Test
    void aMainTaskThatEndsWithAValueAllTheSameKeepsIt() throws Exception {
        try (var child = new Child("keepsItsValue")) {
            assertThat(child.until("ready").send("INT").ends(0)).containsExactly("ready", "the value");
        }
    }

    @Test
    void theSecondAbortsAndWhatIsLeftIsReported() throws Exception {
        try (var child = new Child("hangs")) {
            assertThat(child.until("ready")
                            .send("INT")
                            .until("hangs")
                            .send("INT")
                            .ends(130))
                    .contains(
                            "InterruptedRunException INT: the main task had not ended when the run was aborted: SIGINT")
                    .contains(
                            "reported: Task[main, pending] did not end before its loop was aborted and goes on outside of it")
                    .contains("reported: 1 hooks of the close did not run: SIGINT")
                    .doesNotContain("the hook");
        }
    }

    @Test
    void theThirdIsTheJvmsIfTheLoopIsStuckInAStep() throws Exception {
        try (var child = new Child("stuck")) {
            child.until("ready").send("INT").until("CANCELLED").send("INT").until("ABORTED");
            assertThat(child.send("INT").ends(130)).containsExactly("ready", "CANCELLED", "ABORTED");
        }
    }

    @Test
    void whileTheLoopClosesOneCutsTheHooksShort() throws Exception {
        try (var child = new Child("closes")) {
            assertThat(child.until("the hook hangs").send("INT").ends(0))
                    .contains("the hook was cancelled: SIGINT", "closed");
        }
    }

    // --- SIGTERM

    @Test
    void aTerminationLetsTheProgramComeToItsEnd() throws Exception {
        try (var child = new Child("server")) {
            assertThat(child.until("ready").send("TERM").ends(0))
                    .containsSubsequence("second hook", "first hook")
                    .containsSubsequence(
                            "asked to end: SIGTERM", "answered what was begun", "ended") // beside the hooks
                    .endsWith("ended");
        }
    }

    @Test
    void aTerminationThatNobodyCouldUseCancelsAtOnce() throws Exception {
        try (var child = new Child("sleeps")) {
            assertThat(child.until("ready").send("TERM").ends(143))
                    .containsExactly("ready", "cancelled: SIGTERM", "InterruptedRunException TERM: shut down: SIGTERM");
        }
    }

    @Test
    void theSecondSignalEndsTheWaitForTheProgram() throws Exception {
        try (var child = new Child("slowServer")) {
            assertThat(child.until("ready")
                            .send("TERM")
                            .until("asked to end: SIGTERM")
                            .send("TERM")
                            .ends(143))
                    .endsWith("cancelled: SIGTERM", "InterruptedRunException TERM: shut down: SIGTERM");
        }
    }

    // --- whose signals they are

    @Test
    void theProgramsOwnHandlerIsLeftAlone() throws Exception {
        try (var child = new Child("ownHandler")) {
            assertThat(child.until("ready").send("INT").ends(0)).containsExactly("ready", "own handler", "ended");
        }
    }

    @Test
    void aLoopOnAnotherThreadLeavesThemToTheJvm() throws Exception {
        try (var child = new Child("otherThread")) {
            assertThat(child.until("ready").send("INT").ends(130)).containsExactly("ready");
        }
    }

    @Test
    void severalRunnersAreAllTold() throws Exception {
        try (var child = new Child("several")) {
            assertThat(child.until("ready").send("INT").ends(0))
                    .containsExactlyInAnyOrder("ready", "cancelled: SIGINT", "cancelled: SIGINT");
        }
    }

    /** The child process. */
    static final class Programs {

        public static void main(String[] args) throws Exception {
            if (args[0].equals("letsItThrough")) {
                EventLoop.run(Programs::waitForEver);
            }
            try {
                switch (args[0]) {
                    case "interrupted" -> interrupted();
                    case "keepsItsValue" -> keepsItsValue();
                    case "hangs" -> hangs();
                    case "stuck" -> stuck();
                    case "closes" -> closes();
                    case "server" -> server(Duration.ZERO);
                    case "slowServer" -> server(HOUR);
                    case "sleeps" -> EventLoop.run(Programs::waitForEver);
                    case "ownHandler" -> ownHandler();
                    case "otherThread" ->
                        Thread.ofPlatform()
                                .start(() -> EventLoop.run(Programs::waitForEver))
                                .join();
                    case "several" -> several();
                    default -> throw new IllegalArgumentException(args[0]);
                }
            } catch (InterruptedRunException e) {
                say("InterruptedRunException " + e.signal() + ": " + e.getMessage());
                System.exit("TERM".equals(e.signal()) ? 143 : 130);
            }
            System.exit(0);
        }

        private static synchronized void say(String line) {
            System.out.println(line);
        }

        private static void waitForEver() {
            say("ready");
            try {
                Async.sleep(HOUR).await();
            } catch (CancelledException e) {
                say(e.getMessage());
                throw e;
            }
        }

        private static void interrupted() {
            EventLoop.run(() -> {
                EventLoop.current().onClose(() -> say("the hook"));
                try {
                    waitForEver();
                } finally {
                    Async.sleep(Duration.ofMillis(1)).await();
                    say("cleaned up");
                }
            });
        }

        private static void keepsItsValue() {
            say(EventLoop.run(() -> {
                say("ready");
                try {
                    return Async.sleep(HOUR).await() + "";
                } catch (CancelledException e) {
                    return "the value";
                }
            }));
        }

        private static void hangs() {
            EventLoop.run(() -> {
                EventLoop.current().setExceptionHandler((_, context) -> say("reported: " + context.message()));
                EventLoop.current().onClose(() -> say("the hook"));
                say("ready");
                try {
                    Async.sleep(HOUR).await();
                } finally {
                    say("hangs");
                    Async.sleep(HOUR).await();
                }
            });
        }

        private static void stuck() {
            try (var runner = Runner.create()) {
                Thread.ofPlatform().daemon().start(() -> {
                    for (String state : List.of("CANCELLED", "ABORTED")) {
                        while (!runner.signals.state().equals(state)) {
                            Thread.onSpinWait();
                        }
                        say(state);
                    }
                });
                runner.run(() -> {
                    say("ready");
                    while (true) {
                        Thread.onSpinWait();
                    }
                });
            }
        }

        private static void closes() {
            EventLoop.run(() -> {
                EventLoop.current().setExceptionHandler((_, context) -> say("reported: " + context.message()));
                EventLoop.current().onClose(() -> {
                    say("the hook hangs");
                    try {
                        Async.sleep(HOUR).await();
                    } catch (CancelledException e) {
                        say("the hook was " + e.getMessage().replace("the event loop is closing", "SIGINT"));
                    }
                });
            });
            say("closed");
        }

        private static void server(Duration work) {
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                loop.onClose(() -> say("first hook"));
                loop.onClose(() -> {
                    Async.sleep(Duration.ofMillis(1)).await();
                    say("second hook");
                });
                Future<String> end = loop.shutdownRequested();
                say("ready");
                say("asked to end: " + end.await());
                try {
                    Async.sleep(work).await();
                    Async.sleep(Duration.ofMillis(20)).await();
                } catch (CancelledException e) {
                    say(e.getMessage());
                    throw e;
                }
                say("answered what was begun");
            });
            say("ended");
        }

        private static void several() throws Exception {
            var ready = new CountDownLatch(2);
            var threads = new ArrayList<Thread>();
            for (int i = 0; i < 2; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try (var runner = Runner.builder().signals(true).build()) {
                        runner.run(() -> {
                            ready.countDown();
                            Async.sleep(HOUR).await();
                        });
                    } catch (InterruptedRunException e) {
                        say("cancelled: SIG" + e.signal());
                    }
                }));
            }
            ready.await();
            say("ready");
            for (Thread thread : threads) {
                thread.join();
            }
        }

        /** By reflection, because javac warns of each mention of these classes. */
        private static void ownHandler() throws Exception {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            var came = new CountDownLatch(1);
            Object own = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                say("own handler");
                came.countDown();
                return null;
            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("INT"), own);
            EventLoop.run(() -> {
                say("ready");
                Async.toThread(() -> {
                            came.await();
                            return null;
                        })
                        .await();
                say("ended");
            });
        }
    }
}

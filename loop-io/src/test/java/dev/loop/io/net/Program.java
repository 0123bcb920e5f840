package dev.loop.io.net;

import static dev.loop.Async.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program that a test has started, and ends by this handle. Its output is read off the loop, because a pipe holds the thread. */
record Program(Process process) implements AutoCloseable {

    /** A Python script; the test is skipped where there is no Python. */
    static Program python(String script, Object... arguments) {
        var command = new ArrayList<>(List.of("python3", "-u", "-c", script));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return start(command);
    }

    /** A main class of the tests, in a JVM of its own; with a limit of open files, or 0. */
    static Program java(int openFiles, Class<?> main, Object... arguments) {
        var java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(java::add);
        if (openFiles == 0) {
            return start(java);
        }
        var limited = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + openFiles + " && exec \"$@\"", "sh"));
        limited.addAll(java);
        return start(limited);
    }

    /** Any program; the test is skipped where it is not installed. */
    static Program start(List<String> command) {
        try {
            return new Program(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            assumeTrue(false, command.getFirst() + " is not installed: " + e.getMessage());
            throw new UncheckedIOException(e);
        }
    }

    /** The next line of what it prints. In a task. */
    String line() {
        return toThread(() -> process.inputReader().readLine()).await();
    }

    /** All that it prints, given an input; it must end well. In a task. */
    String outputToTheEnd(String input) {
        return toThread(() -> {
                    try (var out = process.outputWriter()) {
                        out.write(input);
                    }
                    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    assertThat(process.waitFor()).isZero();
                    return output;
                })
                .await();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(); // nothing survives that
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

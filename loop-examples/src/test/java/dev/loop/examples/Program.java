package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Java program in a process of its own, on the class path of the tests: for what needs signals, or has to end by itself. */
final class Program implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final Path errors;
    private final List<String> lines = new ArrayList<>();

    private Program(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        output = process.inputReader();
    }

    /** Starts an example as the launcher does. */
    static Program example(String... args) throws IOException {
        var all = new ArrayList<>(List.of(Main.class.getName()));
        all.addAll(List.of(args));
        return java(all);
    }

    /** Starts java with these arguments after the options that every program on the loop needs. */
    static Program java(List<String> args) throws IOException {
        // Programs started in the background inherit an ignored SIGINT, and so would this one.
        var command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(
                List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))));
        command.addAll(args);
        Path errors = Files.createTempFile("program", ".err");
        return new Program(
                new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
    }

    /** Reads lines until one begins with this, and gives the rest of that one. */
    String await(String beginning) throws IOException {
        String line;
        while ((line = output.readLine()) != null) {
            lines.add(line);
            if (line.startsWith(beginning)) {
                return line.substring(beginning.length());
            }
        }
        throw new AssertionError(
                "ended without a line that begins with '" + beginning + "': " + lines + "\n" + errors());
    }

    /** The port that a server says it listens on. */
    int port() throws IOException {
        String address = await("listening on 127.0.0.1:");
        return Integer.parseInt(address);
    }

    /** Sends a signal, INT for instance. */
    void signal(String name) throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Gives it lines to read, and the end of its input. */
    void type(String text) throws IOException {
        try (var input = process.outputWriter()) {
            input.write(text);
        }
    }

    /** Waits for its end. */
    int exitCode() throws IOException, InterruptedException {
        output.lines().forEach(lines::add);
        return process.waitFor();
    }

    /** What it has printed, as far as it was read. */
    List<String> lines() {
        return lines;
    }

    /** What it has written to the standard error. */
    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(errors);
    }
}

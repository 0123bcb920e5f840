package dev.loop.thread;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a child is started: the java of this JVM, the options of the pool, the class path of this program. The class path goes through an
 * argument file, because it may be longer than a command line can be.
 *
 * @param options for the JVM
 * @param classPath as {@code java.class.path} has it
 */
record ChildCommand(List<String> options, String classPath) {

    static final String OWN_CLASS_PATH = System.getProperty("java.class.path", "");

    /** A process that was started, and the file that it reads its class path from; to be deleted when it has. */
    record Started(Process process, Path arguments) {}

    Started start() throws IOException {
        Path arguments = Files.createTempFile("loop-child", ".args");
        try {
            Files.writeString(arguments, "-cp " + quoted(absolute(classPath)) + "\n");
            var command = new ArrayList<String>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("-XX:+DisplayVMOutputToStderr"); // the JVM itself must not write between the frames
            command.add("-Dstderr.encoding=UTF-8"); // as it is read
            command.addAll(options);
            command.add("@" + arguments);
            command.add(ChildMain.class.getName());
            return new Started(new ProcessBuilder(command).start(), arguments);
        } catch (IOException e) {
            Files.deleteIfExists(arguments);
            throw e;
        }
    }

    /** Entries that hold wherever the child begins; those of a jar's manifest are relative to the jar. */
    static String absolute(String classPath) {
        return Stream.of(classPath.split(File.pathSeparator, -1))
                .map(entry -> entry.endsWith("*")
                        ? Path.of(entry.substring(0, entry.length() - 1)).toAbsolutePath() + File.separator + "*"
                        : Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** As the launcher reads argument files. */
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}

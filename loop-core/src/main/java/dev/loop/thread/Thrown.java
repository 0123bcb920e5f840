package dev.loop.thread;

import java.io.IOException;
import java.io.Serializable;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a job has thrown in its child: as it is, and as text for when that cannot come over. */
final class Thrown implements Serializable {

    private static final long serialVersionUID = 1L;

    private final byte @Nullable [] serialized;
    private final String type;
    private final String text;
    private final StackTraceElement[] stack;
    private final String trace;
    private final boolean spent;

    private Thrown(byte @Nullable [] serialized, Throwable error) {
        this.serialized = serialized;
        type = error.getClass().getName();
        text = text(error);
        stack = error.getStackTrace();
        trace = trace(error);
        spent = error instanceof OutOfMemoryError;
    }

    static Thrown of(Throwable error) {
        byte[] serialized = null;
        if (!isOfTheJvm(error)) {
            try {
                serialized = Wire.serialize(error);
            } catch (IOException | RuntimeException | LinkageError | StackOverflowError e) {
                // then it comes over as text
            }
        }
        return new Thrown(serialized, error);
    }

    /** Whether the JVM that threw it should not be used any more. */
    boolean isSpent() {
        return spent;
    }

    /** As it says itself, if it can. */
    private static String text(Throwable error) {
        try {
            return error.toString();
        } catch (RuntimeException e) {
            return error.getClass().getName();
        }
    }

    /** With its causes, as the JVM prints it. */
    private static String trace(Throwable error) {
        var text = new StringBuilder();
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable e = error; e != null && seen.add(e); e = e.getCause()) {
            text.append(e == error ? "" : "Caused by: ").append(text(e)).append('\n');
            for (StackTraceElement frame : e.getStackTrace()) {
                text.append("\tat ").append(frame).append('\n');
            }
        }
        return text.toString();
    }

    /** Thrown here, it would be taken for an error of this JVM, and stop the loop. */
    private static boolean isOfTheJvm(Throwable error) {
        return error instanceof VirtualMachineError || error instanceof LinkageError;
    }

    /** What is thrown in its place here: its frames are marked as those of the child, and those of the submission follow. */
    Throwable toThrowable(long pid, Throwable submission) {
        Throwable error = null;
        if (serialized != null) {
            try {
                error = (Throwable) Wire.deserialize(serialized);
            } catch (IOException | ClassNotFoundException | RuntimeException | LinkageError | StackOverflowError e) {
                error = null; // it is serializable in name only
            }
        }
        if (error == null) {
            error = new ChildFailureException(type, text, trace);
            error.setStackTrace(stack);
        }
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable e = error; e != null && seen.add(e); e = e.getCause()) {
            e.setStackTrace(marked(pid, e.getStackTrace()));
        }
        error.setStackTrace(Stream.concat(Stream.of(error.getStackTrace()), Stream.of(submission.getStackTrace()))
                .toArray(StackTraceElement[]::new));
        return error;
    }

    private static StackTraceElement[] marked(long pid, StackTraceElement[] stack) {
        return Stream.of(stack)
                .map(e -> new StackTraceElement(
                        "child " + pid,
                        e.getModuleName(),
                        e.getModuleVersion(),
                        e.getClassName(),
                        e.getMethodName(),
                        e.getFileName(),
                        e.getLineNumber()))
                .toArray(StackTraceElement[]::new);
    }
}

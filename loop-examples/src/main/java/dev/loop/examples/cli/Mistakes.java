package dev.loop.examples.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Tells what whoever runs a program can put right (a port in use, a name that nobody knows, a server that is not there) from a fault
 * of the program. The library's exceptions name the address, the cause and what to do, so their message is all there is to say.
 */
public final class Mistakes {

    private Mistakes() {}

    /**
     * What to say about a failure.
     *
     * @param failure what ended the program
     * @return one line, or null for a fault of the program, which deserves its stack trace
     */
    public static @Nullable String explain(Throwable failure) {
        Throwable cause = failure.getCause();
        return switch (failure) {
            case CompletionException _ when cause != null -> explain(cause);
            case ExecutionException _ when cause != null -> explain(cause);
            case UncheckedIOException e -> oneLine(e);
            case IOException e -> oneLine(e);
            case dev.loop.TimeoutException e -> oneLine(e);
            default -> null;
        };
    }

    /**
     * The message of a failure without line breaks.
     *
     * @param failure what happened
     * @return one line, never empty
     */
    public static String oneLine(Throwable failure) {
        String message = failure.getMessage();
        return (message == null ? failure.toString() : message).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}

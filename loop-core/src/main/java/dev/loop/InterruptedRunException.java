package dev.loop;

import org.jspecify.annotations.Nullable;

/**
 * A run was ended from outside before its main task had come to an end of its own: by a signal of the process or by
 * {@link EventLoop#requestShutdown}. It has no stack, so that a program which lets it through ends with one line. What exit code follows
 * from it is the program's choice; a shell expects 128 and the number of the signal (130 after a SIGINT, 143 after a SIGTERM).
 */
public final class InterruptedRunException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The name of the signal, if it was one. */
    private final @Nullable String signal;

    InterruptedRunException(String message, @Nullable String signal) {
        super(message, null, true, false);
        this.signal = signal;
    }

    /**
     * The signal that ended the run.
     *
     * @return its name, such as {@code INT} or {@code TERM}; null if it was none
     */
    public @Nullable String signal() {
        return signal;
    }
}

package dev.loop.thread;

import org.jspecify.annotations.Nullable;

/** A job cannot be sent to a child process, or what it returns cannot come back. The message names the type that is in the way. */
public final class JobSerializationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    JobSerializationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

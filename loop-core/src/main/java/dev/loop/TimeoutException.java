package dev.loop;

import java.time.Duration;

/** A deadline passed before the work was done. Unchecked, unlike the JDK's class of this name. */
public final class TimeoutException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what took too long, and how long it was allowed to take
     */
    public TimeoutException(String message) {
        super(message);
    }

    /**
     * With a message and the cancel that ended the work.
     *
     * @param message what took too long, and how long it was allowed to take
     * @param cause the cancel as the work saw it
     */
    public TimeoutException(String message, Throwable cause) {
        super(message, cause);
    }

    static TimeoutException after(Duration limit) {
        return new TimeoutException("not done within " + limit);
    }

    static TimeoutException after(Duration limit, Throwable cause) {
        return new TimeoutException("not done within " + limit, cause);
    }
}

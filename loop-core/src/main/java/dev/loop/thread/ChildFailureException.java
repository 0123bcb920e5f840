package dev.loop.thread;

/**
 * What a job threw in its child process and what cannot be thrown here as it is: because it is not serializable, or because it is an
 * error of that JVM ({@link OutOfMemoryError}, {@link StackOverflowError}, a {@link LinkageError}) that must not be taken for one of this
 * JVM. Its stack is the one of the child.
 */
public final class ChildFailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The class of what was thrown. */
    private final String type;

    /** Its whole stack trace, with its causes. */
    private final String trace;

    ChildFailureException(String type, String text, String trace) {
        super(text);
        this.type = type;
        this.trace = trace;
    }

    /**
     * The class of what was thrown in the child.
     *
     * @return its name
     */
    public String type() {
        return type;
    }

    /**
     * The stack trace as the child would have printed it, with the causes.
     *
     * @return several lines
     */
    public String trace() {
        return trace;
    }
}

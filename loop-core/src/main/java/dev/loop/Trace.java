package dev.loop;

/** A stack that is told beside a failure, as a throwable that is never thrown: this is how loggers print a stack. */
final class Trace extends Throwable {

    private static final long serialVersionUID = 1L;

    /** A stack that was taken elsewhere. */
    Trace(String message, StackTraceElement[] stack) {
        super(message, null, false, true);
        setStackTrace(stack);
    }

    /** The stack of the caller. */
    Trace(String message) {
        super(message, null, false, true);
    }
}

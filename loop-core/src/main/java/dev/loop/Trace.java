package dev.loop;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

    /** As lines of a log, which follow one that says something else. */
    String asText() {
        return asText(getMessage(), List.of(getStackTrace()));
    }

    static String asText(@Nullable String message, List<StackTraceElement> stack) {
        return stack.stream().map(frame -> "\n\tat " + frame).collect(Collectors.joining("", "; " + message, ""));
    }
}

package dev.loop;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A stack that is told beside a failure, as a throwable that is never thrown: this is how loggers print a stack. */
final class Trace extends Throwable {

    private static final long serialVersionUID = 1L;

    /** The classes by which user code reaches the kernel, and what they are made of. */
    private static final Set<String> KERNEL = Stream.of(
                    EventLoop.class,
                    Scheduling.class,
                    Inspection.class,
                    Kernel.class,
                    Probe.class,
                    Async.class,
                    Runner.class,
                    Future.class,
                    Promise.class,
                    HookedPromise.class,
                    SleepFuture.class,
                    Task.class,
                    TaskStep.class,
                    Handle.class,
                    ReadyHandle.class,
                    ThreadsafeHandle.class,
                    TimerHandle.class,
                    TimerCallback.class)
            .map(Class::getName)
            .collect(Collectors.toUnmodifiableSet());

    /** A stack that was taken elsewhere. */
    Trace(String message, StackTraceElement[] stack) {
        super(message, null, false, true);
        setStackTrace(stack);
    }

    /** The stack of the caller. */
    Trace(String message) {
        super(message, null, false, true);
    }

    static boolean isKernel(String className) {
        return KERNEL.contains(className);
    }

    /** From where the kernel was called, innermost first. */
    List<StackTraceElement> frames() {
        return Arrays.stream(getStackTrace())
                .dropWhile(frame -> isKernel(frame.getClassName()))
                .toList();
    }

    /** As lines of a log, which follow one that says something else. */
    String asText() {
        return asText(getMessage(), frames());
    }

    static String asText(@Nullable String message, List<StackTraceElement> stack) {
        return stack.stream().map(frame -> "\n\tat " + frame).collect(Collectors.joining("", "; " + message, ""));
    }
}

package dev.loop;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is said to a thread that may not touch a loop: what it has called, and what it should call instead. */
final class WrongThread {

    private static final Set<String> CHECKS =
            Set.of("refuseOtherThreads", "calledFromOutside", "checkThread", "checkUsable", "refusal", "callingMethod");

    private static final Map<String, String> INSTEAD = Map.of(
            "callSoon", "use callSoonThreadsafe",
            "complete", "use completeThreadsafe",
            "tryComplete", "use completeThreadsafe",
            "fail", "use failThreadsafe",
            "tryFail", "use failThreadsafe",
            "result", "use await(), or toCompletableFuture()",
            "exception", "use await(), or toCompletableFuture()",
            "addDoneCallback", "use toCompletableFuture()",
            "addWaiter", "use toCompletableFuture()");

    private WrongThread() {}

    static WrongThreadException refusal(Kernel loop) {
        String method = callingMethod();
        String instead = INSTEAD.getOrDefault(
                method, "have it called on the loop: callSoonThreadsafe(() -> …" + method + "(…))");
        return new WrongThreadException(loop + ": " + method + " was called from " + Thread.currentThread()
                + ", but only the loop's tasks and callbacks may; from another thread " + instead);
    }

    /** The method that was called from outside of the kernel. */
    private static String callingMethod() {
        List<StackWalker.StackFrame> frames = StackWalker.getInstance()
                .walk(stack -> stack.dropWhile(frame -> CHECKS.contains(frame.getMethodName()))
                        .limit(8)
                        .toList());
        String method = frames.getFirst().getMethodName();
        for (StackWalker.StackFrame frame : frames) {
            if (!Trace.isKernel(frame.getClassName())) {
                break;
            }
            method = frame.getMethodName();
        }
        return method;
    }
}

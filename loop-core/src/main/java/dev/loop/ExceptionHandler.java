package dev.loop;

/** What a loop tells of failures that have nobody else to go to. It runs as a callback, on the loop virtual thread. */
@FunctionalInterface
public interface ExceptionHandler {

    /**
     * Deals with one failure. If it throws, the failure and what it threw are logged.
     *
     * @param loop where it happened
     * @param context what happened
     */
    void handle(EventLoop loop, ExceptionContext context);
}

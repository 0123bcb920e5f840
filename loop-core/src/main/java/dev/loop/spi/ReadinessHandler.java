package dev.loop.spi;

/**
 * What the kernel calls when a registered channel is ready.
 *
 * <p>It runs on the loop's platform thread in the middle of a poll. It must not block, take a lock that user code can hold, run
 * user code, log, or close the poller: its whole work is to do the non-blocking I/O and complete promises, or to hand the event
 * to {@code EventLoop.callSoon}. It may change interest bits and cancel registrations.
 */
@FunctionalInterface
public interface ReadinessHandler {

    /**
     * Tells that the channel is ready.
     *
     * @param ops the bits of {@link Interest} that are ready; never {@link Interest#NONE}
     */
    void ready(int ops);
}

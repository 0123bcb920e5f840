package dev.loop.testing;

/**
 * A test's tasks wait for something that can never come: nothing is ready, no timer runs, and nothing outside is waited for. The
 * message tells {@linkplain dev.loop.debug.CallGraph who waits for whom}, and names circles.
 */
public final class DeadlockError extends AssertionError {

    private static final long serialVersionUID = 1L;

    DeadlockError(String message) {
        super(message);
    }
}

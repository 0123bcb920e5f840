package dev.loop.generator;

import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;

/** How a failure of a body reaches its consumer, and the other way round. */
final class Failures {

    private Failures() {}

    /**
     * For a consumer: unchecked as it is, checked as a cause, as {@code Future.await} has it. An interrupt stays what it is, because
     * the body was interrupted in the place of the consumer.
     */
    static RuntimeException rethrow(Throwable error) {
        if (error instanceof InterruptedException) {
            throw Failures.<RuntimeException>sneaky(error);
        }
        if (error instanceof RuntimeException e) {
            throw e;
        }
        if (error instanceof Error e) {
            throw e;
        }
        throw new CompletionException(error);
    }

    /** A body must not seem to have ended when something in it has. */
    static IllegalStateException notTheEnd(Object generator, NoSuchElementException error) {
        return new IllegalStateException(
                "the body of " + generator + " has thrown a NoSuchElementException, which would pass for its end",
                error);
    }

    /** For a body: as it is, checked or not, so that the {@code catch} that is meant gets it. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <X extends Throwable> RuntimeException sneaky(Throwable error) throws X {
        throw (X) error;
    }
}

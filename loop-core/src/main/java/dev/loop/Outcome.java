package dev.loop;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** How a future ended, as the one object that it stores: the value itself, {@link #NIL}, a {@link Failed} or a {@link Cancelled}. */
final class Outcome {

    /** The value null. */
    static final Object NIL = new Object();

    private Outcome() {}

    static Object of(@Nullable Object value) {
        return value == null ? NIL : value;
    }

    /** The outcome of something that threw. */
    static Object thrown(Throwable error) {
        return error instanceof CancelledException c ? new Cancelled(c.reason(), c.canceller()) : new Failed(error);
    }

    /** Throws what an {@code await()} throws for this failure: unchecked as it is, checked as a cause. */
    static RuntimeException rethrow(Throwable error) {
        if (error instanceof RuntimeException e) {
            throw e;
        }
        if (error instanceof Error e) {
            throw e;
        }
        throw new CompletionException(error);
    }

    /** A failure as text, also if it cannot tell its own. */
    static String text(Throwable error) {
        try {
            return error.toString();
        } catch (RuntimeException e) {
            return error.getClass().getName();
        }
    }

    /** What must not be swallowed: it stops the loop. */
    static boolean isFatal(Throwable error) {
        return error instanceof VirtualMachineError || error instanceof LinkageError;
    }

    /** A failure, and whether anybody has looked at it. */
    static final class Failed {
        final Throwable error;
        Reports.@Nullable Unretrieved unretrieved;
        boolean looked;

        @Nullable Trace created; // in debug mode: where the future was made

        Failed(Throwable error) {
            this.error = error;
        }

        /** Whether the loop throws it to whoever runs it, so that it cannot go unseen. */
        boolean isFatal() {
            return Outcome.isFatal(error);
        }

        void retrieved() {
            looked = true;
            Reports.Unretrieved u = unretrieved;
            if (u != null) {
                unretrieved = null;
                u.retrieved();
            }
        }
    }

    /** A cancel. */
    record Cancelled(@Nullable String reason, @Nullable CancelTrace canceller) {
        Cancelled(@Nullable String reason) {
            this(reason, null);
        }

        CancelledException toException() {
            return new CancelledException(reason, null, canceller);
        }
    }
}

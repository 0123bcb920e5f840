package dev.loop.reactor;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Result;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Operators;
import reactor.core.publisher.SynchronousSink;
import reactor.util.context.Context;

/** How a future that is done has ended, in Reactor's terms. On the loop. */
final class Outcomes {

    private Outcomes() {}

    /** The failure or the cancel; null if there is a value. It does not count as reading the value. */
    static @Nullable Throwable failure(Future<?> done) {
        try {
            return done.exception();
        } catch (CancelledException e) {
            return e;
        }
    }

    /** A checked exception that direct style has had to wrap, as it was. */
    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : null;
        return cause == null || cause instanceof RuntimeException || cause instanceof Error ? failure : cause;
    }

    /** Gives what nobody wants any more to Reactor's hooks. */
    static void discard(Future<?> done, Context context) {
        Throwable error = failure(done);
        if (error == null) {
            Operators.onDiscard(done.result(), context); // which passes over null
        } else if (!(error instanceof CancelledException)) {
            Operators.onErrorDropped(error, context);
        }
    }

    /** What a {@code gatherDelayError} hands on when all have ended. */
    static <T> void valuesOrFailures(List<Result<@Nullable T>> results, SynchronousSink<List<@Nullable T>> sink) {
        var values = new ArrayList<@Nullable T>(results.size());
        var failures = new ArrayList<Throwable>();
        for (Result<@Nullable T> result : results) {
            switch (result) {
                case Result.Value<@Nullable T> value -> values.add(value.value());
                case Result.Failure<@Nullable T> failure -> failures.add(failure.error());
                case Result.Cancelled<@Nullable T> cancel -> failures.add(new CancelledException(cancel.reason()));
            }
        }
        if (failures.isEmpty()) {
            sink.next(Collections.unmodifiableList(values));
        } else {
            sink.error(failures.size() == 1 ? failures.getFirst() : Exceptions.multiple(failures));
        }
    }
}

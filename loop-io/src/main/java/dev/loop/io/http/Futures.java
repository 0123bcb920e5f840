package dev.loop.io.http;

import dev.loop.Future;
import org.jspecify.annotations.Nullable;

/** Futures of Monos that are never empty. */
final class Futures {

    private Futures() {}

    /** The same future, known to have a value if it succeeds. */
    @SuppressWarnings("NullAway") // only the nullness changes
    static <T> Future<T> present(Future<@Nullable T> future) {
        return future;
    }
}

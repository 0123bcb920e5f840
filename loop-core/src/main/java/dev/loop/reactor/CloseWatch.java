package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Promise;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * For a subscriber that belongs to another thread, which may be blocked until it hears something: it hears of the loop's close. To
 * the loop this is a thread that waits from outside, as in any other conversion. It belongs to the loop's thread.
 */
final class CloseWatch {

    private final Promise<@Nullable Void> open;

    /**
     * Begins to watch.
     *
     * @param closed is told when the loop closes, on the thread that closes it
     */
    CloseWatch(EventLoop loop, Consumer<Throwable> closed) {
        open = loop.promise();
        var _ = open.toCompletableFuture().whenComplete((_, failure) -> {
            if (failure != null) {
                closed.accept(failure);
            }
        });
    }

    /** Ends it: the subscriber needs to hear nothing more. */
    void stop() {
        open.tryComplete(null);
    }
}

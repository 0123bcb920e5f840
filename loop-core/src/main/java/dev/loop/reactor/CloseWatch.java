package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.LoopLocal;
import dev.loop.Promise;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * For a subscriber that belongs to another thread, which may be blocked until it hears something: it hears of the loop's close. It
 * belongs to the loop's thread.
 */
final class CloseWatch {

    private static final LoopLocal<Quiet> QUIET = LoopLocal.of(Quiet::new);

    private final @Nullable Promise<@Nullable Void> open;
    private final @Nullable Set<Consumer<Throwable>> quiet;
    private final Consumer<Throwable> closed;

    /**
     * Begins to watch.
     *
     * @param waits whether to the loop this is a thread that waits from outside, as in any other conversion. Who subscribed while it
     *     did not run may be the one who runs it, and then time may jump
     * @param closed is told when the loop closes, on the thread that closes it
     */
    CloseWatch(EventLoop loop, boolean waits, Consumer<Throwable> closed) {
        this.closed = closed;
        if (!waits) {
            open = null;
            quiet = QUIET.get(loop).told;
            quiet.add(closed);
            return;
        }
        quiet = null;
        open = loop.promise();
        var _ = open.toCompletableFuture().whenComplete((_, failure) -> {
            if (failure != null) {
                closed.accept(failure);
            }
        });
    }

    /** Ends it: the subscriber needs to hear nothing more. */
    void stop() {
        if (open != null) {
            open.tryComplete(null);
        }
        if (quiet != null) {
            quiet.remove(closed);
        }
    }

    /** Those that do not count. */
    private record Quiet(EventLoop loop, Set<Consumer<Throwable>> told) implements AutoCloseable {

        Quiet(EventLoop loop) {
            this(loop, new LinkedHashSet<>());
        }

        @Override
        public void close() {
            for (Consumer<Throwable> closed : new ArrayList<>(told)) {
                try {
                    closed.accept(CallbackThread.closed(loop));
                } catch (Throwable e) {
                    Operators.onErrorDropped(e, Context.empty());
                }
            }
        }
    }
}

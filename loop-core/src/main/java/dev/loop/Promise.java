package dev.loop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A future that somebody completes by hand. Made by {@link EventLoop#promise()}.
 *
 * <p>Completing it puts what waits for it into the ready queue and returns; nothing of it runs inside the call. It belongs to
 * its loop's thread, except the methods whose names end in {@code Threadsafe}.
 *
 * @param <T> the value
 */
public class Promise<T extends @Nullable Object> extends Future<T> {

    Promise(EventLoop loop) {
        super(loop);
    }

    /**
     * Ends it with a value.
     *
     * @param value the value
     * @throws InvalidStateException if it is done already
     */
    public final void complete(T value) {
        if (!tryComplete(value)) {
            throw alreadyDone();
        }
    }

    /**
     * Ends it with a value, unless it is done.
     *
     * @param value the value
     * @return false if it was done already
     */
    @CanIgnoreReturnValue
    public final boolean tryComplete(T value) {
        loop.checkThread();
        return finish(Outcome.of(value));
    }

    /**
     * Ends it with a failure. A {@link CancelledException} makes it cancelled.
     *
     * @param error the failure
     * @throws InvalidStateException if it is done already
     */
    public final void fail(Throwable error) {
        if (!tryFail(error)) {
            throw alreadyDone();
        }
    }

    /**
     * Ends it with a failure, unless it is done.
     *
     * @param error the failure; a {@link CancelledException} makes it cancelled
     * @return false if it was done already
     */
    @CanIgnoreReturnValue
    public final boolean tryFail(Throwable error) {
        loop.checkThread();
        Objects.requireNonNull(error, "error");
        return outcome == null && finish(Outcome.thrown(error));
    }

    /**
     * Ends it with a value, from any thread, at the loop's next turn, unless it is done by then. Nothing happens if the loop has
     * closed.
     *
     * @param value the value
     */
    public final void completeThreadsafe(T value) {
        loop.submit(() -> finish(Outcome.of(value)));
    }

    /**
     * Ends it with a failure, from any thread, at the loop's next turn, unless it is done by then. Nothing happens if the loop
     * has closed.
     *
     * @param error the failure; a {@link CancelledException} makes it cancelled
     */
    public final void failThreadsafe(Throwable error) {
        Objects.requireNonNull(error, "error");
        loop.submit(() -> {
            if (outcome == null) {
                finish(Outcome.thrown(error));
            }
        });
    }

    @Override
    @CanIgnoreReturnValue
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        return outcome == null && finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
    }

    private InvalidStateException alreadyDone() {
        return new InvalidStateException("completed twice: " + this);
    }
}

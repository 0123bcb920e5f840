package dev.loop;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Ends a wait, and in the end a task, that was cancelled. Catch it only to clean up, and let it go on.
 *
 * <p>The reason says why, and the stack is that of the wait which ended. In {@linkplain EventLoop#setDebug debug mode} it has a cause,
 * whose stack is that of the canceller.
 */
public final class CancelledException extends CancellationException {

    private static final long serialVersionUID = 1L;

    /** The scope that absorbs it, if the cancel came through one. */
    private final transient @Nullable CancelScope scope;

    /** Why, for people. */
    private final @Nullable String reason;

    /** A cancel without a reason. */
    public CancelledException() {
        this(null, null, null);
    }

    /**
     * A cancel with a reason.
     *
     * @param reason why, for people; null if there is none
     */
    public CancelledException(@Nullable String reason) {
        this(reason, null, null);
    }

    CancelledException(@Nullable String reason, @Nullable CancelScope scope, @Nullable CancelTrace canceller) {
        super(reason == null ? "cancelled" : "cancelled: " + reason);
        if (canceller != null) {
            initCause(canceller);
        }
        this.reason = reason;
        this.scope = scope;
    }

    /**
     * Why, as the canceller said.
     *
     * @return the reason, or null if none was given
     */
    public @Nullable String reason() {
        return reason;
    }

    @Nullable CancelTrace canceller() {
        return getCause() instanceof CancelTrace canceller ? canceller : null;
    }

    @Nullable CancelScope scope() {
        return scope;
    }
}

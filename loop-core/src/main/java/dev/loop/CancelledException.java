package dev.loop;

import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Ends a wait, and in the end a task, that was cancelled. Catch it only to clean up, and let it go on.
 *
 * <p>It has no stack of the canceller: the reason says why, and the stack is that of the wait which ended.
 */
public final class CancelledException extends CancellationException {

    private static final long serialVersionUID = 1L;

    /** The scope that absorbs it, if the cancel came through one. */
    private final transient @Nullable CancelScope scope;

    /** Why, for people. */
    private final @Nullable String reason;

    /** A cancel without a reason. */
    public CancelledException() {
        this(null, null);
    }

    /**
     * A cancel with a reason.
     *
     * @param reason why, for people; null if there is none
     */
    public CancelledException(@Nullable String reason) {
        this(reason, null);
    }

    CancelledException(@Nullable String reason, @Nullable CancelScope scope) {
        super(reason == null ? "cancelled" : "cancelled: " + reason);
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

    @Nullable CancelScope scope() {
        return scope;
    }
}

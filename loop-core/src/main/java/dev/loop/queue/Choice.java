package dev.loop.queue;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Select} has come to: the clause that won, with what it got. It has happened, whether its code is run or not.
 *
 * @param <R> what the code of the clause returns
 */
@CheckReturnValue
public final class Choice<R extends @Nullable Object> {

    private final Clause<? extends R> clause;
    private final int index;
    private final @Nullable Object value;
    private final @Nullable ChannelClosedException closed;

    Choice(Clause<? extends R> clause, int index, @Nullable Object value, @Nullable ChannelClosedException closed) {
        this.clause = clause;
        this.index = index;
        this.value = value;
        this.closed = closed;
    }

    /**
     * Which clause won.
     *
     * @return its place among the arguments, from 0
     */
    public int index() {
        return index;
    }

    /**
     * Runs the code of the clause, here.
     *
     * @return what it returns
     */
    @CanIgnoreReturnValue
    public R run() {
        return closed != null ? clause.runClosed(closed) : clause.run(value);
    }

    @Override
    public String toString() {
        return "Choice[clause " + index + "]";
    }
}

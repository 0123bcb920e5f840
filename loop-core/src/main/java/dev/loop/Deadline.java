package dev.loop;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.Immutable;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A point in the time of a loop, by which something has to be done. Unlike a limit in a {@link Duration} it can be handed on: work
 * that has three parts gives each of them the same deadline. Immutable; deadlines of different clocks cannot be compared.
 */
@Immutable
@CheckReturnValue
public final class Deadline {

    private static final Deadline NEVER = new Deadline(0);

    private final long when;

    private Deadline(long when) {
        this.when = when;
    }

    /**
     * A time from now, on the clock of the loop that runs the caller.
     *
     * @param limit from now; zero or negative is now; too long for nanoseconds is never
     * @return the deadline
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static Deadline after(Duration limit) {
        return after(EventLoop.current(), limit);
    }

    static Deadline after(EventLoop loop, Duration limit) {
        long nanos = Durations.nanos(limit);
        return nanos == Durations.FOREVER ? NEVER : new Deadline(loop.now() + nanos);
    }

    /**
     * A point in the time of a loop.
     *
     * @param when nanoseconds, on the scale of {@link EventLoop#time()}
     * @return the deadline
     */
    public static Deadline at(long when) {
        return new Deadline(when);
    }

    /**
     * The deadline that does not come.
     *
     * @return one object
     */
    public static Deadline never() {
        return NEVER;
    }

    /**
     * Whether this is the deadline that does not come.
     *
     * @return true for {@link #never()}
     */
    public boolean isNever() {
        return this == NEVER;
    }

    /**
     * The point in time.
     *
     * @return nanoseconds, on the scale of {@link EventLoop#time()}
     * @throws IllegalStateException for {@link #never()}
     */
    public long when() {
        if (isNever()) {
            throw new IllegalStateException("Deadline.never() is no point in time: ask isNever() first");
        }
        return when;
    }

    /**
     * How much time is left, on the clock of the loop that runs the caller.
     *
     * @return the time; negative if it has passed, and as long as can be for {@link #never()}
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Duration remaining() {
        return isNever()
                ? Duration.ofSeconds(Long.MAX_VALUE)
                : Duration.ofNanos(when - EventLoop.current().now());
    }

    /**
     * Whether it has come, on the clock of the loop that runs the caller.
     *
     * @return true from that instant on
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public boolean hasPassed() {
        return !isNever() && EventLoop.current().now() - when >= 0;
    }

    /**
     * The nearer one of this and another deadline of the same clock.
     *
     * @param other the other one
     * @return one of the two
     */
    public Deadline orEarlier(Deadline other) {
        if (isNever()) {
            return other;
        }
        return other.isNever() || when - other.when <= 0 ? this : other;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Deadline d && !isNever() && !d.isNever() && d.when == when);
    }

    @Override
    public int hashCode() {
        return isNever() ? 0 : Objects.hash(when);
    }

    @Override
    public String toString() {
        return isNever() ? "Deadline[never]" : "Deadline[" + when + " ns]";
    }
}

package dev.loop.flow;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelledException;
import dev.loop.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The settings of a {@link Retry}. Made by {@link Retry#builder()}. Not thread-safe. */
@CheckReturnValue
public final class RetryBuilder {

    private static final List<Class<? extends Throwable>> NEVER = List.of(
            CancelledException.class, InterruptedException.class, VirtualMachineError.class, LinkageError.class);

    int attempts = 3;
    Backoff backoff = new Backoff(100_000_000L, 2, 10_000_000_000L, Jitter.NONE);
    Supplier<RandomGenerator> random = ThreadLocalRandom::current;

    @Nullable Duration limit;

    Deadline deadline = Deadline.never();

    @Nullable Duration attemptLimit;

    @Nullable Function<? super Throwable, ? extends @Nullable Duration> delayFrom;

    @Nullable Consumer<? super Retry.FailedAttempt> listener;

    private final List<Predicate<? super Throwable>> again = new ArrayList<>();
    private final List<Class<? extends Throwable>> aborts = new ArrayList<>();

    RetryBuilder() {}

    /**
     * How many attempts are made at most, the first one included.
     *
     * @param most at least 1; by default 3. {@link Integer#MAX_VALUE} is as good as no limit.
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder attempts(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least 1 attempt is made, not " + most);
        }
        attempts = most;
        return this;
    }

    /**
     * Waits the same time after each failure.
     *
     * @param delay zero or longer; with zero the others still have their turn
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder delay(Duration delay) {
        long nanos = Nanos.notNegative(delay, "the delay between attempts");
        backoff = new Backoff(nanos, 1, nanos, backoff.jitter());
        return this;
    }

    /**
     * Waits longer after each failure: after the n-th it is {@code initial * factor}<sup>n-1</sup>, and never more than the cap.
     *
     * @param initial after the first failure, zero or longer; by default 100 ms
     * @param factor by how much it grows, at least 1; by default 2
     * @param cap the most, not shorter than the initial delay; by default 10 s
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder backoff(Duration initial, double factor, Duration cap) {
        long first = Nanos.notNegative(initial, "the initial delay");
        if (!(factor >= 1) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("the factor of a back-off is at least 1, not " + factor);
        }
        long most = Nanos.notNegative(cap, "the cap of a back-off");
        if (most < first) {
            throw new IllegalArgumentException(
                    "the cap of a back-off is not shorter than its initial delay: " + cap + " is less than " + initial);
        }
        backoff = new Backoff(first, factor, most, backoff.jitter());
        return this;
    }

    /**
     * Brings chance into the delays.
     *
     * @param kind by default {@link Jitter#NONE}; whatever many clients call wants {@link Jitter#FULL}
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder jitter(Jitter kind) {
        backoff = new Backoff(backoff.initial(), backoff.factor(), backoff.cap(), Objects.requireNonNull(kind, "kind"));
        return this;
    }

    /**
     * Where the chance comes from; with one of a known seed the delays can be told.
     *
     * @param generator by default that of the thread. It is shared by all calls, so a policy that several loops use needs a
     *     thread-safe one.
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder random(RandomGenerator generator) {
        Objects.requireNonNull(generator, "generator");
        random = () -> generator;
        return this;
    }

    /**
     * The time that all attempts and delays have together, from the call on; as {@link #deadline(Deadline)}.
     *
     * @param all longer than zero; too long for nanoseconds is no limit
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder within(Duration all) {
        Nanos.positive(all, "the time for all attempts");
        limit = all;
        return this;
    }

    /**
     * When it must be over. No attempt begins at that time or after it: a delay that would last until then is not begun either, and
     * the failure is thrown at once. An attempt that still goes on then is cancelled, and fails with a
     * {@link dev.loop.TimeoutException}.
     *
     * @param end on the clock of the loop that calls; with {@link #within} too, the earlier one counts
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder deadline(Deadline end) {
        deadline = Objects.requireNonNull(end, "end");
        return this;
    }

    /**
     * The time that each attempt has. One that takes longer is cancelled, and fails with a {@link dev.loop.TimeoutException}; whether
     * it is tried again is asked as for any other failure.
     *
     * @param each longer than zero; by default there is no limit
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder attemptTimeout(Duration each) {
        Nanos.positive(each, "the time for an attempt");
        attemptLimit = each;
        return this;
    }

    /**
     * Tries again after these failures. By default every {@link Exception} is tried again and no {@link Error}; what is said here and
     * by {@link #retryIf} takes the place of that, and adds up.
     *
     * @param types the classes, with their subclasses
     * @return this
     * @throws IllegalArgumentException for a class that is never tried again: cancels, interrupts and fatal errors
     */
    @CanIgnoreReturnValue
    @SafeVarargs
    public final RetryBuilder retryOn(Class<? extends Throwable>... types) {
        for (Class<? extends Throwable> type : types) {
            for (Class<? extends Throwable> never : NEVER) {
                if (never.isAssignableFrom(type)) {
                    throw new IllegalArgumentException("a " + type.getName() + " is never tried again, because "
                            + (never == CancelledException.class || never == InterruptedException.class
                                    ? "somebody wants the work to end"
                                    : "the program cannot go on after it"));
                }
            }
            again.add(type::isInstance);
        }
        return this;
    }

    /**
     * Tries again after failures that look so; see {@link #retryOn}.
     *
     * @param test is asked in the task that calls, but not about cancels, interrupts and fatal errors
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder retryIf(Predicate<? super Throwable> test) {
        again.add(Objects.requireNonNull(test, "test"));
        return this;
    }

    /**
     * Does not try again after these failures, whatever else was said.
     *
     * @param types the classes, with their subclasses
     * @return this
     */
    @CanIgnoreReturnValue
    @SafeVarargs
    public final RetryBuilder abortOn(Class<? extends Throwable>... types) {
        for (Class<? extends Throwable> type : types) {
            aborts.add(Objects.requireNonNull(type, "type"));
        }
        return this;
    }

    /**
     * Lets a failure say when to try again, as a {@code Retry-After} of HTTP does. Its delay takes the place of the back-off, without
     * jitter and cap.
     *
     * @param delay is asked in the task that calls; gives null for a failure that says nothing, and what has passed (is negative)
     *     counts as zero
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder delayFrom(Function<? super Throwable, ? extends @Nullable Duration> delay) {
        delayFrom = Objects.requireNonNull(delay, "delay");
        return this;
    }

    /**
     * Tells of each attempt that fails, before the delay.
     *
     * @param told is called in the task that calls; a second listener takes the place of the first
     * @return this
     */
    @CanIgnoreReturnValue
    public RetryBuilder onFailure(Consumer<? super Retry.FailedAttempt> told) {
        listener = Objects.requireNonNull(told, "told");
        return this;
    }

    /**
     * Makes the policy. This can be used on, for another one.
     *
     * @return a policy with these settings
     */
    public Retry build() {
        return new Retry(this);
    }

    /** Which failures are tried again. */
    Predicate<Throwable> test() {
        List<Predicate<? super Throwable>> any =
                again.isEmpty() ? List.of(Exception.class::isInstance) : List.copyOf(again);
        List<Class<? extends Throwable>> none = List.copyOf(aborts);
        return failure -> none.stream().noneMatch(type -> type.isInstance(failure))
                && any.stream().anyMatch(test -> test.test(failure));
    }

    /** What is never tried again. */
    static boolean isNever(Throwable failure) {
        return NEVER.stream().anyMatch(type -> type.isInstance(failure));
    }
}

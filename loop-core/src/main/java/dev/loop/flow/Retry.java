package dev.loop.flow;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Async;
import dev.loop.Body;
import dev.loop.Deadline;
import dev.loop.VoidBody;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A policy for work that may fail and is worth another try: how often, after which failures, and how long to wait in between.
 *
 * {@snippet class="dev.loop.flow.FlowSnippetsTest" region="retry"}
 *
 * <p>If it gives up it throws the last failure. That one has, as suppressed, a note of how many attempts there were and in how long, and
 * the failures before it, the latest eight of them. A failure that is not to be tried again is thrown at once.
 *
 * <p>A cancel is no failure: it ends the attempt, or the back-off, and nothing is tried again. The same holds for interrupts, and for
 * fatal errors ({@link VirtualMachineError}, {@link LinkageError}).
 *
 * <p>Immutable, as far as the functions and the random generator that it was given are; any number of tasks may use it at a time. Times
 * are those of the loop that calls.
 */
@CheckReturnValue
public final class Retry {

    final int attempts;
    final Backoff backoff;
    final Supplier<RandomGenerator> random;
    final @Nullable Duration attemptLimit;
    final Predicate<Throwable> again;
    final @Nullable Function<? super Throwable, ? extends @Nullable Duration> delayFrom;
    final @Nullable Consumer<? super FailedAttempt> listener;
    private final @Nullable Duration limit;
    private final Deadline deadline;

    Retry(RetryBuilder settings) {
        attempts = settings.attempts;
        backoff = settings.backoff;
        random = settings.random;
        limit = settings.limit;
        deadline = settings.deadline;
        attemptLimit = settings.attemptLimit;
        again = settings.test();
        delayFrom = settings.delayFrom;
        listener = settings.listener;
    }

    /**
     * A policy to be made: unless told otherwise three attempts, 100 ms and 200 ms apart, after every {@link Exception}.
     *
     * @return the settings
     */
    public static RetryBuilder builder() {
        return new RetryBuilder();
    }

    /**
     * Runs code in this task, again if it fails.
     *
     * @param body the code, run in place at each attempt
     * @param <T> what it returns
     * @param <X> what it throws
     * @return what the first attempt that did not fail returned
     * @throws X the failure of the last attempt
     * @throws dev.loop.TimeoutException if that one took too long, or the deadline had passed before the first one
     * @throws dev.loop.CancelledException if the task was cancelled
     * @throws IllegalStateException outside of a task
     */
    @CanIgnoreReturnValue
    public <T extends @Nullable Object, X extends Throwable> T call(Body<T, X> body) throws X {
        Objects.requireNonNull(body, "body");
        var loop = Async.currentTask().loop();
        var end = limit == null ? deadline : deadline.orEarlier(Deadline.after(limit));
        return new Attempts(this, loop, end).call(body);
    }

    /**
     * Runs code in this task, again if it fails; as {@link #call(Body)}.
     *
     * @param body the code, run in place at each attempt
     * @param <X> what it throws
     * @throws X the failure of the last attempt
     * @throws dev.loop.TimeoutException if that one took too long, or the deadline had passed before the first one
     * @throws dev.loop.CancelledException if the task was cancelled
     * @throws IllegalStateException outside of a task
     */
    public <X extends Throwable> void run(VoidBody<X> body) throws X {
        Objects.requireNonNull(body, "body");
        Body<@Nullable Void, X> call = () -> {
            body.run();
            return null;
        };
        call(call);
    }

    @Override
    public String toString() {
        return "Retry[" + attempts + (attempts == 1 ? " attempt, " : " attempts, ")
                + Duration.ofNanos(backoff.initial())
                + " x " + backoff.factor() + " up to " + Duration.ofNanos(backoff.cap()) + ", jitter "
                + backoff.jitter() + "]";
    }

    /**
     * An attempt that has failed.
     *
     * @param attempt its number; the first one is 1
     * @param failure what it has thrown
     * @param elapsed the time since the call
     * @param nextDelay how long until the next attempt; null if there is none, and the failure is thrown
     */
    public record FailedAttempt(
            int attempt,
            Throwable failure,
            Duration elapsed,
            @Nullable Duration nextDelay) {}
}

package dev.loop.flow;

import dev.loop.Body;
import dev.loop.CancelScope;
import dev.loop.CancelledException;
import dev.loop.Deadline;
import dev.loop.EventLoop;
import dev.loop.TimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The attempts of one call of a {@link Retry}. It belongs to its task. */
final class Attempts {

    private static final int KEPT = 8;

    /** A failure object that is thrown again and again must not grow for ever. */
    private static final int MOST_SUPPRESSED = 32;

    private final Retry policy;
    private final EventLoop loop;
    private final Deadline end;
    private final long begin;
    private final ArrayDeque<Throwable> earlier = new ArrayDeque<>();
    private int number;
    private int leftOut;
    private long delay;

    Attempts(Retry policy, EventLoop loop, Deadline end) {
        this.policy = policy;
        this.loop = loop;
        this.end = end;
        begin = loop.time();
    }

    <T extends @Nullable Object, X extends Throwable> T call(Body<T, X> body) throws X {
        if (isTooLate()) {
            throw new TimeoutException("no attempt was begun: the deadline has passed");
        }
        while (true) {
            number++;
            try {
                return attempt(body);
            } catch (Throwable failure) {
                if (RetryBuilder.isNever(failure) || !goesOn(failure)) {
                    throw failure;
                }
                backOff(failure);
                if (isTooLate()) { // the loop was held up
                    complete(failure, ": the deadline has passed before the next one could begin");
                    throw failure;
                }
            }
        }
    }

    private boolean isTooLate() {
        return !end.isNever() && end.when() - loop.time() <= 0;
    }

    private <T extends @Nullable Object, X extends Throwable> T attempt(Body<T, X> body) throws X {
        Duration each = policy.attemptLimit;
        if (each == null && end.isNever()) {
            return body.run();
        }
        boolean endIsFirst = !end.isNever() && (each == null || end.when() - loop.time() <= Nanos.of(each));
        CancelScope scope = each == null || endIsFirst ? CancelScope.withDeadline(end) : CancelScope.within(each);
        return scope.about("attempt " + number).callOrFail(body);
    }

    /** Whether there is another attempt; otherwise the failure is completed by what is to be told with it. */
    private boolean goesOn(Throwable failure) {
        try {
            String why = whyNot(failure);
            var listener = policy.listener;
            if (listener != null) {
                var next = why == null ? Duration.ofNanos(delay) : null;
                listener.accept(new Retry.FailedAttempt(number, failure, elapsed(), next));
            }
            if (why != null) {
                complete(failure, why);
            }
            return why == null;
        } catch (Throwable fault) { // of a function that the policy was given
            suppress(fault, failure);
            throw fault;
        }
    }

    /** Why this failure is the last one; null if it is not, and then the delay is set. */
    private @Nullable String whyNot(Throwable failure) {
        if (!policy.again.test(failure)) {
            return ": this failure is none that is tried again";
        }
        if (number >= policy.attempts) {
            return "";
        }
        Duration asked = policy.delayFrom == null ? null : policy.delayFrom.apply(failure);
        long next = asked == null ? policy.backoff.delay(number, delay, policy.random.get()) : Nanos.of(asked);
        if (!end.isNever() && end.when() - loop.time() <= next) {
            return ": the next one, after " + Duration.ofNanos(next) + ", would be too late for the deadline";
        }
        delay = next;
        return null;
    }

    private void backOff(Throwable failure) {
        earlier.addLast(failure);
        if (earlier.size() > KEPT) {
            earlier.removeFirst();
            leftOut++;
        }
        try {
            loop.sleep(Duration.ofNanos(delay)).await();
        } catch (CancelledException e) {
            suppress(e, failure); // what was to be tried again
            throw e;
        }
    }

    private void complete(Throwable last, String why) {
        if (earlier.isEmpty() && why.indexOf("deadline") < 0) {
            return; // nothing was tried again
        }
        String attempts = number == 1 ? "1 attempt" : number + " attempts";
        String rest = leftOut == 0 ? "" : "; the first " + leftOut + " failures are left out here";
        suppress(last, new RetryNote("gave up after " + attempts + " in " + elapsed() + why + rest));
        earlier.forEach(failure -> suppress(last, failure));
    }

    private Duration elapsed() {
        return Duration.ofNanos(loop.time() - begin);
    }

    private static void suppress(Throwable in, Throwable what) {
        Throwable[] there = in.getSuppressed();
        if (in != what && there.length < MOST_SUPPRESSED && Arrays.stream(there).noneMatch(t -> t == what)) {
            in.addSuppressed(what);
        }
    }

    /** Stands among the suppressed ones of a failure, and says what was done about it. */
    private static final class RetryNote extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RetryNote(String message) {
            super(message, null, false, false);
        }
    }
}

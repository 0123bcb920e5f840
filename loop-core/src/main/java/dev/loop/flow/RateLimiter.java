package dev.loop.flow;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Alarm;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how often something is done: a token bucket on the loop's clock. Permits come at a steady rate, and as many as a burst
 * are saved up while nobody wants them; it begins with all of them. In any stretch of time no more is granted than a burst and what
 * comes at the rate meanwhile (and in one nanosecond, to which instants are rounded).
 *
 * {@snippet class="dev.loop.flow.FlowSnippetsTest" region="rate"}
 *
 * <p>It is fair: first come, first served. Nobody overtakes a task that waits, not even with a smaller request or with
 * {@link #tryAcquire()}. A wait that is cancelled gives up its place, and those behind it have their permits as much earlier. One that
 * was granted its permits and is cancelled before anybody has read it gives them back, less what has come at the rate since the grant.
 * Permits are not released: they are used up.
 *
 * <p>Permits are granted at exact nanoseconds, without drift: the n-th permit at a rate of three in a second comes when n thirds of a
 * second have passed, rounded up once. The algorithm is the generic cell rate algorithm (ITU-T I.371, virtual scheduling). However many
 * wait, there is one timer.
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public final class RateLimiter implements Resource {

    private final EventLoop loop;
    private final Bucket bucket;
    private final WaitQueue<@Nullable Void, Request> waiters;
    private final Alarm alarm;
    private long granted;
    private boolean settling;

    /**
     * A limiter of the current loop, whose burst is what comes in a period.
     *
     * @param permits how many come in a period, at least 1
     * @param period longer than zero
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public RateLimiter(int permits, Duration period) {
        this(EventLoop.current(), permits, period, permits);
    }

    /**
     * A limiter of the current loop.
     *
     * @param permits how many come in a period, at least 1
     * @param period longer than zero
     * @param burst how many are saved up at most, and the most that can be asked for at once, at least 1; with 1 they are evenly spaced
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public RateLimiter(int permits, Duration period, int burst) {
        this(EventLoop.current(), permits, period, burst);
    }

    /**
     * A limiter of a loop.
     *
     * @param loop whose tasks use it
     * @param permits how many come in a period, at least 1
     * @param period longer than zero
     * @param burst how many are saved up at most, and the most that can be asked for at once, at least 1; with 1 they are evenly spaced
     */
    public RateLimiter(EventLoop loop, int permits, Duration period, int burst) {
        this.loop = loop;
        bucket = new Bucket(permits, period, burst, loop.time());
        waiters = new WaitQueue<>(loop, (_, request, _) -> giveBack(request), this, _ -> settle());
        alarm = new Alarm(loop, this::settle);
    }

    /**
     * Waits for one permit.
     *
     * @return done when it is granted
     */
    public Future<@Nullable Void> acquire() {
        return acquire(1);
    }

    /**
     * Waits for permits, which are granted together.
     *
     * @param permits how many, at least 1 and no more than the burst
     * @return done when they are granted. Those that are there at once are used up with this call; the others can be given back by a
     *     cancel until somebody has read the wait.
     * @throws IllegalArgumentException if they are more than the burst: they would never be there together
     */
    public Future<@Nullable Void> acquire(int permits) {
        if (tryAcquire(permits)) {
            return loop.done();
        }
        var wait = waiters.park(new Request(permits));
        if (waiters.size() == 1) {
            settle();
        }
        return wait;
    }

    /**
     * Takes one permit if it is there and nobody waits.
     *
     * @return false if it is not
     */
    public boolean tryAcquire() {
        return tryAcquire(1);
    }

    /**
     * Takes permits if they are there and nobody waits.
     *
     * @param permits how many, at least 1 and no more than the burst
     * @return false if they are not, and none is taken
     * @throws IllegalArgumentException if they are more than the burst: they would never be there together
     */
    public boolean tryAcquire(int permits) {
        loop.checkThread();
        if (permits < 1 || permits > bucket.burst()) {
            throw refusal(permits);
        }
        return waiters.isEmpty() && take(permits, loop.time());
    }

    private IllegalArgumentException refusal(int permits) {
        return new IllegalArgumentException(
                permits < 1
                        ? "one asks for at least 1 permit, not " + permits
                        : permits + " permits are more than the burst of " + bucket.burst()
                                + ", so they would never be there together: ask for fewer at a time, or make the burst"
                                + " larger");
    }

    private boolean take(int permits, long now) {
        if (bucket.timeTo(permits, now) > 0) {
            return false;
        }
        bucket.take(permits, now);
        granted += permits;
        return true;
    }

    /**
     * Changes the rate from now on. The permits that are there stay, and who waits has its permits by the new rate. The burst stays
     * what it is.
     *
     * @param permits how many come in a period, at least 1
     * @param period longer than zero
     */
    public void setRate(int permits, Duration period) {
        loop.checkThread();
        bucket.changeRate(permits, period, loop.time());
        settle();
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures, as of now
     */
    public Statistics statistics() {
        loop.checkThread();
        long now = loop.time();
        int next = waiters.isEmpty() ? 1 : waiters.firstAttachment().permits;
        return new Statistics(
                bucket.permits(),
                bucket.period(),
                bucket.burst(),
                bucket.available(now),
                waiters.size(),
                granted,
                Duration.ofNanos(bucket.timeTo(next, now)));
    }

    /** What a waiter no longer wants; those behind it are served earlier. Inside a cancel. */
    private void giveBack(Request request) {
        bucket.giveBack(request.permits, request.granted, loop.time());
        granted -= request.permits;
        settle();
    }

    /** Nobody: what is used up does not come back. */
    @Override
    public Collection<Task<?>> holders() {
        return List.of();
    }

    /** Grants what can be granted now, and has the alarm go off for the next. On any thread of the loop's, the platform thread too. */
    private void settle() {
        if (settling) {
            return; // a grant has cancelled another wait here; whoever grants goes on by itself
        }
        settling = true;
        while (!waiters.isEmpty()) {
            Request first = waiters.firstAttachment();
            long now = loop.time();
            if (!take(first.permits, now)) {
                alarm.set(now + bucket.timeTo(first.permits, now));
                break;
            }
            first.granted = now;
            waiters.grant(null);
        }
        if (waiters.isEmpty()) {
            alarm.clear();
        }
        settling = false;
    }

    @Override
    public String toString() {
        return "RateLimiter[" + bucket.permits() + " in " + bucket.period() + ", burst " + bucket.burst() + ", "
                + waiters.size() + " waiting on " + loop.name() + "]";
    }

    /** What a waiter asks for. */
    private static final class Request {
        private final int permits;
        private long granted; // when

        Request(int permits) {
            this.permits = permits;
        }
    }

    /**
     * How a limiter stands.
     *
     * @param permits how many come in a period
     * @param period how long that is
     * @param burst how many are saved up at most
     * @param available how many are there now; those who wait have not got them yet
     * @param waiting how many waits there are
     * @param granted how many permits were granted so far, without those that were given back
     * @param untilNext the time until the first who waits has its permits, or, if nobody waits, until one is there; zero for now
     */
    public record Statistics(
            int permits, Duration period, int burst, int available, int waiting, long granted, Duration untilNext) {}
}

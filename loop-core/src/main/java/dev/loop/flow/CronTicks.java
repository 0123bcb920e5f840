package dev.loop.flow;

import dev.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Ticks by the wall clock. They are worked out one by one, from the one before and the time at that moment.
 *
 * <p>If the clock is set back by less than three hours nothing that has run comes again; if it is set back further, the new time
 * counts at once. That is the rule of Vixie cron.
 */
final class CronTicks implements Ticks {

    /** Says when an expression is next. */
    interface Times {
        /** The first one after an instant; null if there is none. */
        @Nullable Instant after(Instant instant);

        /** The last one before an instant; null if there is none. */
        @Nullable Instant before(Instant instant);
    }

    private static final Duration CORRECTION = Duration.ofHours(3);

    /** So many missed ticks are counted one by one; working them out takes time. */
    private static final int MOST_COUNTED = 1000;

    private final Times times;
    private final int catchUp;
    private Instant last; // tick or, at first, the start: only later ones count
    private @Nullable Instant next;
    private boolean begun;
    private long skipped;

    CronTicks(Times times, int catchUp, EventLoop loop) {
        this.times = times;
        this.catchUp = catchUp;
        last = loop.clock().now();
        next = times.after(last);
    }

    /** Whether there is any tick. */
    boolean any() {
        return next != null;
    }

    @Override
    public boolean advance(EventLoop loop) {
        Instant now = loop.clock().now();
        if (!begun) {
            begun = true;
        } else if (next != null) {
            last = next;
            next = isCorrected(now) ? times.after(now) : nextUnlessMissed(now);
        }
        return next != null;
    }

    /** The next tick that is not before now, or one of the latest that are and are caught up with. */
    private @Nullable Instant nextUnlessMissed(Instant now) {
        var missed = new ArrayDeque<Instant>();
        Instant tick = times.after(last);
        for (int i = 0; tick != null && tick.isBefore(now); i++) {
            if (i == MOST_COUNTED) {
                skipped += missed.size();
                Instant latest = catchUp > 0 ? times.before(now) : null;
                return latest != null ? latest : times.after(now.minusNanos(1));
            }
            missed.addLast(tick);
            if (missed.size() > catchUp) {
                missed.removeFirst();
                skipped++;
            }
            tick = times.after(tick);
        }
        return missed.isEmpty() ? tick : missed.getFirst();
    }

    private boolean isCorrected(Instant now) {
        return last.isAfter(now.plus(CORRECTION));
    }

    @Override
    public long left(EventLoop loop) {
        Instant now = loop.clock().now();
        if (isCorrected(now)) {
            last = now;
            next = times.after(now);
        }
        return next == null ? Nanos.FOREVER : Wall.nanosBetween(now, next);
    }

    @Override
    public long skipped() {
        return skipped;
    }

    @Override
    public long longestWait() {
        return Wall.LONGEST_WAIT;
    }
}

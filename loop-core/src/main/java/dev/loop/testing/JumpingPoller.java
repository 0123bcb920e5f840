package dev.loop.testing;

import dev.loop.EventLoop;
import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link TestLoop} waits. If only time can wake the loop, time jumps; if nothing can, the loop stops as deadlocked. While
 * there are real channels, or work outside of the loop, it waits on real time, and the clock moves with it.
 */
final class JumpingPoller implements Poller {

    /** A deadline of a century is none: nobody can be waiting for it. */
    private static final long NEVER = Long.MAX_VALUE / 4;

    /** How many polls of a busy loop a seed may leave out, one after another. */
    private static final int MOST_SKIPPED = 3;

    private final ManualClock clock;
    private final IdleWaits idleWaits;
    private final RealTimeWaits realTimeWaits;
    private final @Nullable SplittableRandom turnsOfEvents; // null without a seed
    private final Poller real = new SelectorPoller();
    private @Nullable EventLoop loop;
    private long events; // of channels, so far
    private int skipped;
    private boolean deadlocked;
    private boolean stopsWhenIdle;
    private long target = -1; // where the clock is to stop; -1 for nowhere

    JumpingPoller(ManualClock clock, IdleWaits idleWaits, RealTimeWaits realTimeWaits, @Nullable Long seed) {
        this.clock = clock;
        this.idleWaits = idleWaits;
        this.realTimeWaits = realTimeWaits;
        turnsOfEvents = seed == null ? null : new SplittableRandom(~seed);
    }

    void drives(EventLoop driven) {
        loop = driven;
    }

    /** Has the loop stop when nothing is left to do up to this time, and the clock stand there. */
    void stopAt(long nanos) {
        target = nanos;
    }

    /** Has the loop stop when nothing is left to do without time that passes. */
    void stopWhenIdle(boolean stops) {
        stopsWhenIdle = stops;
    }

    boolean takeDeadlock() {
        boolean was = deadlocked;
        deadlocked = false;
        return was;
    }

    @Override
    public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
        return real.register(channel, ops, ready -> {
            events++;
            handler.ready(ready);
        });
    }

    @Override
    public void poll(long timeoutNanos) {
        EventLoop l = loop;
        if (l == null) {
            throw new IllegalStateException("this poller drives no loop yet");
        }
        if (timeoutNanos != 0) {
            idle(l, timeoutNanos < 0 ? NEVER : Math.min(timeoutNanos, NEVER));
        } else if (!skips()) {
            real.poll(0);
        }
    }

    /** Which turn of a busy loop hears of an event is promised to nobody. */
    private boolean skips() {
        if (turnsOfEvents == null || skipped >= MOST_SKIPPED || turnsOfEvents.nextBoolean()) {
            skipped = 0;
            return false;
        }
        skipped++;
        return true;
    }

    /** Nothing is ready and no timer is due. */
    private void idle(EventLoop l, long untilTimer) {
        boolean works = l.externalWork() > 0;
        if (works && realTimeWaits.found(l)) {
            real.poll(0); // reading a task's stack may have made it ready: no sleep before the loop has looked again
            return;
        }
        long left = target < 0 ? NEVER : Math.max(0, target - clock.nanoTime());
        long cushion = Math.min(idleWaits.shortest(), NEVER);
        long limit = Math.min(Math.min(untilTimer, left), stopsWhenIdle && !works ? 0 : cushion);
        long eventsBefore = events;
        long passed = limit;
        if (works || real.registrations() > 0) {
            long before = Clock.system().nanoTime();
            real.poll(limit < NEVER ? limit : -1);
            passed = Clock.system().nanoTime() - before;
            if (limit != 0) {
                clock.advanceNanos(passed);
            }
        } else if (limit < NEVER) {
            clock.advanceNanos(limit);
        } else {
            deadlocked = true;
            l.stop();
            return;
        }
        boolean quiet = events == eventsBefore && passed >= limit;
        if (quiet && limit == cushion && cushion < untilTimer) {
            idleWaits.over(cushion); // whom it wakes has its turns before anything stops
            return;
        }
        if (quiet && stopsWhenIdle && limit == 0) {
            l.stop();
        }
        if (target >= 0 && clock.nanoTime() - target >= 0 && untilTimer > left) {
            l.stop();
        }
    }

    /** On the thread that drives the loop; time jumps as in a poll. */
    @Override
    public boolean await(long timeoutNanos) {
        EventLoop l = loop;
        if (l == null) {
            throw new IllegalStateException("this poller drives no loop yet");
        }
        if (timeoutNanos == 0 || real.registrations() > 0 || l.externalWork() > 0) {
            long before = Clock.system().nanoTime();
            boolean ready = real.await(timeoutNanos);
            if (timeoutNanos != 0) {
                clock.advanceNanos(Clock.system().nanoTime() - before);
            }
            return ready;
        }
        if (timeoutNanos < 0 || timeoutNanos >= NEVER) {
            throw new DeadlockError("nothing is ready, no timer runs, and nothing outside is waited for");
        }
        clock.advanceNanos(timeoutNanos);
        return false;
    }

    @Override
    public void wakeup() {
        real.wakeup();
    }

    @Override
    public int registrations() {
        return real.registrations();
    }

    @Override
    public void close() {
        real.close();
    }
}

package dev.loop.testing;

import dev.loop.EventLoop;
import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link TestLoop} waits. If only time can wake the loop, time jumps; if nothing can, the loop stops as deadlocked. While
 * there are real channels, or work outside of the loop, it waits on real time, and the clock moves with it.
 */
final class JumpingPoller implements Poller {

    /** A deadline of a century is none: nobody can be waiting for it. */
    private static final long FOREVER = Long.MAX_VALUE / 4;

    private final ManualClock clock;
    private final Poller real = new SelectorPoller();
    private @Nullable EventLoop loop;
    private boolean deadlocked;
    private long target = -1; // where the clock is to stop; -1 for nowhere

    JumpingPoller(ManualClock clock) {
        this.clock = clock;
    }

    void drives(EventLoop driven) {
        loop = driven;
    }

    /** Has the loop stop when nothing is left to do up to this time, and the clock stand there. */
    void stopAt(long nanos) {
        target = nanos;
    }

    boolean takeDeadlock() {
        boolean was = deadlocked;
        deadlocked = false;
        return was;
    }

    @Override
    public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
        return real.register(channel, ops, handler);
    }

    @Override
    public void poll(long timeoutNanos) {
        EventLoop l = loop;
        if (l == null) {
            throw new IllegalStateException("this poller drives no loop yet");
        }
        if (target < 0 || timeoutNanos == 0) {
            wait(l, timeoutNanos);
            return;
        }
        long left = target - clock.nanoTime();
        if (left > 0) {
            wait(l, timeoutNanos < 0 ? left : Math.min(timeoutNanos, left));
        } else {
            wait(l, 0); // the clock is there already, or a step has moved it further; nothing but channels can be ready
        }
        if (clock.nanoTime() - target >= 0 && !(timeoutNanos > 0 && timeoutNanos <= left)) {
            l.stop();
        }
    }

    private void wait(EventLoop l, long timeoutNanos) {
        if (timeoutNanos == 0 || real.registrations() > 0 || l.externalWork() > 0) {
            long before = Clock.system().nanoTime();
            real.poll(timeoutNanos);
            if (timeoutNanos != 0) {
                clock.advanceNanos(Clock.system().nanoTime() - before);
            }
        } else if (timeoutNanos > 0 && timeoutNanos < FOREVER) {
            clock.advanceNanos(timeoutNanos);
        } else {
            deadlocked = true;
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
        if (timeoutNanos < 0 || timeoutNanos >= FOREVER) {
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

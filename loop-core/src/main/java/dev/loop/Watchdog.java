package dev.loop;

import dev.loop.spi.Clock;
import java.util.concurrent.TimeUnit;

/**
 * The one thread of the process that watches the loops which run: a few times within the shortest of their bounds it looks at the
 * step that each of them is in. It sleeps while none runs.
 *
 * <p>It never touches a loop's state; what it reads of a loop is a moment old. A loop that does not run is not known here.
 */
final class Watchdog implements Runnable {

    /** How many idle looks it takes before the thread sleeps for good: loops often run in a row, as in tests. */
    private static final int IDLE_LOOKS = 4;

    private static final long IDLE_PAUSE = TimeUnit.MILLISECONDS.toNanos(250);

    private static final Watchdog THE_ONE = new Watchdog();

    private final Clock clock = Clock.system(); // not a loop's: that of a test stands still
    private int idleLooks; // its own thread only

    // guarded by this
    private boolean alive;
    private long pause; // until the next look
    private boolean hurry; // somebody has asked for a shorter one

    private Watchdog() {}

    /** A loop begins to run, or is to be looked at more often. Any thread. */
    static void loopRuns(EventLoop loop) {
        long wanted = loop.sampler.pause();
        if (wanted != StepSampler.OFF) {
            THE_ONE.lookWithin(wanted);
        }
    }

    private synchronized void lookWithin(long wanted) {
        if (!alive) {
            alive = true;
            pause = wanted;
            Thread.ofPlatform()
                    .daemon()
                    .name("loop-watchdog")
                    .inheritInheritableThreadLocals(false)
                    .start(this);
        } else if (wanted < pause) {
            pause = wanted;
            hurry = true;
            notifyAll();
        }
    }

    @Override
    public void run() {
        try {
            while (true) {
                await();
                long next = look();
                synchronized (this) {
                    if (!hurry) {
                        pause = next;
                    }
                }
            }
        } catch (InterruptedException e) {
            // somebody wants this thread gone; the next loop that runs starts another
        } finally {
            synchronized (this) {
                alive = false;
            }
        }
    }

    private synchronized void await() throws InterruptedException {
        hurry = false;
        long end = clock.nanoTime() + pause;
        for (long left = pause; left > 0; left = hurry ? 0 : end - clock.nanoTime()) {
            if (pause == StepSampler.OFF) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    /** Looks at each loop; returns how long to wait before the next time, {@link StepSampler#OFF} for ever. */
    private long look() {
        long shortest = StepSampler.OFF;
        for (EventLoop loop : Turns.running()) {
            long loops = loop.sampler.pause();
            if (loops != StepSampler.OFF) {
                shortest = Math.min(shortest, loops);
                loop.sampler.sample(clock.nanoTime());
            }
        }
        idleLooks = shortest == StepSampler.OFF ? idleLooks + 1 : 0;
        return shortest != StepSampler.OFF || idleLooks >= IDLE_LOOKS ? shortest : IDLE_PAUSE;
    }
}

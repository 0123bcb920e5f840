package dev.loop;

import dev.loop.spi.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what the turns do. It belongs to the loop's platform thread, and reads the time only where the turn does not. */
final class Meter {

    /** So many entries from other threads in one turn are a flood: they come faster than the loop can run them. */
    static final int FLOOD = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

    private final EventLoop loop;
    private final boolean machineClock;
    private boolean inBatch;
    private long batchBegan;
    private int toldFlood = FLOOD / 2;

    long turnTime; // of the loop's clock
    long turns;
    long polls;
    long arrivals;
    int largestArrival;
    long userTime;
    long longestBatch;

    Meter(EventLoop loop) {
        this.loop = loop;
        machineClock = loop.clock == Clock.system();
        turnTime = loop.clock.nanoTime();
    }

    /** A turn begins, and so the batch of the one before is over. */
    void turnBegins(long now) {
        turns++;
        batchEnds(now);
    }

    void batchBegins(long now) {
        batchEnds(now);
        turnTime = now;
        batchBegan = machineTime(now);
        inBatch = true;
    }

    /** Called at the next turn's beginning, which has just read the time, or when there is none. */
    void batchEnds(long now) {
        if (inBatch) {
            inBatch = false;
            long time = machineTime(now) - batchBegan;
            userTime += time;
            longestBatch = Math.max(longestBatch, time);
        }
    }

    /** What the loop's clock says is no measure if it is a test's. */
    private long machineTime(long now) {
        return machineClock ? now : Clock.system().nanoTime();
    }

    /** So many entries of other threads were found. */
    void arrived(int count) {
        if (count > 0) {
            arrivals += count;
            largestArrival = Math.max(largestArrival, count);
            if (count >= toldFlood << 1) {
                toldFlood = count;
                Notice.say(
                        loop,
                        () -> LOG.warn(
                                "{}: other threads have left {} entries within one turn, faster than the loop can run"
                                        + " them; this is told again when it has doubled",
                                loop,
                                count));
            }
        }
    }
}

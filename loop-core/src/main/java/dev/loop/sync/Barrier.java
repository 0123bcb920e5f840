package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place where a fixed number of tasks wait for each other, again and again.
 *
 * <pre>
 *   FILLING -> FILLING    by the last arrival: all that wait are released, and the next round begins
 *   FILLING -> FILLING    by reset(): all that wait fail, and the next round begins
 *   FILLING -> BROKEN     by abort(): all that wait fail, and so do all who come
 *   BROKEN -> FILLING     by reset()
 * </pre>
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="barrier"}
 *
 * <p>A round is released as a whole inside the call that completes it: its futures are done when that returns. So there is no time
 * in which it drains, as asyncio's does until its tasks have run, and whoever comes late is of the next round. What was released stays
 * so: neither a cancel nor {@link #reset()} nor {@link #abort()} takes an index back.
 *
 * <p>It belongs to its loop's thread.
 */
@CheckReturnValue
public final class Barrier implements Resource {

    private final EventLoop loop;
    private final int parties;
    private final WaitQueue<Integer, @Nullable Void> waiters;
    private boolean broken;
    private long rounds;

    /**
     * A barrier of the current loop.
     *
     * @param parties how many wait for each other, at least 1
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Barrier(int parties) {
        this(EventLoop.current(), parties);
    }

    /**
     * A barrier of a loop.
     *
     * @param loop whose tasks use it
     * @param parties how many wait for each other, at least 1
     */
    public Barrier(EventLoop loop, int parties) {
        if (parties < 1) {
            throw new IllegalArgumentException("a barrier for " + parties + " parties: give at least 1");
        }
        this.loop = loop;
        this.parties = parties;
        waiters = new WaitQueue<>(loop, null, this);
    }

    /**
     * Arrives, and waits for the others of the round. The last one does not wait. A cancel of a wait takes it out of the round, and the
     * others wait on for one more.
     *
     * @return the place in the round's order of arrival, from 0 to {@code parties - 1}, each once; a {@link BrokenBarrierException} if
     *     the barrier is broken, or the round was ended by a reset or an abort
     */
    public Future<Integer> arrive() {
        loop.checkThread();
        if (broken) {
            return loop.failed(new BrokenBarrierException(this + " was aborted: reset() repairs it"));
        }
        if (waiters.size() < parties - 1) {
            return waiters.park(null);
        }
        rounds++;
        for (int index = 0; index < parties - 1; index++) {
            waiters.grant(index);
        }
        return loop.completed(parties - 1);
    }

    /** Begins a new round: those who wait get a {@link BrokenBarrierException}. It repairs what was aborted. */
    public void reset() {
        loop.checkThread();
        broken = false;
        failAll("was reset");
    }

    /** Breaks it: those who wait and all who come get a {@link BrokenBarrierException}, until a {@link #reset()}. Harmless when repeated. */
    public void abort() {
        loop.checkThread();
        broken = true;
        failAll("was aborted");
    }

    private void failAll(String why) {
        for (int left = waiters.size(); left > 0; left--) {
            waiters.fail(new BrokenBarrierException("the barrier for " + parties + " parties " + why));
        }
    }

    /**
     * How many wait for each other.
     *
     * @return the number that a round is made of
     */
    public int parties() {
        return parties;
    }

    /**
     * How many wait now.
     *
     * @return from 0 to {@code parties - 1}
     */
    public int waiting() {
        return waiters.size();
    }

    /**
     * Whether it was aborted.
     *
     * @return true until a {@link #reset()}
     */
    public boolean isBroken() {
        return broken;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(parties, waiters.size(), rounds, broken);
    }

    /** Nobody is known to be on the way. */
    @Override
    public Collection<Task<?>> holders() {
        return List.of();
    }

    @Override
    public String toString() {
        return "Barrier[" + (broken ? "broken" : waiters.size() + " of " + parties + " waiting") + " on " + loop.name()
                + "]";
    }

    /**
     * How a barrier stands.
     *
     * @param parties how many wait for each other
     * @param waiting how many wait now
     * @param rounds how many rounds were released
     * @param broken whether it was aborted
     */
    public record Statistics(int parties, int waiting, long rounds, boolean broken) {}
}

package dev.loop.testing;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.VoidBody;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives the steps of several tasks one order, by number: a test that shows a race says which task goes first.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="sequencer"}
 *
 * <p>Every number from 0 on is for one step, and for one only. If a wait for a turn is cancelled the sequence is broken: that step
 * will never come, and every other wait fails instead of hanging. It belongs to its loop's thread. Prior art: trio's
 * {@code Sequencer}.
 */
public final class Sequencer {

    private final EventLoop loop;
    private final Set<Integer> claimed = new HashSet<>();
    private final Map<Integer, Promise<@Nullable Void>> waiting = new HashMap<>();
    private int turn;
    private @Nullable String broken;

    /**
     * A sequence of the current loop, at 0.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Sequencer() {
        this(EventLoop.current());
    }

    /**
     * A sequence of a loop, at 0.
     *
     * @param loop whose tasks have an order here
     */
    public Sequencer(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * Waits for a turn, and passes the next one on: the calling task runs from here to its next wait before anybody else does.
     *
     * @param number the turn, from 0
     * @throws IllegalStateException if a step has claimed this number before, or the sequence is broken
     * @throws CancelledException if the task is cancelled meanwhile; this breaks the sequence
     */
    public void at(int number) {
        at(number, () -> {});
    }

    /**
     * Waits for a turn, runs a step, and passes the next turn on when the step has ended, in whatever way.
     *
     * @param number the turn, from 0
     * @param step runs in the calling task; it may wait
     * @param <X> what the step throws
     * @throws X as the step does
     * @throws IllegalStateException if a step has claimed this number before, or the sequence is broken
     * @throws CancelledException if the task is cancelled while it waits for its turn; this breaks the sequence
     */
    public <X extends Throwable> void at(int number, VoidBody<X> step) throws X {
        loop.checkThread();
        if (number < 0) {
            throw new IllegalArgumentException("a sequence begins at 0, not at " + number);
        }
        checkNotBroken();
        if (!claimed.add(number)) {
            throw new IllegalStateException("two steps at " + number + ": each number is for one step of one task");
        }
        if (number != turn) {
            awaitTurn(number);
        }
        try {
            step.run();
        } finally {
            turn = number + 1;
            Promise<@Nullable Void> next = waiting.remove(turn);
            if (next != null) {
                next.complete(null);
            }
        }
    }

    private void awaitTurn(int number) {
        Promise<@Nullable Void> turnCame = loop.promise();
        waiting.put(number, turnCame);
        try {
            turnCame.await();
        } catch (CancelledException e) {
            if (broken == null) {
                broken = "the sequence is broken: the wait for " + number + " of " + Async.currentTask()
                        + " was cancelled";
                waiting.remove(number);
                for (Promise<@Nullable Void> other : waiting.values()) {
                    other.complete(null);
                }
                waiting.clear();
            }
            throw e;
        }
        checkNotBroken();
    }

    private void checkNotBroken() {
        if (broken != null) {
            throw new IllegalStateException(broken);
        }
    }

    @Override
    public String toString() {
        return "Sequencer[" + (broken != null ? broken : "at " + turn + ", " + waiting.size() + " waiting") + "]";
    }
}

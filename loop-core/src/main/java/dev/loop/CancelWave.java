package dev.loop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * Takes a cancel along everything that awaits: from a task to what it awaits, through combinators to their tasks, and on to what
 * those await. It goes down each way to its end before the next one, as calls would, but on a list: such a way may be longer than any
 * stack. One for each loop.
 *
 * <p>A task is asked once in a wave, however many ways lead to it. If a way leads back to a task that it came through, the tasks
 * wait for each other in a circle; that task leaves what it awaits, and the circle ends.
 */
final class CancelWave {

    /** A task to be reached, with the edge that it gets; null if a scope of its own was cancelled. */
    private record Ask(TaskCancels step, Outcome.@Nullable Cancelled edge) {}

    /** What is still to be done, the next one last; null is the end of the way that leads through the last of {@link #way}. */
    private final ArrayList<@Nullable Ask> asks = new ArrayList<>();

    private final ArrayList<TaskCancels> way = new ArrayList<>();
    private long number;
    private boolean shared;
    private boolean going;

    /** Reaches a task: now, or, when it is asked by what the wave has come to, in its turn. */
    void reach(TaskCancels step, Outcome.@Nullable Cancelled edge) {
        asks.add(new Ask(step, edge));
        if (going) {
            return;
        }
        if (!shared) {
            number++;
        }
        going = true;
        try {
            go();
        } finally {
            going = false;
            asks.clear(); // a cancel hook has thrown, against its rules: what it was a part of ends here
            way.forEach(reached -> reached.onTheWay = false);
            way.clear();
        }
    }

    /** Makes several cancels one wave: what one of them has reached, the others need not reach again. */
    void together(Runnable cancels) {
        if (going || shared) {
            cancels.run(); // a part of the one that goes on
            return;
        }
        number++;
        shared = true;
        try {
            cancels.run();
        } finally {
            shared = false;
        }
    }

    /** Cancels all of these in one wave; returns whether any of them has let itself be cancelled. */
    boolean all(Collection<? extends Future<?>> futures, @Nullable String reason) {
        var any = new boolean[1];
        together(() -> {
            for (Future<?> future : futures) {
                any[0] |= future.cancel(reason);
            }
        });
        return any[0];
    }

    private void go() {
        while (!asks.isEmpty()) {
            Ask ask = asks.removeLast();
            if (ask == null) {
                way.removeLast().onTheWay = false;
            } else if (ask.step.wave != number) {
                ask.step.wave = number;
                ask.step.onTheWay = true;
                way.add(ask.step);
                asks.add(null);
                int asked = asks.size();
                ask.step.receive(ask.edge);
                Collections.reverse(asks.subList(asked, asks.size()));
            } else if (ask.step.onTheWay) {
                ask.step.leave();
            }
        }
    }
}

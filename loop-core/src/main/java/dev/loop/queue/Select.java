package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first of several things that can happen: an item to receive, room to send, a time that comes, a future that ends. Exactly one of
 * them happens; the others have not begun, so no item is taken or sent by them.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="select"}
 *
 * <p>If several clauses are ready, the first of them in the order of the arguments wins, so a busy one at the beginning can starve those
 * after it; {@link #fair()} takes turns. If none is ready, the select waits in all places at once, in line with everybody else, until
 * one of them is granted, and in that moment it leaves the others. The code of the winning clause runs in the task that selects.
 *
 * <p>A clause on something that was closed or shut down is ready, and the select fails as that clause would on its own, unless the
 * clause says what to do then. The code of a clause may do anything, and select again.
 *
 * <p>It belongs to the thread of the loop of its channels and queues. The idea is Hoare's (Communicating Sequential Processes, CACM 21,
 * 1978), under the name that Go and Kotlin know it by.
 */
@CheckReturnValue
public final class Select {

    private Select() {}

    /**
     * Waits for the first of these to happen, and runs its code. For a task.
     *
     * @param clauses at least one
     * @param <R> what their code returns
     * @return what the code of the winner returned
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <R extends @Nullable Object> R first(Clause<? extends R>... clauses) {
        return run(choose(clauses));
    }

    /**
     * The first of these to happen, as a future. A cancel before it is read undoes it: an item that was received goes to the next or back
     * to its place. If an item was sent, or put, the cancel is refused.
     *
     * @param clauses at least one
     * @param <R> what their code returns
     * @return the winner, whose code has not run yet
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // they are only read
    public static <R extends @Nullable Object> Future<Choice<R>> choose(Clause<? extends R>... clauses) {
        return choose(0, List.of(clauses));
    }

    /**
     * One that takes turns: of several clauses that are ready, the first one wins, counted from one place further on than the last
     * time. It is for a loop that always asks for the same clauses.
     *
     * @return a new one, to be used again and again
     */
    public static Fair fair() {
        return new Fair();
    }

    private static <R extends @Nullable Object> R run(Future<Choice<R>> choice) {
        try {
            return choice.await().run();
        } finally {
            choice.cancel(); // if it could not be awaited here; else it was read, and this changes nothing
        }
    }

    private static <R extends @Nullable Object> Future<Choice<R>> choose(
            int start, List<? extends Clause<? extends R>> clauses) {
        EventLoop loop = EventLoop.current();
        boolean waits = requireClauses(clauses);
        int others = waits ? clauses.size() : clauses.size() - 1;
        int before;
        do {
            before = consulted(clauses);
            for (int i = 0; i < clauses.size(); i++) {
                int index = i < others ? Math.floorMod(start + i, others) : i;
                Clause<? extends R> clause = clauses.get(index);
                Future<?> now = clause.attempt(loop);
                if (now != null) {
                    return won(loop, clause, index, now);
                }
            }
        } while (consulted(clauses) != before); // in a comparator that gives way another clause may have become ready
        var parked = new ArrayList<Future<?>>(clauses.size());
        try {
            for (Clause<?> clause : clauses) {
                parked.add(clause.park(loop));
            }
            return first(loop, clauses, 0, parked);
        } catch (Throwable e) {
            undo(clauses, parked);
            throw e;
        }
    }

    private static int consulted(List<? extends Clause<?>> clauses) {
        int sum = 0;
        for (Clause<?> clause : clauses) {
            sum += clause.consulted();
        }
        return sum;
    }

    private static <R extends @Nullable Object> Future<Choice<R>> won(
            EventLoop loop, Clause<? extends R> clause, int index, Future<?> now) {
        try {
            return first(loop, List.of(clause), index, List.of(now));
        } catch (Throwable e) {
            undo(List.of(clause), List.of(now));
            throw e;
        }
    }

    /** Something here belongs to another loop: what was begun goes back. */
    private static void undo(List<? extends Clause<?>> clauses, List<Future<?>> begun) {
        for (int i = 0; i < begun.size(); i++) {
            if (!clauses.get(i).isWatched()) {
                begun.get(i).cancel();
            }
        }
    }

    private static <R extends @Nullable Object> Future<Choice<R>> first(
            EventLoop loop, List<? extends Clause<? extends R>> clauses, int offset, List<Future<?>> waits) {
        var watched = new ArrayList<Future<?>>();
        for (int i = 0; i < waits.size(); i++) {
            if (clauses.get(i).isWatched()) {
                watched.add(waits.get(i));
            }
        }
        return WaitQueue.first(loop, waits, watched, new WaitQueue.Reading<@Nullable Object, Choice<R>>() {
            @Override
            public Choice<R> value(int index, @Nullable Object value) {
                return new Choice<>(clauses.get(index), offset + index, value, null);
            }

            @Override
            public @Nullable Choice<R> failure(int index, Throwable error) {
                Clause<? extends R> clause = clauses.get(index);
                return error instanceof ChannelClosedException closed && clause.handlesClose()
                        ? new Choice<>(clause, offset + index, null, closed)
                        : null;
            }
        });
    }

    /** Whether there is something to wait for, if nothing is ready. */
    private static boolean requireClauses(List<? extends Clause<?>> clauses) {
        if (clauses.isEmpty()) {
            throw new IllegalArgumentException("a select of nothing would wait for ever: give it at least one clause");
        }
        for (Clause<?> clause : clauses.subList(0, clauses.size() - 1)) {
            if (clause.isDefault()) {
                throw new IllegalArgumentException(
                        "orElse(…) is always ready: give it as the last clause, after those that it stands in for");
            }
        }
        return !clauses.getLast().isDefault();
    }

    /** A select that takes turns; see {@link Select#fair()}. */
    public static final class Fair {
        private int start;

        private Fair() {}

        /**
         * Waits for the first of these to happen, and runs its code, as {@link Select#first} does.
         *
         * @param clauses at least one
         * @param <R> what their code returns
         * @return what the code of the winner returned
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // they are only read
        public final <R extends @Nullable Object> R first(Clause<? extends R>... clauses) {
            return run(choose(clauses));
        }

        /**
         * The first of these to happen, as {@link Select#choose} gives it.
         *
         * @param clauses at least one
         * @param <R> what their code returns
         * @return the winner, whose code has not run yet
         */
        @SafeVarargs
        @SuppressWarnings("varargs") // they are only read
        public final <R extends @Nullable Object> Future<Choice<R>> choose(Clause<? extends R>... clauses) {
            return Select.choose(start++, List.of(clauses));
        }
    }
}

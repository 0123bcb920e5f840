package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A limit to how many may do something at the same time, which can be changed while it is in use. Unlike a {@link Semaphore} it lends
 * tokens to borrowers, one to each: a task, or any other object on whose behalf somebody works. A borrower that asks for a second
 * one, which could make it wait for itself, is refused.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="limiter"}
 *
 * <p>It is fair: first come, first served. It belongs to its loop's thread. The idea is trio's.
 */
@CheckReturnValue
public final class CapacityLimiter implements Resource {

    private final EventLoop loop;
    private final WaitQueue<Token, Token> waiters; // what they bring is what they get
    private final Grants out = new Grants();
    private final IdentityHashMap<Object, Token> tokens = new IdentityHashMap<>(); // by borrower, those who wait too
    private int total;
    private int borrowed;

    /**
     * A limiter of the current loop.
     *
     * @param total how many tokens there are, not negative
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public CapacityLimiter(int total) {
        this(EventLoop.current(), total);
    }

    /**
     * A limiter of a loop.
     *
     * @param loop whose tasks use it
     * @param total how many tokens there are, not negative
     */
    public CapacityLimiter(EventLoop loop, int total) {
        this.loop = loop;
        this.total = checked(total);
        waiters = new WaitQueue<>(loop, (token, _, _) -> token.close(), this, token -> tokens.remove(token.borrower));
    }

    /**
     * Waits for a token for the calling task.
     *
     * @return the token, to be closed; a cancel before anybody has read it gives it to the next
     * @throws IllegalStateException outside of a task, or if the task has one already or waits for one
     */
    public Future<Token> acquire() {
        return acquire(caller());
    }

    /**
     * Waits for a token for a borrower.
     *
     * @param borrower on whose behalf; known by identity, not by {@code equals}
     * @return the token, to be closed; a cancel before anybody has read it gives it to the next
     * @throws IllegalStateException if the borrower has one already or waits for one
     */
    public Future<Token> acquire(Object borrower) {
        loop.checkThread();
        Token token = newToken(borrower);
        if (available() > 0 && waiters.isEmpty()) {
            take(token);
            return waiters.granted(token, token);
        }
        return waiters.park(token);
    }

    /**
     * Takes a token for the calling task if there is one.
     *
     * @return the token, or null
     * @throws IllegalStateException outside of a task, or if the task has one already or waits for one
     */
    public @Nullable Token tryAcquire() {
        return tryAcquire(caller());
    }

    /**
     * Takes a token for a borrower if there is one.
     *
     * @param borrower on whose behalf; known by identity, not by {@code equals}
     * @return the token, or null
     * @throws IllegalStateException if the borrower has one already or waits for one
     */
    public @Nullable Token tryAcquire(Object borrower) {
        loop.checkThread();
        refuseSecond(borrower);
        if (available() == 0 || !waiters.isEmpty()) {
            return null;
        }
        Token token = newToken(borrower);
        take(token);
        return token;
    }

    /**
     * The loop whose tasks use it. Any thread may ask.
     *
     * @return the loop
     */
    public EventLoop loop() {
        return loop;
    }

    /**
     * How many tokens there are.
     *
     * @return those that are free and those that are lent
     */
    public int total() {
        return total;
    }

    /**
     * Changes how many tokens there are. More lets in those who wait; with fewer those that are lent stay lent, and nobody is let in
     * until enough have come back.
     *
     * @param newTotal how many there are from now on, not negative; at 0 everybody waits
     */
    public void setTotal(int newTotal) {
        loop.checkThread();
        total = checked(newTotal);
        serve();
    }

    /**
     * How many tokens are lent.
     *
     * @return the count; above the total for a while if that was lowered
     */
    public int borrowed() {
        return borrowed;
    }

    /**
     * How many tokens are free.
     *
     * @return the count, never negative
     */
    public int available() {
        return Math.max(0, total - borrowed);
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        List<Object> borrowers = tokens.values().stream()
                .filter(token -> token.lent)
                .map(token -> token.borrower)
                .toList();
        return new Statistics(total, borrowed, borrowers, waiters.size());
    }

    @Override
    public Collection<Task<?>> holders() {
        return out.holders();
    }

    @Override
    public List<Hold> holds() {
        return out.holds();
    }

    private Task<?> caller() {
        Task<?> task = loop.currentTask();
        if (task == null) {
            throw new IllegalStateException(
                    "a token of " + this + " for nobody: outside of a task, name the borrower, as in acquire(request)");
        }
        return task;
    }

    private void refuseSecond(Object borrower) {
        Objects.requireNonNull(borrower, "borrower");
        Token token = tokens.get(borrower);
        if (token != null) {
            throw new IllegalStateException(borrower + (token.lent ? " has" : " waits for") + " a token of " + this
                    + " already: a borrower has one; a second piece of work needs a borrower of its own");
        }
    }

    private Token newToken(Object borrower) {
        refuseSecond(borrower);
        var token = new Token(this, borrower);
        tokens.put(borrower, token);
        return token;
    }

    private void take(Token token) {
        borrowed++;
        token.lent = true;
        token.since = loop.turnTime();
        out.add(token);
    }

    private void serve() {
        while (!waiters.isEmpty() && available() > 0) {
            Token next = waiters.firstAttachment();
            take(next);
            waiters.grant(next);
        }
    }

    private static int checked(int total) {
        if (total < 0) {
            throw new IllegalArgumentException("a limiter of " + total + " tokens: give 0 or more");
        }
        return total;
    }

    @Override
    public String toString() {
        return "CapacityLimiter[" + borrowed + " of " + total + " lent, " + waiters.size() + " waiting on "
                + loop.name() + "]";
    }

    /**
     * How a limiter stands.
     *
     * @param total how many tokens there are
     * @param borrowed how many are lent
     * @param borrowers to whom, in no order
     * @param waiting how many wait for one
     */
    public record Statistics(int total, int borrowed, List<Object> borrowers, int waiting) {

        /** A copy of the figures. */
        public Statistics {
            borrowers = List.copyOf(borrowers);
        }
    }

    /** A token that is lent, until this is closed. Closing it again is harmless. */
    public static final class Token extends Grants.Listed implements AutoCloseable {
        private final CapacityLimiter limiter;
        private final Object borrower;
        private boolean lent;

        private Token(CapacityLimiter limiter, Object borrower) {
            super(limiter.loop);
            this.limiter = limiter;
            this.borrower = borrower;
        }

        /**
         * On whose behalf it was taken.
         *
         * @return the borrower
         */
        public Object borrower() {
            return borrower;
        }

        /** Gives the token back; the one that has waited longest gets it. */
        @Override
        public void close() {
            limiter.loop.checkThread();
            if (lent) {
                lent = false;
                limiter.tokens.remove(borrower);
                limiter.out.remove(this);
                limiter.borrowed--;
                limiter.serve();
            }
        }
    }
}

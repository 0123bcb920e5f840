package dev.loop;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first of several waits to end; in the same moment the others are withdrawn, so there is none in which two of them could have been
 * granted something. See {@link WaitQueue#first}.
 */
final class FirstWait<T extends @Nullable Object, V extends @Nullable Object> extends Future<V> implements Listener {

    /** Stands for the value of the winner until it is read. */
    private static final Object WON = new Object();

    private final List<Future<? extends T>> waits;
    private final Collection<? extends Future<?>> watched;
    private final WaitQueue.Reading<? super T, ? extends V> reading;
    private int winner = -1;
    private boolean leaving; // inside a cancel: what is granted to the others there is not wanted either

    FirstWait(
            EventLoop loop,
            List<? extends Future<? extends T>> waits,
            Collection<? extends Future<?>> watched,
            WaitQueue.Reading<? super T, ? extends V> reading) {
        super(loop);
        this.waits = new ArrayList<>(waits);
        this.watched = new ArrayList<>(watched);
        this.reading = reading;
        requireLoop(loop, this.waits);
        if (this.waits.isEmpty()) {
            throw new IllegalArgumentException("the first of no waits would never come: give it at least one");
        }
        for (Future<?> wait : this.waits) {
            if (wait.outcome != null) {
                completed(wait);
                return;
            }
        }
        for (Future<?> wait : this.waits) {
            wait.addListener(this);
        }
    }

    @Override
    public void completed(Future<?> wait) {
        if (winner >= 0 || outcome != null || leaving) {
            return;
        }
        winner = waits.indexOf(wait); // futures have no equality but their own
        withdraw("another wait came first");
        Object how = wait.outcome;
        if (how instanceof Outcome.Failed failed) {
            failed.retrieved();
            V instead = reading.failure(winner, failed.error);
            finish(instead != null ? instead : new Outcome.Failed(failed.error));
        } else {
            finish(how instanceof Outcome.Cancelled ? how : WON);
        }
    }

    /** Takes this out of everything that it waits for, but for the winner if there is one. */
    private void withdraw(@Nullable String reason) {
        Future<?> won = winner < 0 ? null : waits.get(winner);
        for (Future<?> wait : waits) {
            if (wait != won) {
                wait.removeListener(this);
                if (!watched.contains(wait)) {
                    wait.cancel(reason);
                }
            }
        }
    }

    /** The value counts as read when it is read here: until then the winner can take it back. */
    @Override
    V take() {
        if (outcome == WON) {
            outcome = Outcome.of(reading.value(winner, waits.get(winner).take()));
        }
        return super.take();
    }

    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        if (outcome != WON) {
            return outcome;
        }
        Future<? extends T> won = waits.get(winner);
        Object how = won.lend(lent);
        boolean value = !(how instanceof Outcome.Failed || how instanceof Outcome.Cancelled);
        return value ? Outcome.of(lent(won, how)) : how;
    }

    private <W extends T> V lent(Future<W> won, @Nullable Object how) {
        return reading.value(winner, won.value(how));
    }

    @Override
    Object lane() {
        return outcome instanceof Outcome.Cancelled || winner < 0
                ? this
                : waits.get(winner).lane();
    }

    @Override
    Collection<? extends Future<?>> parts() {
        return waits;
    }

    @Override
    void left(@Nullable String reason) {
        cancel(reason);
    }

    /** While it is pending it leaves all of them. When it is done and unread, what the winner was granted goes back, if it can. */
    @Override
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        if (leaving) {
            return false;
        }
        if (outcome == null) {
            leaving = true;
            withdraw(reason);
            return finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)));
        }
        Future<?> won = winner < 0 ? null : waits.get(winner);
        if (outcome != WON || won == null || !(watched.contains(won) || won.cancel(reason))) {
            return false;
        }
        outcome = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
        return true;
    }
}

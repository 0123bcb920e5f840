package dev.loop;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.internal.timer.TimerNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Several futures in the order in which they end: each of them once, itself, done. Made by {@link Async#asCompleted}.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="ascompleted"}
 *
 * <p>It cancels none of the futures and reads none of them. Leaving the loop early leaves them alone; closing this lets go of them,
 * which happens by itself when all have ended or the time is up. It belongs to its loop's thread.
 *
 * @param <T> the futures' value
 */
@CheckReturnValue
public final class AsCompleted<T extends @Nullable Object> implements Iterable<Future<T>>, AutoCloseable {

    private final EventLoop loop;
    private final @Nullable Duration limit;
    private final @Nullable TimerNode timer;
    private final Listener listener = new End();
    private final Set<Future<T>> unfinished = new LinkedHashSet<>();
    private final ArrayDeque<Future<T>> finished = new ArrayDeque<>();

    // those that somebody no longer wanted, by the number of their grant: older than all in finished
    private final TreeMap<Long, Future<T>> returned = new TreeMap<>();

    private final WaitQueue<Future<T>, @Nullable Void> takers;
    private int late; // how many were not done in time, and nobody has been told of
    private boolean closed;

    AsCompleted(EventLoop loop, Collection<? extends Future<T>> futures, @Nullable Duration limit) {
        this.loop = loop;
        this.limit = limit;
        Future.requireLoop(loop, futures);
        takers = new WaitQueue<>(loop, (future, _, ticket) -> giveBack(future, ticket), () -> unfinished);
        for (Future<T> future : new LinkedHashSet<Future<T>>(futures)) {
            if (future.outcome != null) {
                finished.add(future);
            } else {
                unfinished.add(future);
                future.addListener(listener);
            }
        }
        timer = limit == null || unfinished.isEmpty() ? null : new Limit(loop.now() + Durations.nanos(limit));
        if (timer != null) {
            loop.timers.add(timer);
        }
    }

    /**
     * The next future that ends. Of several waits the first gets the first. A wait that is cancelled, even when it is done and
     * nobody has read it, leaves its future to the next one.
     *
     * @return a future that is done; or a {@link TimeoutException}, once for each that was not done within the limit
     * @throws NoSuchElementException if all have been given away, or are waited for already
     * @throws IllegalStateException if this was closed
     */
    public Future<Future<T>> next() {
        loop.checkThread();
        if (closed) {
            throw new IllegalStateException(this + " was closed");
        }
        if (!hasMore()) {
            throw new NoSuchElementException("every future of " + this + " was given away, or is waited for already");
        }
        if (!returned.isEmpty()) {
            Map.Entry<Long, Future<T>> oldest = returned.pollFirstEntry();
            return takers.granted(oldest.getValue(), null, oldest.getKey());
        }
        Future<T> first = finished.poll();
        if (first != null) {
            return takers.granted(first, null);
        }
        if (late > 0) {
            late--;
            return loop.failed(notInTime());
        }
        return takers.park(null);
    }

    /**
     * How many futures {@link #next()} can still be asked for.
     *
     * @return the count; those that somebody waits for are not in it
     */
    public int remaining() {
        loop.checkThread();
        return closed ? 0 : returned.size() + finished.size() + late + unfinished.size() - takers.size();
    }

    private boolean hasMore() {
        return remaining() > 0;
    }

    /**
     * The futures as they end, for a {@code for} loop in a task: its {@code next} waits, and throws a {@link TimeoutException} for
     * what was not done within the limit. Several iterators share the futures.
     *
     * @return an iterator that waits
     */
    @Override
    public Iterator<Future<T>> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return hasMore();
            }

            @Override
            public Future<T> next() {
                return AsCompleted.this.next().await();
            }
        };
    }

    /** Lets go of the futures that are not done, and leaves them alone. Who waits in {@link #next()} is cancelled. Harmless when repeated. */
    @Override
    public void close() {
        loop.checkThread();
        if (!closed) {
            closed = true;
            detach();
            while (takers.fail(new CancelledException("asCompleted was closed"))) {
                // the next one
            }
        }
    }

    private void detach() {
        if (timer != null) {
            loop.timers.remove(timer);
        }
        for (Future<T> future : unfinished) {
            future.removeListener(listener);
        }
        unfinished.clear();
    }

    private void completed(Future<T> future) {
        unfinished.remove(future);
        if (unfinished.isEmpty() && timer != null) {
            loop.timers.remove(timer);
        }
        if (!takers.grant(future)) {
            finished.add(future);
        }
    }

    private void expire() {
        late = unfinished.size();
        detach();
        while (takers.fail(notInTime())) {
            late--;
        }
    }

    private TimeoutException notInTime() {
        return new TimeoutException("not done within " + limit);
    }

    private void giveBack(Future<T> future, long ticket) {
        if (!closed && !takers.grant(future, ticket)) {
            returned.put(ticket, future);
        }
    }

    @Override
    public String toString() {
        return "AsCompleted[" + finished.size() + " done, " + unfinished.size() + " pending]";
    }

    private final class Limit extends TimerNode {
        Limit(long deadline) {
            super(deadline);
        }

        @Override
        public void fire() {
            expire();
        }
    }

    /** It waits for the end of each, and leaves the look at it to whoever takes it. */
    private final class End implements Listener {
        @Override
        @SuppressWarnings("unchecked") // it listens to these futures only
        public void completed(Future<?> future) {
            AsCompleted.this.completed((Future<T>) future);
        }

        @Override
        public boolean looks() {
            return false;
        }
    }
}

package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one subscriber sees of a {@link Broadcast}, from {@link Broadcast#subscribe} until it is closed.
 *
 * <p>An item that a receive was granted and nobody has read goes to the next receive, or back to the head, when that is cancelled. One that
 * nobody closes keeps its place and its items, and with {@link SlowPolicy#WAIT} it stops the publishers for good. It belongs to its
 * loop's thread.
 *
 * @param <T> the items
 */
@CheckReturnValue
public final class Subscription<T> implements Iterable<T>, AutoCloseable {

    private final Broadcast<T> broadcast;
    private final String name;
    private final int capacity;
    private final SlowPolicy policy;
    private final FifoStore<T> store = new FifoStore<>();
    private final WaitQueue<T, @Nullable Void> receivers;
    private int peak;
    private long dropped;
    private boolean slow;
    private boolean blocks; // a publisher, when it was looked at last

    // open -> ended, to be drained -> closed, or at once
    private @Nullable Supplier<? extends RuntimeException> end;
    private boolean closed;

    Subscription(Broadcast<T> broadcast, String name, int capacity, SlowPolicy policy) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a subscriber needs room for at least 1 item, not " + capacity);
        }
        this.broadcast = broadcast;
        this.name = Objects.requireNonNull(name, "name");
        this.capacity = capacity;
        this.policy = Objects.requireNonNull(policy, "policy");
        receivers = new WaitQueue<>(broadcast.loop(), (item, _, number) -> giveBack(item, number));
    }

    /**
     * Takes the next item; waits while there is none.
     *
     * @return the item. When nothing is left it fails with a {@link ChannelClosedException} if this or the broadcast was closed, and with a
     *     {@link SlowSubscriberException} if this was let go
     */
    public Future<T> receive() {
        Future<T> now = receiveNow();
        return now != null ? now : parkReceive();
    }

    /** A receive that is done at once; null if it would have to wait. */
    @Nullable Future<T> receiveNow() {
        broadcast.loop().checkThread();
        T item = store.poll();
        if (item != null) {
            Future<T> got = receivers.granted(item, null, store.polled);
            freed();
            return got;
        }
        return end == null ? null : broadcast.loop().failed(end.get());
    }

    Future<T> parkReceive() {
        return receivers.park(null);
    }

    /**
     * Takes the next item if there is one.
     *
     * @return the item, or null if there is none now
     * @throws ChannelClosedException if nothing is left and this or the broadcast was closed
     * @throws SlowSubscriberException if nothing is left and this was let go
     */
    public @Nullable T tryReceive() {
        broadcast.loop().checkThread();
        T item = store.poll();
        if (item != null) {
            freed();
        } else if (end != null) {
            throw end.get();
        }
        return item;
    }

    /**
     * The items as they come, for a {@code for} loop in a task: it waits for each, and ends when this or the broadcast was closed and
     * nothing is left; if the broadcast was closed with a failure, or this was let go, it throws. {@code hasNext} takes the item that
     * {@code next} gives.
     *
     * @return an iterator that waits
     */
    @Override
    public Iterator<T> iterator() {
        return new TakingIterator<>(this::receive, Channel::isOrderlyEnd);
    }

    /** Whether the next item cannot be published because of this; if so, the broadcast is told when that is over. */
    boolean blocks() {
        blocks = policy == SlowPolicy.WAIT && !hasRoom();
        return blocks;
    }

    private boolean hasRoom() {
        return !receivers.isEmpty() || store.size() < capacity;
    }

    private void freed() {
        if (blocks && (closed || hasRoom())) {
            blocks = false;
            broadcast.unblocked();
        }
    }

    void deliver(T item) {
        if (!receivers.isEmpty()) {
            receivers.grant(item, store.number());
        } else if (store.size() < capacity) {
            add(item);
        } else {
            isBehind();
            switch (policy) {
                case WAIT -> throw new IllegalStateException("published without room: " + this);
                case DROP_OLDEST -> {
                    store.poll();
                    dropped++;
                    add(item);
                }
                case DROP_NEWEST -> dropped++;
                case DISCONNECT -> {
                    int behind = store.size() + 1;
                    end(() -> new SlowSubscriberException(name, behind));
                }
            }
        }
    }

    private void add(T item) {
        store.add(item, 0);
        peak = Math.max(peak, store.size());
    }

    /** There is no room for an item. */
    void isBehind() {
        if (!slow) {
            slow = true;
            broadcast.report(this);
        }
    }

    private void giveBack(T item, long number) {
        if (!closed && !receivers.grant(item, number)) {
            store.giveBack(item, number);
            peak = Math.max(peak, store.size());
        }
    }

    /** Nothing comes any more; what is here can still be taken. */
    void end(Supplier<? extends RuntimeException> error) {
        if (end == null) {
            end = error;
            while (!receivers.isEmpty()) {
                receivers.fail(error.get());
            }
        }
    }

    boolean hasEnded() {
        return end != null;
    }

    /** Unsubscribes: what is here is dropped, receives that wait fail, and publishers that wait for this go on. Harmless when repeated. */
    @Override
    public void close() {
        broadcast.loop().checkThread();
        if (!closed) {
            closed = true;
            store.clear();
            end(() -> new ChannelClosedException("the subscription of '" + name + "' was closed", null));
            broadcast.remove(this);
            freed();
        }
    }

    /**
     * Whose it is.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(name, policy, store.size(), peak, capacity, receivers.size(), dropped, slow, end != null);
    }

    @Override
    public String toString() {
        return "Subscription['" + name + "', " + policy + ", " + store.size() + " of " + capacity + " items, " + dropped
                + " dropped" + (end == null ? "]" : ", ended]");
    }

    /**
     * How a subscriber stands.
     *
     * @param name whose it is
     * @param policy what is done when there is no room
     * @param items how many items it has not taken
     * @param peak how many those were at most
     * @param capacity how many fit
     * @param waiting how many receives wait
     * @param dropped how many items were dropped for it
     * @param slow whether there was ever no room for an item
     * @param ended whether nothing more comes: closed, or let go
     */
    public record Statistics(
            String name,
            SlowPolicy policy,
            int items,
            int peak,
            int capacity,
            int waiting,
            long dropped,
            boolean slow,
            boolean ended) {}
}

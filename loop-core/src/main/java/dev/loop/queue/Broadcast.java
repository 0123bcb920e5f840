package dev.loop.queue;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A way for items to everybody who has subscribed: each subscriber sees every item that is published after it subscribed, in one order.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="broadcast"}
 *
 * <p>Each subscriber has a name, room of its own for items that it has not taken, and a {@linkplain SlowPolicy policy} for the moment in
 * which there is none left. An item reaches all of them at once or, while a publisher waits for one of them, nobody. Publishers wait in the
 * order of their calls.
 *
 * <p>A subscriber that does not keep up is reported once, when there is no room for an item for the first time: to
 * {@link #whenSlow}, or else as a warning in the log. How it stands is told by {@link #statistics()}.
 *
 * <p>It belongs to its loop's thread.
 *
 * @param <T> the items, which are never null
 */
@CheckReturnValue
public final class Broadcast<T> {

    private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);

    private final EventLoop loop;
    private final int replay;
    private final ArrayDeque<T> last = new ArrayDeque<>();
    private final Set<Subscription<T>> subscribers = new LinkedHashSet<>();
    private final WaitQueue<@Nullable Void, T> publishers;
    private @Nullable Consumer<? super Subscription<T>> whenSlow;
    private long published;
    private int
            blocking; // subscribers without room, as far as is known: while one is left, nobody needs to look at all of
    // them
    private boolean closed;
    private @Nullable Throwable cause;

    /**
     * One of the current loop, of which a subscriber sees nothing that was published before.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Broadcast() {
        this(EventLoop.current(), 0);
    }

    /**
     * One of the current loop.
     *
     * @param replay how many of the last items a new subscriber sees first, as far as it has room for them
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Broadcast(int replay) {
        this(EventLoop.current(), replay);
    }

    /**
     * One of a loop.
     *
     * @param loop whose tasks use it
     * @param replay how many of the last items a new subscriber sees first, as far as it has room for them
     */
    public Broadcast(EventLoop loop, int replay) {
        if (replay < 0) {
            throw new IllegalArgumentException("a broadcast repeats 0 items or more, not " + replay);
        }
        this.loop = Objects.requireNonNull(loop, "loop");
        this.replay = replay;
        publishers = new WaitQueue<>(loop, null);
    }

    /**
     * Sets who is told of a slow subscriber, once for each, in a callback of its own.
     *
     * @param listener gets the subscription; null to have it logged as a warning
     */
    public void whenSlow(@Nullable Consumer<? super Subscription<T>> listener) {
        loop.checkThread();
        whenSlow = listener;
    }

    /**
     * Subscribes with room for {@value Channel#DEFAULT_CAPACITY} items; publishers wait when there is none left.
     *
     * @param name whose it is, for people
     * @return the subscription, to be closed
     */
    public Subscription<T> subscribe(String name) {
        return subscribe(name, Channel.DEFAULT_CAPACITY, SlowPolicy.WAIT);
    }

    /**
     * Subscribes. After the close of the broadcast there is nothing to see any more but what is repeated.
     *
     * @param name whose it is, for people
     * @param capacity how many items that it has not taken fit, at least 1
     * @param policy what is done when there is no room
     * @return the subscription, to be closed
     */
    public Subscription<T> subscribe(String name, int capacity, SlowPolicy policy) {
        loop.checkThread();
        var subscription = new Subscription<>(this, name, capacity, policy);
        last.stream().skip(Math.max(0, last.size() - capacity)).forEach(subscription::deliver);
        if (closed) {
            subscription.end(this::closedException);
        } else {
            subscribers.add(subscription);
        }
        return subscription;
    }

    /**
     * Publishes an item to all who have subscribed, also if that is nobody; waits while a subscriber with {@link SlowPolicy#WAIT} has no
     * room.
     *
     * @param item not null
     * @return done when all have it; a cancel before that withdraws it, and nobody sees it. It fails with a
     *     {@link ChannelClosedException} if the broadcast is closed before that
     */
    public Future<@Nullable Void> publish(T item) {
        if (closed) {
            loop.checkThread();
            return loop.failed(closedException());
        }
        return tryPublish(item) ? loop.done() : publishers.park(item);
    }

    /**
     * Publishes an item if that needs no wait.
     *
     * @param item not null
     * @return false if a subscriber with {@link SlowPolicy#WAIT} has no room; then nobody sees it
     * @throws ChannelClosedException if the broadcast was closed
     */
    public boolean tryPublish(T item) {
        loop.checkThread();
        Objects.requireNonNull(item, "item");
        if (closed) {
            throw closedException();
        }
        if (!publishers.isEmpty() || !canDeliver()) {
            return false;
        }
        deliver(item);
        return true;
    }

    /** Whether nobody makes a publisher wait; notes who does. */
    private boolean canDeliver() {
        blocking = 0;
        for (Subscription<T> subscriber : subscribers) {
            if (subscriber.blocks()) {
                subscriber.isBehind();
                blocking++;
            }
        }
        return blocking == 0;
    }

    private void deliver(T item) {
        published++;
        if (replay > 0) {
            if (last.size() == replay) {
                last.removeFirst();
            }
            last.addLast(item);
        }
        boolean anyLeft = false;
        for (Subscription<T> subscriber : subscribers) {
            subscriber.deliver(item);
            anyLeft |= subscriber.hasEnded();
        }
        if (anyLeft) {
            subscribers.removeIf(Subscription::hasEnded);
        }
    }

    /** A subscriber that was without room has some again, or is gone: after the last one, who waits to publish goes on. */
    void unblocked() {
        blocking--;
        pump();
    }

    private void pump() {
        while (blocking == 0 && !publishers.isEmpty() && canDeliver()) {
            T item = publishers.firstAttachment();
            publishers.grant(
                    null); // first: whoever waits for this or for the item, whichever comes first, has it published
            deliver(item);
        }
    }

    void remove(Subscription<T> subscription) {
        subscribers.remove(subscription);
    }

    void report(Subscription<T> subscription) {
        loop.callSoon(() -> {
            Consumer<? super Subscription<T>> listener = whenSlow;
            if (listener != null) {
                listener.accept(subscription);
            } else {
                LOG.warn("{}: a subscriber does not keep up: {}", loop, subscription);
            }
        });
    }

    /**
     * Publishes nothing any more. Who waits to publish fails, as nobody has seen the item; the subscribers can still take what they
     * have, and then their iterations end. Harmless when repeated.
     */
    public void close() {
        end(null);
    }

    /**
     * As {@link #close()}, because of a failure: the subscribers' iterations throw a {@link ChannelClosedException} with this cause at
     * their end.
     *
     * @param failure why nothing comes any more
     */
    public void close(Throwable failure) {
        end(Objects.requireNonNull(failure, "failure"));
    }

    private void end(@Nullable Throwable failure) {
        loop.checkThread();
        if (closed) {
            return;
        }
        closed = true;
        cause = failure;
        while (!publishers.isEmpty()) {
            publishers.fail(closedException());
        }
        List<Subscription<T>> ending = List.copyOf(subscribers);
        subscribers.clear();
        for (Subscription<T> subscriber : ending) {
            subscriber.end(this::closedException);
        }
    }

    /**
     * Whether it was closed.
     *
     * @return true if nothing is published any more
     */
    public boolean isClosed() {
        return closed;
    }

    /**
     * How it stands, and each of its subscribers.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(
                published,
                publishers.size(),
                subscribers.stream().map(Subscription::statistics).toList(),
                closed);
    }

    EventLoop loop() {
        return loop;
    }

    private ChannelClosedException closedException() {
        return new ChannelClosedException("the broadcast was closed" + (cause == null ? "" : " with a failure"), cause);
    }

    @Override
    public String toString() {
        return "Broadcast[" + published + " published, " + publishers.size() + " publishing, " + subscribers.size()
                + " subscribers" + (closed ? ", closed]" : "]");
    }

    /**
     * How a broadcast stands.
     *
     * @param published how many items were published
     * @param waitingPublishers how many wait to publish one
     * @param subscribers those who are subscribed, in the order in which they came
     * @param closed whether it was closed
     */
    public record Statistics(
            long published, int waitingPublishers, List<Subscription.Statistics> subscribers, boolean closed) {

        /**
         * How a broadcast stands.
         *
         * @param published how many items were published
         * @param waitingPublishers how many wait to publish one
         * @param subscribers those who are subscribed; they are copied
         * @param closed whether it was closed
         */
        public Statistics {
            subscribers = List.copyOf(subscribers);
        }
    }
}

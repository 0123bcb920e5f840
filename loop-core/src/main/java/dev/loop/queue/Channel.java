package dev.loop.queue;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.WaitQueue;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A way for items from some tasks of a loop to others that has an end: whoever receives learns when nothing comes any more, and whoever
 * sends learns when nobody is there to receive. Sends and receives wait in the order of their calls.
 *
 * {@snippet class="dev.loop.SnippetsTest" region="channel"}
 *
 * <p>It has room for {@value #DEFAULT_CAPACITY} items if nothing else is said. With room for none it is a rendezvous: a send is done when
 * a receive was granted its item. Only {@link #unlimited()} never makes a sender wait, and then a slow receiver costs memory.
 *
 * <p><b>Nothing is lost.</b> A send that is done has its item in the channel or with a receiver; one that was cancelled has never
 * happened, and one whose item was taken refuses the cancel. A receive that was granted an item and is cancelled before anybody has
 * read it passes the item on to the next receive, or else the item goes back to its place, the head. What comes back may exceed the
 * capacity until it is taken again, also that of a rendezvous.
 *
 * <p><b>The end.</b> {@link #close()} stands in line behind the sends that wait already: they and what is in the channel can still be
 * received, and then every receive fails with a {@link ChannelClosedException}, and every iteration ends. A channel with several
 * producers or consumers is better used through its ends: it closes when the last {@link Sender} that was open is closed; and when the
 * last {@link Receiver} is, every send fails, waiting or not, and what nobody has received is dropped. What is sent and received on the
 * channel itself is not counted.
 *
 * <p>It belongs to its loop's thread. The semantics follow Kotlin's channels for the close and trio's memory channels for the ends.
 *
 * @param <T> the items, which are never null
 */
@CheckReturnValue
public final class Channel<T> implements Iterable<T> {

    /**
     * How many items fit if nothing else is said. Two tasks that exchange items then switch once for each sixteen, so the price of
     * a switch is gone from the price of an item, and more room would only hide for longer that a receiver is slow.
     */
    public static final int DEFAULT_CAPACITY = 16;

    private static final int UNLIMITED = Integer.MAX_VALUE;

    private final EventLoop loop;
    private final int capacity;
    private final FifoStore<T> store = new FifoStore<>();
    private final WaitQueue<T, @Nullable Receiver<T>>
            receivers; // a receiver that waits is in use, and not to be collected
    private final WaitQueue<@Nullable Void, T> senders;
    private final WaitQueue<@Nullable Void, @Nullable Void> lookingForRoom;
    private int peak;
    private int openSenders;
    private int openReceivers;

    // open -> closed, to be drained -> discarding, or at once
    private @Nullable String closed; // by what
    private @Nullable Throwable cause;
    private boolean discarding;

    /**
     * A channel of the current loop with room for {@value #DEFAULT_CAPACITY} items.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Channel() {
        this(DEFAULT_CAPACITY);
    }

    /**
     * A channel of the current loop.
     *
     * @param capacity how many items fit; 0 for a rendezvous
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Channel(int capacity) {
        this(EventLoop.current(), capacity);
    }

    /**
     * A channel of a loop.
     *
     * @param loop whose tasks use it
     * @param capacity how many items fit; 0 for a rendezvous
     */
    public Channel(EventLoop loop, int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException(
                    "a channel has room for 0 items or more, not " + capacity + "; Channel.unlimited() has no bound");
        }
        this.loop = Objects.requireNonNull(loop, "loop");
        this.capacity = capacity;
        receivers = new WaitQueue<>(loop, (item, _, number) -> giveBack(item, number));
        senders = new WaitQueue<>(loop, null);
        lookingForRoom = new WaitQueue<>(loop, null);
    }

    /**
     * A channel of the current loop without a bound: a send never waits.
     *
     * @param <T> the items
     * @return a channel
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T> Channel<T> unlimited() {
        return unlimited(EventLoop.current());
    }

    /**
     * A channel of a loop without a bound: a send never waits.
     *
     * @param loop whose tasks use it
     * @param <T> the items
     * @return a channel
     */
    public static <T> Channel<T> unlimited(EventLoop loop) {
        return new Channel<>(loop, UNLIMITED);
    }

    /**
     * Sends an item; waits while there is no room, or, at a rendezvous, no receiver.
     *
     * @param item not null
     * @return done when the item is in the channel or was granted to a receive; a cancel before that withdraws it. It fails with a
     *     {@link ChannelClosedException} if the channel was closed, or its last receiver is before that
     */
    public Future<@Nullable Void> send(T item) {
        Future<@Nullable Void> now = sendNow(item);
        return now != null ? now : parkSend(item);
    }

    /** A send that is done at once; null if it would have to wait. */
    @Nullable Future<@Nullable Void> sendNow(T item) {
        loop.checkThread();
        Objects.requireNonNull(item, "item");
        if (closed != null) {
            return loop.failed(isClosed(closed));
        }
        return offer(item) ? loop.done() : null;
    }

    Future<@Nullable Void> parkSend(T item) {
        return senders.park(item);
    }

    /**
     * Sends an item if that needs no wait.
     *
     * @param item not null
     * @return false if there is no room, or, at a rendezvous, no receiver that waits
     * @throws ChannelClosedException if the channel was closed
     */
    public boolean trySend(T item) {
        loop.checkThread();
        Objects.requireNonNull(item, "item");
        if (closed != null) {
            throw isClosed(closed);
        }
        return offer(item);
    }

    private boolean offer(T item) {
        if (!receivers.isEmpty()) {
            return receivers.grant(item, store.number());
        }
        if (store.size() >= capacity) {
            return false;
        }
        add(item);
        return true;
    }

    /**
     * Waits until there is room, or, at a rendezvous, a receiver that waits, and takes none of it: a send that comes in between may
     * take it. It is for those who ask for an item elsewhere only when they can send it here.
     *
     * @return done when a send would not wait. It fails with a {@link ChannelClosedException} if the channel was closed
     */
    public Future<@Nullable Void> whenRoom() {
        loop.checkThread();
        if (closed != null) {
            return loop.failed(isClosed(closed));
        }
        return hasRoom() ? loop.done() : lookingForRoom.park(null);
    }

    private boolean hasRoom() {
        return !receivers.isEmpty() || store.size() < capacity;
    }

    private void tellOfRoom() {
        while (!lookingForRoom.isEmpty() && hasRoom()) {
            lookingForRoom.grant(null);
        }
    }

    /**
     * Receives the next item; waits while there is none.
     *
     * @return the item. It fails with a {@link ChannelClosedException} if the channel was closed and nothing is left in it
     */
    public Future<T> receive() {
        Future<T> now = receiveNow(null);
        return now != null ? now : parkReceive(null);
    }

    /** A receive that is done at once; null if it would have to wait. */
    @Nullable Future<T> receiveNow(@Nullable Receiver<T> end) {
        T item = take();
        if (item != null) {
            return receivers.granted(item, end, store.polled);
        }
        return closed != null ? loop.failed(isClosed(closed)) : null;
    }

    Future<T> parkReceive(@Nullable Receiver<T> end) {
        Future<T> receive = receivers.park(end);
        tellOfRoom();
        return receive;
    }

    /**
     * Receives the next item if there is one.
     *
     * @return the item, or null if there is none now
     * @throws ChannelClosedException if the channel was closed and nothing is left in it
     */
    public @Nullable T tryReceive() {
        T item = take();
        if (item == null && closed != null) {
            throw isClosed(closed);
        }
        return item;
    }

    private @Nullable T take() {
        loop.checkThread();
        T item = store.poll();
        if (item == null) {
            return takeFromSender();
        }
        while (!senders.isEmpty() && store.size() < capacity) {
            add(senders.firstAttachment());
            senders.grant(null);
        }
        tellOfRoom();
        return item;
    }

    private @Nullable T takeFromSender() {
        if (senders.isEmpty()) {
            return null;
        }
        T item = senders.firstAttachment();
        store.polled = store.number();
        senders.grant(null);
        return item;
    }

    private void add(T item) {
        store.add(item, 0);
        peak = Math.max(peak, store.size());
    }

    /** An item that its receiver no longer wants. */
    private void giveBack(T item, long number) {
        if (!discarding && !receivers.grant(item, number)) {
            store.giveBack(item, number);
            peak = Math.max(peak, store.size());
        }
    }

    /** Lets no more sends in; what is here, and the sends that wait, can still be received. Harmless when repeated. */
    public void close() {
        close("was closed", null);
    }

    /**
     * As {@link #close()}, because of a failure: when all is received, receives and iterations throw a {@link ChannelClosedException}
     * with this cause.
     *
     * @param failure why nothing comes any more
     */
    public void close(Throwable failure) {
        close("was closed with a failure", Objects.requireNonNull(failure, "failure"));
    }

    private void close(String why, @Nullable Throwable failure) {
        loop.checkThread();
        if (closed == null) {
            closed = why;
            cause = failure;
            failReceivers(why);
        }
    }

    /**
     * Ends it at once: sends that wait fail, and what is here is taken out. An item that comes back later from a receive that did not
     * want it is dropped.
     *
     * @return what was in the channel, in order
     */
    @CanIgnoreReturnValue
    public List<T> closeNow() {
        return closeNow("was closed");
    }

    private List<T> closeNow(String why) {
        loop.checkThread();
        String first = closed == null ? why : closed;
        closed = first;
        discarding = true;
        List<T> left = store.clear();
        while (!senders.isEmpty()) {
            senders.fail(isClosed(why));
        }
        failReceivers(first);
        return left;
    }

    private void failReceivers(String why) {
        while (!receivers.isEmpty()) {
            receivers.fail(isClosed(why));
        }
        while (!lookingForRoom.isEmpty()) {
            lookingForRoom.fail(isClosed(why));
        }
    }

    /**
     * Opens an end to send through. When the last one that is open is closed, so is the channel.
     *
     * @return an end, to be closed
     * @throws ChannelClosedException if the channel was closed
     */
    public Sender<T> sender() {
        loop.checkThread();
        if (closed != null) {
            throw isClosed(closed);
        }
        openSenders++;
        return new Sender<>(this, new ChannelEnd(loop, this, "sender", this::senderClosed));
    }

    /**
     * Opens an end to receive through. When the last one that is open is closed, every send fails, waiting or not, and what nobody has
     * received is dropped.
     *
     * @return an end, to be closed
     */
    public Receiver<T> receiver() {
        loop.checkThread();
        openReceivers++;
        return new Receiver<>(this, new ChannelEnd(loop, this, "receiver", this::receiverClosed));
    }

    private void senderClosed() {
        if (--openSenders == 0) {
            close("has ended: its last sender was closed", null);
        }
    }

    private void receiverClosed() {
        if (--openReceivers == 0) {
            var _ = closeNow("has lost its last receiver: nobody is there to take what is sent");
        }
    }

    /**
     * The items as they come, for a {@code for} loop in a task: it waits for each, and ends when the channel was closed and nothing is
     * left in it; if it was closed with a failure, it throws. Several iterators share the items. {@code hasNext} takes the item that
     * {@code next} gives.
     *
     * @return an iterator that waits
     */
    @Override
    public Iterator<T> iterator() {
        return new TakingIterator<>(this::receive, Channel::isOrderlyEnd);
    }

    static boolean isOrderlyEnd(RuntimeException error) {
        return error instanceof ChannelClosedException && error.getCause() == null;
    }

    /**
     * Whether it was closed, so that a send fails; there may still be something to receive.
     *
     * @return true if closed
     */
    public boolean isClosed() {
        return closed != null;
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
     * How many items are in it.
     *
     * @return the count, without those of sends that wait
     */
    public int size() {
        return store.size();
    }

    /**
     * How many items fit.
     *
     * @return the bound, 0 for a rendezvous, {@link Integer#MAX_VALUE} if there is none
     */
    public int capacity() {
        return capacity;
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(
                size(), peak, capacity, senders.size(), receivers.size(), openSenders, openReceivers, closed != null);
    }

    private ChannelClosedException isClosed(String why) {
        return new ChannelClosedException("the channel " + why + " (" + this + ")", cause);
    }

    @Override
    public String toString() {
        return "Channel[" + size() + " of " + (capacity == UNLIMITED ? "any" : capacity) + " items, " + senders.size()
                + " sending, " + receivers.size() + " receiving" + (closed == null ? "]" : ", closed]");
    }

    /**
     * How a channel stands.
     *
     * @param items how many items are in it
     * @param peak how many have been in it at most
     * @param capacity how many fit
     * @param waitingSenders how many sends wait
     * @param waitingReceivers how many receives wait
     * @param openSenders how many {@linkplain Sender senders} are open
     * @param openReceivers how many {@linkplain Receiver receivers} are open
     * @param closed whether it was closed
     */
    public record Statistics(
            int items,
            int peak,
            int capacity,
            int waitingSenders,
            int waitingReceivers,
            int openSenders,
            int openReceivers,
            boolean closed) {}
}

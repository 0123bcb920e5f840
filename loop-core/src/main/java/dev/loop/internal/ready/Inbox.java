package dev.loop.internal.ready;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where other threads leave work for the loop: many producers, one consumer, one node for each submission, and at most one
 * selector wakeup in flight.
 *
 * <p>The list is a Treiber stack (R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986) that the
 * consumer takes whole and reverses, so that the order of arrival is kept. The wakeup is a Dekker handshake: the consumer
 * announces that it is going to sleep and then looks at the list once more; a producer pushes and then looks whether the
 * consumer sleeps. All four accesses are sequentially consistent, so at least one side sees the other.
 */
public final class Inbox {

    private static final VarHandle HEAD;
    private static final VarHandle ASLEEP;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(Inbox.class, "head", Node.class);
            ASLEEP = lookup.findVarHandle(Inbox.class, "asleep", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Node {
        final ReadyEntry entry;

        @Nullable Node next;

        Node(ReadyEntry entry) {
            this.entry = entry;
        }
    }

    /** Stands at the head of a closed inbox for good. */
    private static final Node CLOSED = new Node(() -> {});

    private final Runnable wakeup;

    // any thread
    private volatile @Nullable Node head;
    // set by the one thread that is going to sleep for the loop; taken back by it, or by the one thread that wakes it
    private volatile boolean asleep;

    /**
     * An empty inbox.
     *
     * @param wakeup ends the loop's sleep; called by producers, at most once for each sleep
     */
    public Inbox(Runnable wakeup) {
        this.wakeup = wakeup;
    }

    /**
     * Leaves an entry. Thread-safe, takes no lock.
     *
     * @param entry what the loop shall admit to its ready queue
     * @return false if the inbox is closed, and the entry was not taken
     */
    public boolean push(ReadyEntry entry) {
        Node node = new Node(entry);
        Node first;
        do {
            first = head;
            if (first == CLOSED) {
                return false;
            }
            node.next = first;
        } while (!HEAD.compareAndSet(this, first, node));
        wake();
        return true;
    }

    /** Ends the sleep that is going on, if one is, and leaves nothing. Thread-safe, takes no lock. */
    public void wake() {
        if (asleep && ASLEEP.compareAndSet(this, true, false)) {
            wakeup.run();
        }
    }

    /**
     * Whether nothing lies here. Exact for the loop's thread only in the sense of "at this moment".
     *
     * @return true if empty
     */
    public boolean isEmpty() {
        return head == null;
    }

    /**
     * Announces that the loop is going to sleep. The loop's thread, or the one that waits for it in guest mode; never both.
     *
     * @return false if something has arrived and the loop must not sleep
     */
    public boolean beginSleep() {
        asleep = true;
        if (head != null) {
            asleep = false;
            return false;
        }
        return true;
    }

    /** Tells that the loop is awake again. The thread that has begun the sleep only. */
    public void endSleep() {
        if (asleep) {
            asleep = false;
        }
    }

    /**
     * Moves all that lies here to the ready queue, in the order of arrival. The loop's thread only.
     *
     * @param ready where the entries go
     * @return how many there were
     */
    public int drainTo(ReadyQueue ready) {
        Node node = head;
        if (node == null || node == CLOSED) {
            return 0;
        }
        return admit((Node) HEAD.getAndSet(this, (Node) null), ready);
    }

    /**
     * Takes nothing any more; what lies here is moved to the ready queue. The loop's thread only.
     *
     * @param ready where the entries go
     */
    public void close(ReadyQueue ready) {
        Node node = (Node) HEAD.getAndSet(this, CLOSED);
        if (node != CLOSED) {
            admit(node, ready);
        }
    }

    private static int admit(@Nullable Node newest, ReadyQueue ready) {
        Node node = newest;
        Node reversed = null;
        while (node != null) {
            Node next = node.next;
            node.next = reversed;
            reversed = node;
            node = next;
        }
        int count = 0;
        for (; reversed != null; reversed = reversed.next) {
            reversed.entry.admit(ready);
            count++;
        }
        return count;
    }
}

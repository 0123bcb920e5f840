package dev.loop.sync;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A flag that tasks wait for. Setting it lets all of them go on; until it is cleared nobody waits any more.
 *
 * {@snippet class="dev.loop.sync.SyncSnippetsTest" region="event"}
 *
 * <p>It belongs to its loop's thread. For a value that comes once take {@link EventLoop#promise()}.
 */
@CheckReturnValue
public final class Event implements Resource {

    private final EventLoop loop;
    private final WaitQueue<@Nullable Void, @Nullable Void> waiters;
    private boolean set;

    /**
     * An event of the current loop, not set.
     *
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public Event() {
        this(EventLoop.current());
    }

    /**
     * An event of a loop, not set.
     *
     * @param loop whose tasks use it
     */
    public Event(EventLoop loop) {
        this.loop = loop;
        waiters = new WaitQueue<>(loop, null, this);
    }

    /** Sets it: all that wait go on, in the order in which they came, even if it is cleared before they do. Harmless when repeated. */
    public void set() {
        loop.checkThread();
        set = true;
        while (waiters.grant(null)) {
            // the next one
        }
    }

    /** Clears it: who comes from now on waits. Harmless when repeated. */
    public void clear() {
        loop.checkThread();
        set = false;
    }

    /**
     * Whether it is set.
     *
     * @return true if {@link #whenSet()} would not wait
     */
    public boolean isSet() {
        return set;
    }

    /**
     * Waits until it is set.
     *
     * @return done when it was set; at once if it is
     */
    public Future<@Nullable Void> whenSet() {
        loop.checkThread();
        return set ? loop.done() : waiters.park(null);
    }

    /**
     * How it stands.
     *
     * @return a copy of the figures
     */
    public Statistics statistics() {
        return new Statistics(set, waiters.size());
    }

    /** Nobody is known to set it. */
    @Override
    public Collection<Task<?>> holders() {
        return List.of();
    }

    @Override
    public String toString() {
        return "Event[" + (set ? "set" : "not set, " + waiters.size() + " waiting") + " on " + loop.name() + "]";
    }

    /**
     * How an event stands.
     *
     * @param set whether it is set
     * @param waiting how many wait for that
     */
    public record Statistics(boolean set, int waiting) {}
}

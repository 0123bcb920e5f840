package dev.loop.internal.poll;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The {@link Poller} on a java.nio {@link Selector}. Its resolution is one millisecond, rounded up. */
public final class SelectorPoller implements Poller {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Selector selector;
    private final Consumer<SelectionKey> dispatch = SelectorPoller::dispatch;
    private boolean polling; // the loop's thread only

    // any thread: somebody is in await, or about to be; the loop's thread wants to select meanwhile
    private volatile boolean awaiting;
    private volatile boolean wanted;

    /**
     * Opens a selector.
     *
     * @throws UncheckedIOException if the operating system gives none (descriptors exhausted)
     */
    public SelectorPoller() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector: " + e.getMessage(), e);
        }
    }

    @Override
    public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
        SelectionKey old = channel.keyFor(selector);
        if (old != null && old.isValid()) {
            throw new IllegalStateException(
                    channel + " is registered here already: cancel that registration, or change its interest");
        }
        Key registration = new Key(handler);
        try {
            SelectionKey key = channel.register(selector, ops, registration);
            registration.key = key;
            endAwait();
        } catch (IllegalBlockingModeException e) {
            throw new IllegalArgumentException(
                    channel + " is in blocking mode; call configureBlocking(false) before it is registered", e);
        } catch (CancelledKeyException e) {
            throw new IllegalStateException(
                    channel + " was registered before and that registration is cancelled only at the next poll", e);
        } catch (IOException e) {
            throw new UncheckedIOException(channel + " cannot be registered: " + e, e);
        }
        return registration;
    }

    @Override
    public void poll(long timeoutNanos) {
        polling = true;
        try {
            select(timeoutNanos, dispatch);
        } finally {
            polling = false;
        }
    }

    @CanIgnoreReturnValue
    private int select(long timeoutNanos, Consumer<SelectionKey> action) {
        try {
            if (timeoutNanos == 0) {
                return selector.selectNow(action);
            }
            if (timeoutNanos < 0) {
                return selector.select(action);
            }
            // rounded up, so that a timer is never found to be early; written so that it cannot overflow
            return selector.select(action, (timeoutNanos - 1) / NANOS_PER_MILLI + 1);
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed: " + e.getMessage(), e);
        }
    }

    /** A key whose action does nothing stays ready: the next poll finds it again. */
    @Override
    public boolean await(long timeoutNanos) {
        awaiting = true;
        try {
            return !wanted && select(timeoutNanos, _ -> {}) > 0;
        } finally {
            awaiting = false;
        }
    }

    /** A select that is going on does not see what has just changed: it ends, and the next one does. */
    private void endAwait() {
        if (awaiting) {
            selector.wakeup();
        }
    }

    private static void dispatch(SelectionKey key) {
        Key registration = (Key) key.attachment();
        int ready;
        try {
            ready = key.readyOps();
        } catch (CancelledKeyException e) {
            return; // an earlier handler of the same poll ended this registration
        }
        if (ready != 0) {
            try {
                registration.handler.ready(ready);
            } catch (Exception e) {
                // its channel would be found ready, and its handler fail, in every poll from now on
                registration.cancel();
                throw new IllegalStateException(
                        "the readiness handler of " + key.channel() + " failed; the channel is no longer watched", e);
            }
        }
    }

    /** Has the selector drop the keys that were cancelled, which it does only in a select; what is ready is found again later. */
    private void letGo() {
        wanted = true; // nobody may begin an await now: the selector would let this thread wait for its end
        try {
            endAwait();
            select(0, _ -> {});
        } finally {
            wanted = false;
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public int registrations() {
        if (!selector.isOpen()) {
            return 0;
        }
        int count = 0;
        for (SelectionKey key : selector.keys()) {
            if (key.isValid()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the selector does not close: " + e.getMessage(), e);
        }
    }

    /** One key, and the state that the selector must not be asked for. */
    private final class Key implements Registration {
        final ReadinessHandler handler;

        @Nullable SelectionKey key; // null only while register() runs

        private boolean cancelled;

        Key(ReadinessHandler handler) {
            this.handler = handler;
        }

        private SelectionKey key() {
            SelectionKey k = key;
            if (k == null) {
                throw new IllegalStateException("the registration is not complete");
            }
            return k;
        }

        @Override
        public SelectableChannel channel() {
            return key().channel();
        }

        @Override
        public int interest() {
            SelectionKey k = key();
            return k.isValid() ? k.interestOps() : 0;
        }

        @Override
        public void interest(int ops) {
            SelectionKey k = key();
            try {
                if (k.interestOps() != ops) {
                    k.interestOps(ops);
                    endAwait();
                }
            } catch (CancelledKeyException e) {
                // cancelled or its channel closed: nothing is watched any more, as the contract says
            }
        }

        @Override
        public void cancel() {
            if (cancelled) {
                return;
            }
            cancelled = true;
            try {
                key().cancel();
                endAwait();
            } catch (ClosedSelectorException e) {
                // the selector took its keys with it
            }
        }

        @Override
        public void cancelNow() {
            cancel();
            if (!polling && selector.isOpen()) {
                letGo();
            }
        }

        @Override
        public boolean isValid() {
            SelectionKey k = key;
            return !cancelled && k != null && k.isValid();
        }

        @Override
        public <T> @Nullable T unwrap(Class<T> type) {
            SelectionKey k = key;
            return type.isInstance(k) ? type.cast(k) : null;
        }

        @Override
        public String toString() {
            SelectionKey k = key;
            return "Registration[" + (k == null ? "opening" : k.channel() + ", interest " + interest()) + "]";
        }
    }
}

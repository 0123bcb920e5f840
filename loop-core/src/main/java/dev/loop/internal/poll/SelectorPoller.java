package dev.loop.internal.poll;

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
            if (timeoutNanos == 0) {
                selector.selectNow(dispatch);
            } else if (timeoutNanos < 0) {
                selector.select(dispatch);
            } else {
                // rounded up, so that a timer is never found to be early; written so that it cannot overflow
                selector.select(dispatch, (timeoutNanos - 1) / NANOS_PER_MILLI + 1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed: " + e.getMessage(), e);
        } finally {
            polling = false;
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
        try {
            selector.selectNow(_ -> {});
        } catch (IOException e) {
            throw new UncheckedIOException("the selector failed: " + e.getMessage(), e);
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

package dev.loop.io.netty;

import dev.loop.ExceptionContext;
import dev.loop.spi.Interest;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import io.netty.channel.IoEvent;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoEvent;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoOps;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A channel of Netty's on the loop's poller. Readiness arrives on the platform thread and is handed to the callback thread, where
 * Netty handles it.
 *
 * <p>At most one such entry is on its way. If the channel is found ready again before Netty has seen the first (a callback blocks),
 * it is no longer watched for what is known already, until Netty has come to it: a blocked callback neither makes the poll spin nor
 * fills the queue.
 */
final class ChannelRegistration implements IoRegistration, ReadinessHandler, Runnable {

    /** Netty has a constant for each of these and shows them to nobody. */
    private static final NioIoEvent[] EVENTS =
            new NioIoEvent[(Interest.READ | Interest.WRITE | Interest.CONNECT | Interest.ACCEPT) + 1];

    static {
        for (int ops = 0; ops < EVENTS.length; ops++) {
            NioIoOps netty = NioIoOps.valueOf(ops);
            EVENTS[ops] = () -> netty;
        }
    }

    private final NettyEventLoop netty;
    private final NioIoHandle handle;
    private final ChannelKey key;
    private final Registration registration;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    // the loop's thread only
    private int wanted = Interest.NONE; // what Netty wants to be told
    private int pending = Interest.NONE; // what it will be told
    private boolean queued; // an entry for that is in the loop's queue
    private boolean masked; // the poller watches for less than is wanted

    /**
     * Registers the channel, watched for nothing yet.
     *
     * @throws IllegalStateException caused by a {@link java.nio.channels.CancelledKeyException} if the selector still holds an
     *     earlier, cancelled registration of the channel
     */
    ChannelRegistration(NettyEventLoop netty, NioIoHandle handle) {
        this.netty = netty;
        this.handle = handle;
        key = new ChannelKey(this);
        registration = netty.loop().register(handle.selectableChannel(), Interest.NONE, this);
    }

    // --- from the poll to Netty

    @Override
    public void ready(int ops) {
        pending |= ops;
        if (queued) {
            masked = true;
            registration.interest(wanted & ~pending);
        } else {
            queued = true;
            netty.loop().callSoon(this);
        }
    }

    /** Netty's turn: a callback of the loop. */
    @Override
    public void run() {
        int ops = pending
                & wanted; // not what Netty has meanwhile ceased to watch: it will be told again when it asks again
        pending = Interest.NONE;
        queued = false;
        if (masked) {
            masked = false;
            registration.interest(wanted);
        }
        if (cancelled.get()) {
            return;
        }
        if (!registration.isValid()) {
            close(); // somebody has closed the channel underneath Netty
        } else if (ops != Interest.NONE) {
            handle(EVENTS[ops]);
        }
    }

    private void handle(IoEvent event) {
        try {
            handle.handle(this, event);
        } catch (Throwable e) {
            // it would be found ready, and fail, in every poll from now on
            close();
            throw e;
        }
    }

    // --- from Netty to the poll

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as Netty declares it; it casts to SelectionKey
    public <T> T attachment() {
        return (T) key;
    }

    @Override
    public long submit(IoOps ops) {
        if (!(ops instanceof NioIoOps nio)) {
            throw new IllegalArgumentException("not the operations of an NIO channel: " + ops);
        }
        if (!isValid()) {
            return -1;
        }
        interest(nio.value());
        return nio.value();
    }

    int interest() {
        return wanted;
    }

    void interest(int ops) {
        if (!netty.onLoopThread()) {
            netty.execute(() -> interest(ops));
            return;
        }
        wanted = ops;
        registration.interest(masked ? ops & ~pending : ops);
    }

    @Override
    public boolean isValid() {
        return !cancelled.get() && registration.isValid();
    }

    @Override
    public boolean cancel() {
        if (!cancelled.compareAndSet(false, true)) {
            return false;
        }
        if (netty.onLoopThread()) {
            unregister();
        } else {
            netty.execute(this::unregister);
        }
        return true;
    }

    private void unregister() {
        registration.cancel();
        netty.unregistered(this);
        handle.unregistered();
    }

    /** Ends the registration and closes the channel, as Netty does it. */
    void close() {
        cancel();
        try {
            handle.close();
        } catch (Exception e) {
            netty.loop()
                    .callExceptionHandler(
                            new ExceptionContext("a channel of Netty does not close: " + handle, e, null, null));
        }
    }

    SelectableChannel channel() {
        return registration.channel();
    }

    @Nullable SelectionKey realKey() {
        return registration.unwrap(SelectionKey.class);
    }

    @Override
    public String toString() {
        return "ChannelRegistration[" + channel() + "]";
    }
}

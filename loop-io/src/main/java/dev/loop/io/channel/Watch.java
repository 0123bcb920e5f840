package dev.loop.io.channel;

import dev.loop.EventLoop;
import dev.loop.spi.Interest;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import org.jspecify.annotations.Nullable;

/**
 * The one owner of a channel's registration. It is registered at the first wait, and the interest changes only when it must: reading
 * stays armed while somebody reads, and an event that finds no waiter disarms its bit.
 *
 * <p>It belongs to the loop's thread; {@link #ready} runs on the platform thread, inside the poll.
 */
final class Watch implements ReadinessHandler {

    /** One direction of a channel, waiting for it to become ready. */
    interface Side {

        /**
         * The channel is ready: tries the operation that waits, and completes it if it is through. On the platform thread.
         *
         * @return whether the bit shall stay armed
         */
        boolean ready();
    }

    private static final int IN = Interest.READ | Interest.ACCEPT;
    private static final int OUT = Interest.WRITE | Interest.CONNECT;

    private final EventLoop loop;
    private final SelectableChannel channel;
    private @Nullable Registration registration; // null until the first wait
    private int armed;
    private boolean closed;

    private @Nullable Side in;
    private @Nullable Side out;

    Watch(EventLoop loop, SelectableChannel channel) {
        this.loop = loop;
        this.channel = channel;
    }

    /** Has this side told of the readiness of one kind, from the next poll on. */
    void arm(int bit, Side side) {
        if ((bit & IN) != 0) {
            in = side;
        } else {
            out = side;
        }
        if ((armed & bit) == 0) {
            change(armed | bit);
        }
    }

    void disarm(int bits) {
        if ((armed & bits) != 0) {
            change(armed & ~bits);
        }
    }

    private void change(int bits) {
        Registration r = registration;
        if (r == null) {
            registration = loop.register(channel, bits, this);
        } else {
            r.interest(bits);
        }
        armed = bits;
    }

    @Override
    public void ready(int ops) {
        int idle = 0;
        if ((ops & IN) != 0 && !tell(in)) {
            idle |= IN;
        }
        if ((ops & OUT) != 0 && !tell(out)) {
            idle |= OUT;
        }
        if (idle != 0 && !closed) {
            disarm(idle);
        }
    }

    private static boolean tell(@Nullable Side side) {
        return side != null && side.ready();
    }

    /** Ends the registration, before the channel closes. */
    void close() {
        closed = true;
        armed = 0;
        Registration r = registration;
        if (r != null) {
            r.cancel();
        }
    }

    /** As {@link #close()}, and lets go of the channel at once, so that its close frees its port. */
    void closeNow() {
        Registration r = registration;
        if (r != null) {
            r.cancelNow();
        }
        close();
    }

    /** For tests: what is watched now. */
    int armed() {
        return armed;
    }
}

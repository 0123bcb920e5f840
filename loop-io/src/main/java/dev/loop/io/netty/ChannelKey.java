package dev.loop.io.netty;

import dev.loop.spi.Interest;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * The selection key that Netty sees. Its interest set is what Netty has asked for; while an event of the channel waits for a
 * callback that blocks, the real key watches less than that, and Netty must not compute its next set from it.
 */
final class ChannelKey extends SelectionKey {

    private final ChannelRegistration registration;

    ChannelKey(ChannelRegistration registration) {
        this.registration = registration;
    }

    @Override
    public SelectableChannel channel() {
        return registration.channel();
    }

    @Override
    public Selector selector() {
        SelectionKey real = registration.realKey();
        if (real == null) {
            throw new UnsupportedOperationException("the poller of " + registration + " has no selector");
        }
        return real.selector();
    }

    @Override
    public boolean isValid() {
        return registration.isValid();
    }

    @Override
    public void cancel() {
        registration.cancel();
    }

    @Override
    public int interestOps() {
        checkValid();
        return registration.interest();
    }

    @Override
    public SelectionKey interestOps(int ops) {
        checkValid();
        if ((ops & ~channel().validOps()) != 0) {
            throw new IllegalArgumentException(channel() + " cannot be watched for " + Integer.toBinaryString(ops));
        }
        registration.interest(ops);
        return this;
    }

    @Override
    public int readyOps() {
        checkValid();
        SelectionKey real = registration.realKey();
        return real == null ? Interest.NONE : real.readyOps();
    }

    private void checkValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }
}

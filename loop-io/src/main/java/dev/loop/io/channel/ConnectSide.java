package dev.loop.io.channel;

import dev.loop.CancelHook;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.io.StreamClosedException;
import dev.loop.spi.Interest;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import org.jspecify.annotations.Nullable;

/** The one attempt of a socket to connect. Whatever ends it otherwise than well closes the socket. */
final class ConnectSide implements Watch.Side, CancelHook<@Nullable Void> {

    private final StreamChannel stream;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final Watch watch;
    private final SocketAddress address;
    private @Nullable Promise<@Nullable Void> waiter;

    ConnectSide(StreamChannel stream, EventLoop loop, SocketChannel channel, Watch watch, SocketAddress address) {
        this.stream = stream;
        this.loop = loop;
        this.channel = channel;
        this.watch = watch;
        this.address = address;
    }

    Future<@Nullable Void> connect() {
        try {
            if (channel.connect(address)) {
                return loop.done();
            }
            watch.arm(Interest.CONNECT, this);
        } catch (IOException e) {
            stream.close();
            return loop.failed(NetworkErrors.whileConnecting(address, e));
        } catch (UnsupportedAddressTypeException e) {
            stream.close();
            var cause = new IOException("this kind of address is switched off or unknown here", e);
            return loop.failed(NetworkErrors.whileConnecting(address, cause));
        }
        Promise<@Nullable Void> promise = loop.promise(this);
        waiter = promise;
        return promise;
    }

    @Override
    public boolean ready() {
        Promise<@Nullable Void> promise = waiter;
        if (promise == null) {
            return false;
        }
        try {
            if (!channel.finishConnect()) {
                return true;
            }
        } catch (IOException e) {
            waiter = null;
            stream.close();
            promise.fail(NetworkErrors.whileConnecting(address, e));
            return false;
        }
        waiter = null;
        promise.complete(null);
        return false;
    }

    @Override
    public boolean stop(Promise<@Nullable Void> promise, @Nullable String reason) {
        waiter = null;
        stream.close();
        return true;
    }

    void close() {
        Promise<@Nullable Void> promise = waiter;
        if (promise != null) {
            waiter = null;
            promise.fail(new StreamClosedException(
                    "the socket was closed while it connected to " + Addresses.text(address)));
        }
    }
}

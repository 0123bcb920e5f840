package dev.loop.io.netty;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import org.jspecify.annotations.Nullable;

/** Netty's futures awaited in tasks. */
@CheckReturnValue
public final class NettyFutures {

    private NettyFutures() {}

    /**
     * The outcome of a future of Netty's, for the loop of the calling task or callback. A cancel of the wait only leaves it: several
     * may share it, and a channel's close future must never be cancelled.
     *
     * @param netty any future; whichever thread completes it
     * @param <T> its value
     * @return a wait for it; cancelled if that was
     * @throws IllegalStateException if the calling thread runs no loop
     */
    public static <T extends @Nullable Object> Future<T> toFuture(io.netty.util.concurrent.Future<T> netty) {
        EventLoop loop = EventLoop.current();
        Promise<T> promise = loop.promise();
        netty.addListener(_ -> complete(loop, promise, netty));
        return promise;
    }

    private static <T extends @Nullable Object> void complete(
            EventLoop loop, Promise<T> promise, io.netty.util.concurrent.Future<T> netty) {
        boolean here = EventLoop.currentOrNull() == loop;
        if (netty.isSuccess()) {
            if (here) {
                promise.tryComplete(netty.getNow());
            } else {
                promise.completeThreadsafe(netty.getNow());
            }
            return;
        }
        Throwable error =
                netty.isCancelled() ? new CancelledException("the future of Netty was cancelled") : netty.cause();
        if (here) {
            promise.tryFail(error);
        } else {
            promise.failThreadsafe(error);
        }
    }
}

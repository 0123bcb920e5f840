package dev.loop.io.http;

import dev.loop.Async;
import dev.loop.Future;
import dev.loop.TimeoutException;
import dev.loop.io.netty.NettyFutures;
import dev.loop.io.netty.NettyLoopResources;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import reactor.netty.DisposableServer;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerResponse;

/** The end of a server in order: no more connections, what is being answered is answered, then the rest is cut. Runs in a task. */
@SuppressWarnings("FutureReturnValueIgnored") // what a close has to tell is awaited as the channel's close future
final class ServerStop {

    private final DisposableServer server;
    private final ChannelGroup connections;
    private final Duration grace;

    ServerStop(DisposableServer server, ChannelGroup connections, Duration grace) {
        this.server = server;
        this.connections = connections;
        this.grace = grace;
    }

    /** Returns how many connections were cut off in the middle of a request. */
    int run() {
        NettyFutures.toFuture(server.channel().close()).await();
        try {
            Async.timeout(grace, this::finishRequests);
        } catch (TimeoutException e) {
            // the grace period is over; what is left is cut
        }
        return cutOff();
    }

    private void finishRequests() {
        // connections that were accepted just before may appear while we wait
        Set<Channel> seen = new HashSet<>();
        for (List<Channel> news = unseen(seen); !news.isEmpty(); news = unseen(seen)) {
            Async.gather(news.stream().map(this::finish).toList()).await();
        }
    }

    private List<Channel> unseen(Set<Channel> seen) {
        return new ArrayList<>(mine().stream().filter(seen::add).toList());
    }

    private List<Channel> mine() {
        return connections.stream().filter(this::isMine).toList();
    }

    /** HTTP/1 connections are children of the server's channel; the streams of HTTP/2 are children of those. */
    private boolean isMine(Channel channel) {
        for (Channel parent = channel.parent(); parent != null; parent = parent.parent()) {
            if (parent == server.channel()) {
                return true;
            }
        }
        return false;
    }

    /** Closes a connection when it has answered what it is answering. */
    private Future<Void> finish(Channel channel) {
        ChannelOperations<?, ?> request = ChannelOperations.get(channel);
        if (request == null) {
            channel.close();
        } else {
            tellLast(request);
            request.onTerminate().subscribe(null, _ -> channel.close(), channel::close);
        }
        return NettyFutures.toFuture(channel.closeFuture());
    }

    /** The client had better know that this is the last answer on its connection. */
    private static void tellLast(ChannelOperations<?, ?> request) {
        if (request instanceof HttpServerResponse response) {
            try {
                response.keepAlive(false);
            } catch (IllegalStateException e) {
                // its headers have been sent already
            }
        }
    }

    private int cutOff() {
        int inFlight = 0;
        List<Channel> left = mine();
        for (Channel channel : left) {
            if (ChannelOperations.get(channel) != null) {
                inFlight++;
                channel.attr(NettyLoopResources.CLOSE_REASON)
                        .set("the server stops, and its grace period of " + grace + " is over");
            }
            channel.close();
        }
        for (Channel channel : left) {
            NettyFutures.toFuture(channel.closeFuture()).await();
        }
        return inFlight;
    }
}

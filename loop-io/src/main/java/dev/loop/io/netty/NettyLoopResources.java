package dev.loop.io.netty;

import dev.loop.EventLoop;
import dev.loop.reactor.LoopScheduler;
import dev.loop.reactor.Monos;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.FutureMono;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * What Reactor Netty needs to run on an {@link EventLoop}: the loop as its only event loop, and on it a connection pool and a DNS
 * resolver that belong to it. Reactor Netty's own defaults are global, have threads of their own, and never end.
 *
 * {@snippet file="dev/loop/io/http/SnippetsTest.java" region="resources"}
 *
 * <p>A client is given its resolver before {@code runOn}, which otherwise makes one that outlives the loop.
 *
 * <p>There is one for each loop. It ends with the loop, or earlier by {@link #dispose()}. Native transports are never used: the
 * loop's poller is a selector.
 */
public final class NettyLoopResources implements LoopResources {

    /** Why a connection was closed on this side, for whoever was using it; not set if the peer has closed it. */
    public static final AttributeKey<String> CLOSE_REASON =
            AttributeKey.valueOf(NettyLoopResources.class, "closeReason");

    /** How many connections of clients to one host, as in Reactor Netty's global pool. */
    private static final int MAX_CONNECTIONS = 500;

    /** How long an idle connection is kept in the pool, and how often the pool looks for such ones. */
    private static final Duration IDLE = Duration.ofSeconds(30);

    /** How long the end may take when the loop closes. */
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private static final Map<EventLoop, NettyLoopResources> ALL = new ConcurrentHashMap<>();

    private final EventLoop loop;
    private final NettyEventLoop group;
    private final ChannelGroup serverConnections;
    private final Runnable forgetCloser;
    private final AtomicBoolean disposed = new AtomicBoolean();

    // the loop's thread only; made when they are first asked for
    private @Nullable ConnectionProvider connectionProvider;
    private @Nullable AddressResolverGroup<?> resolver;

    private NettyLoopResources(EventLoop loop) {
        this.loop = loop;
        group = new NettyEventLoop(loop);
        serverConnections = new DefaultChannelGroup(loop.name(), group);
        forgetCloser = loop.onClose(() -> Monos.await(disposeLater(Duration.ZERO, CLOSE_LIMIT)));
    }

    /**
     * The resources of a loop; they are made at the first call, and anew after they were disposed.
     *
     * @param loop a loop; it need not run yet. If it runs, one of its tasks or callbacks must be the caller.
     * @return its resources
     * @throws IllegalStateException if the loop has closed
     */
    public static NettyLoopResources forLoop(EventLoop loop) {
        Objects.requireNonNull(loop, "loop");
        loop.checkThread();
        NettyLoopResources known = ALL.get(loop);
        if (known == null) {
            known = new NettyLoopResources(loop);
            ALL.put(loop, known);
        }
        return known;
    }

    /**
     * The loop.
     *
     * @return on which everything runs
     */
    public EventLoop loop() {
        return loop;
    }

    /**
     * The loop as Netty sees it, for other libraries on Netty too.
     *
     * @return an event loop group of one
     */
    public NettyEventLoop group() {
        return group;
    }

    /**
     * A pool of client connections with its time-outs on the loop's timers. On the loop's thread only.
     *
     * <p>It opens at most 500 connections to one host, and any number of requests may wait for one, each for 45 s at most (tasks are
     * cheap, and it is for their maker to bound them). A connection that nobody has used for 30 s is closed.
     *
     * @return Reactor Netty's pool
     */
    public ConnectionProvider connectionProvider() {
        loop.checkThread();
        ConnectionProvider provider = connectionProvider;
        if (provider == null) {
            checkNotDisposed();
            LoopScheduler scheduler = LoopScheduler.of(loop);
            provider = ConnectionProvider.builder(loop.name())
                    .maxConnections(MAX_CONNECTIONS)
                    .pendingAcquireMaxCount(-1)
                    .maxIdleTime(IDLE)
                    .evictInBackground(IDLE, scheduler)
                    .pendingAcquireTimer(
                            (timeout, after) -> scheduler.schedule(timeout, after.toNanos(), TimeUnit.NANOSECONDS))
                    .build();
            connectionProvider = provider;
        }
        return provider;
    }

    /**
     * Netty's non-blocking DNS resolver, with its sockets and its cache on this loop. On the loop's thread only.
     *
     * @return for {@code HttpClient.resolver} and its kin: a client that is given none makes one that outlives its loop
     */
    public AddressResolverGroup<?> resolver() {
        loop.checkThread();
        AddressResolverGroup<?> r = resolver;
        if (r == null) {
            checkNotDisposed();
            r = NameResolverProvider.builder().build().newNameResolverGroup(this, false);
            resolver = r;
        }
        return r;
    }

    /**
     * Where servers on this loop keep the connections that they have accepted, so that they can be stopped in order.
     *
     * @return for {@code HttpServer.channelGroup}
     */
    public ChannelGroup serverConnections() {
        return serverConnections;
    }

    // --- for Reactor Netty

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return group;
    }

    @Override
    public EventLoopGroup onClient(boolean useNative) {
        return group;
    }

    @Override
    public EventLoopGroup onServerSelect(boolean useNative) {
        return group;
    }

    /** The NIO channel of this kind. Answered here, because the default first tries to load every native transport. */
    @Override
    public <C extends Channel> C onChannel(Class<C> channelType, EventLoopGroup eventLoops) {
        if (channelType == SocketChannel.class) {
            return channelType.cast(new NioSocketChannel());
        }
        if (channelType == ServerSocketChannel.class) {
            return channelType.cast(new NioServerSocketChannel());
        }
        if (channelType == DatagramChannel.class) {
            return channelType.cast(new NioDatagramChannel());
        }
        throw unsupported(channelType);
    }

    @Override
    public <C extends Channel> Class<? extends C> onChannelClass(Class<C> channelType, EventLoopGroup eventLoops) {
        if (channelType == SocketChannel.class) {
            return NioSocketChannel.class.asSubclass(channelType);
        }
        if (channelType == ServerSocketChannel.class) {
            return NioServerSocketChannel.class.asSubclass(channelType);
        }
        if (channelType == DatagramChannel.class) {
            return NioDatagramChannel.class.asSubclass(channelType);
        }
        throw unsupported(channelType);
    }

    private static IllegalArgumentException unsupported(Class<?> channelType) {
        return new IllegalArgumentException("no " + channelType.getSimpleName()
                + " on this loop: it has TCP and UDP sockets (SocketChannel, ServerSocketChannel, DatagramChannel)");
    }

    // --- the end

    @Override
    public boolean isDisposed() {
        return disposed.get();
    }

    /** Ends this without a quiet period: everything that could still come is on this loop too. */
    @Override
    public Mono<Void> disposeLater() {
        return disposeLater(Duration.ZERO, Duration.ofSeconds(15));
    }

    /**
     * Ends this. The pool, the resolver, and every channel of Netty's on the loop are closed, servers included. The loop goes on,
     * and nothing sleeps.
     */
    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        return Mono.defer(() -> {
            if (disposed.compareAndSet(false, true)) {
                ALL.remove(loop, this);
                if (group.onLoopThread() || !loop.isRunning()) {
                    disposeOwned();
                } else {
                    group.execute(this::disposeOwned);
                }
            }
            return FutureMono.from(
                    group.shutdownGracefully(quietPeriod.toNanos(), timeout.toNanos(), TimeUnit.NANOSECONDS));
        });
    }

    private void checkNotDisposed() {
        if (disposed.get()) {
            throw new IllegalStateException(this + " was disposed: NettyLoopResources.forLoop(loop) gives a new one");
        }
    }

    private void disposeOwned() {
        forgetCloser.run();
        serverConnections.forEach(c -> c.attr(CLOSE_REASON).setIfAbsent("Netty was shut down on this loop"));
        if (connectionProvider != null) {
            connectionProvider.dispose();
        }
        if (resolver != null) {
            resolver.close();
        }
    }

    @Override
    public String toString() {
        return "NettyLoopResources[" + loop.name() + "]";
    }
}

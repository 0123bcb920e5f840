package dev.loop.io.netty;

import dev.loop.EventLoop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Netty's view of an {@link EventLoop}: an {@link IoEventLoop} (and the group of this one) without a thread, a queue, a timer heap
 * or a selector of its own. Give it to anything that takes an {@code EventLoopGroup} and NIO channels.
 *
 * <p>What Netty executes becomes a callback of the loop, its timers are the loop's timers on the loop's clock, and its channels
 * are registered with the loop's poller. So {@link #inEventLoop()} is true for the thread of the loop's callbacks, and for that one
 * only: in a task it is false, and Netty then does what it does for any other thread. It enqueues, and a {@code sync()} parks the
 * task instead of being refused.
 *
 * <p>Any thread may call. There is one for each loop, made by {@link NettyLoopResources#forLoop}, and it ends with it.
 */
public final class NettyEventLoop extends LoopExecutor implements IoEventLoop {

    /**
     * How often a registration is tried again whose channel is still being taken off the selector. That happens in a poll, and a
     * busy loop polls at least once in 61 turns.
     */
    private static final int REGISTER_ATTEMPTS = 200;

    private final Termination termination = new Termination(this);

    // the loop's thread only
    private final Set<ChannelRegistration> registrations = new LinkedHashSet<>();

    NettyEventLoop(EventLoop loop) {
        super(loop);
    }

    @Override
    public IoEventLoop next() {
        return this;
    }

    @Override
    public @Nullable IoEventLoopGroup parent() {
        return null;
    }

    // --- channels

    @Override
    public Future<IoRegistration> register(IoHandle handle) {
        Promise<IoRegistration> promise = newPromise();
        if (!(handle instanceof NioIoHandle nio)) {
            return promise.setFailure(new IllegalArgumentException("only NIO channels can be registered with " + this
                    + ", not " + handle.getClass().getName()));
        }
        if (inEventLoop()) {
            register(nio, promise, REGISTER_ATTEMPTS);
        } else {
            execute(() -> register(nio, promise, REGISTER_ATTEMPTS));
        }
        return promise;
    }

    private void register(NioIoHandle handle, Promise<IoRegistration> promise, int attempts) {
        ChannelRegistration registration;
        try {
            registration = new ChannelRegistration(this, handle);
        } catch (IllegalStateException e) {
            // an earlier registration of this channel leaves the selector in the next poll only
            if (e.getCause() instanceof CancelledKeyException && attempts > 0) {
                execute(() -> register(handle, promise, attempts - 1));
            } else {
                promise.setFailure(e);
            }
            return;
        } catch (UncheckedIOException e) {
            promise.setFailure(e.getCause());
            return;
        } catch (RuntimeException e) {
            promise.setFailure(e);
            return;
        }
        registrations.add(registration);
        handle.registered();
        promise.setSuccess(registration);
    }

    void unregistered(ChannelRegistration registration) {
        registrations.remove(registration);
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel) {
        return register(new DefaultChannelPromise(channel, this));
    }

    @Override
    @Deprecated
    public ChannelFuture register(ChannelPromise promise) {
        promise.channel().unsafe().register(this, promise);
        return promise;
    }

    @Override
    @Deprecated
    public ChannelFuture register(Channel channel, ChannelPromise promise) {
        channel.unsafe().register(this, promise);
        return promise;
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return NioIoHandle.class.isAssignableFrom(handleType);
    }

    /** {@inheritDoc} True for {@link NioIoHandler}: libraries ask this in order to choose their channel classes. */
    @Override
    public boolean isIoType(Class<? extends IoHandler> handlerType) {
        return handlerType == NioIoHandler.class;
    }

    /**
     * How many channels of Netty are registered. On the loop's thread only.
     *
     * @return the count
     */
    public int registrations() {
        return registrations.size();
    }

    // --- the end

    @Override
    boolean admits() {
        return termination.admits();
    }

    /** {@inheritDoc} Netty's channels are closed and its timers cancelled; the loop goes on. Nothing sleeps meanwhile. */
    @Override
    public Future<Void> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        return termination.begin(quietPeriod, timeout, unit);
    }

    @Override
    public Future<Void> shutdownGracefully() {
        return shutdownGracefully(0, 15, TimeUnit.SECONDS);
    }

    @Override
    @Deprecated
    @SuppressWarnings({"FutureReturnValueIgnored", "InlineMeSuggester"}) // it has its own future
    public void shutdown() {
        shutdownGracefully();
    }

    @Override
    public Future<Void> terminationFuture() {
        return termination.future();
    }

    @Override
    public boolean isShuttingDown() {
        return termination.hasBegun();
    }

    @Override
    public boolean isShutdown() {
        return termination.hasEnded();
    }

    @Override
    public boolean isTerminated() {
        return termination.hasEnded();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return termination.future().await(timeout, unit);
    }

    void closeChannels() {
        for (ChannelRegistration registration : new ArrayList<>(registrations)) {
            registration.close();
        }
    }

    @Override
    public String toString() {
        return "NettyEventLoop[" + loop().name() + "]";
    }
}

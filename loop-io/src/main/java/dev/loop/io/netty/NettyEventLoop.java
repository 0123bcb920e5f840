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
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
public final class NettyEventLoop extends AbstractEventExecutor implements IoEventLoop {

    /**
     * How often a registration is tried again whose channel is still being taken off the selector. That happens in a poll, and a
     * busy loop polls at least once in 61 turns.
     */
    private static final int REGISTER_ATTEMPTS = 200;

    private final EventLoop loop;
    private final Ticker ticker;
    private final Termination termination = new Termination(this);

    // the loop's thread only
    private final Set<ChannelRegistration> registrations = new LinkedHashSet<>();
    private final Set<LoopTimer<?>> timers = new LinkedHashSet<>();

    NettyEventLoop(EventLoop loop) {
        this.loop = loop;
        ticker = new LoopTicker(loop);
    }

    /**
     * The loop behind this.
     *
     * @return the loop whose thread runs it
     */
    public EventLoop loop() {
        return loop;
    }

    // --- who is where

    @Override
    public boolean inEventLoop(Thread thread) {
        return loop.isCallbackThread(thread);
    }

    /** Whether the caller is a task, a callback or the kernel of the loop: somebody who may call its methods. */
    boolean onLoopThread() {
        return loop.isCallbackThread(Thread.currentThread()) || EventLoop.currentOrNull() == loop;
    }

    @Override
    public IoEventLoop next() {
        return this;
    }

    @Override
    public @Nullable IoEventLoopGroup parent() {
        return null;
    }

    @Override
    public Ticker ticker() {
        return ticker;
    }

    // --- executing

    /**
     * Runs a command as a callback of the loop, in its order.
     *
     * @throws RejectedExecutionException if this has terminated or the loop has closed
     */
    @Override
    public void execute(Runnable command) {
        Objects.requireNonNull(command, "command");
        if (!termination.admits()) {
            throw new RejectedExecutionException(this + " has terminated; it does not take " + command);
        }
        try {
            if (onLoopThread()) {
                loop.callSoon(command);
            } else {
                loop.callSoonThreadsafe(command);
            }
        } catch (IllegalStateException e) {
            throw new RejectedExecutionException(loop + " is closed; it does not take " + command, e);
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(Executors.callable(command), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return new LoopTimer<V>(this, callable, 0).start(Math.max(0, unit.toNanos(delay)));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return repeat(command, initialDelay, period, unit, 1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return repeat(command, initialDelay, delay, unit, -1);
    }

    private ScheduledFuture<?> repeat(Runnable command, long initialDelay, long period, TimeUnit unit, int sign) {
        Objects.requireNonNull(command, "command");
        if (initialDelay < 0) {
            throw new IllegalArgumentException("the initial delay is negative: " + initialDelay + " " + unit);
        }
        long nanos = unit.toNanos(period);
        if (nanos <= 0) {
            throw new IllegalArgumentException("the period is not positive: " + period + " " + unit);
        }
        return new LoopTimer<>(this, Executors.callable(command), sign * nanos).start(unit.toNanos(initialDelay));
    }

    void started(LoopTimer<?> timer) {
        timers.add(timer);
    }

    void ended(LoopTimer<?> timer) {
        timers.remove(timer);
    }

    // --- channels

    @Override
    public Future<IoRegistration> register(IoHandle handle) {
        Promise<IoRegistration> promise = newPromise();
        if (!(handle instanceof NioIoHandle nio)) {
            return promise.setFailure(new IllegalArgumentException(
                    "only NIO channels can be registered with " + this + ", not " + handle.getClass().getName()));
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

    /**
     * How many timers of Netty run. On the loop's thread only.
     *
     * @return the count
     */
    public int timers() {
        return timers.size();
    }

    // --- the end

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

    void cancelTimers() {
        for (LoopTimer<?> timer : new ArrayList<>(timers)) {
            timer.cancel(false);
        }
    }

    void closeChannels() {
        for (ChannelRegistration registration : new ArrayList<>(registrations)) {
            registration.close();
        }
    }

    // --- waiting for tasks of one's own would wait for ever

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        refuseInEventLoop("invokeAny");
        return super.invokeAny(tasks);
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        refuseInEventLoop("invokeAny");
        return super.invokeAny(tasks, timeout, unit);
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
            throws InterruptedException {
        refuseInEventLoop("invokeAll");
        return super.invokeAll(tasks);
    }

    @Override
    public <T> List<java.util.concurrent.Future<T>> invokeAll(
            Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit) throws InterruptedException {
        refuseInEventLoop("invokeAll");
        return super.invokeAll(tasks, timeout, unit);
    }

    private void refuseInEventLoop(String what) {
        if (inEventLoop()) {
            throw new RejectedExecutionException(what + " in a callback of " + loop + " would wait for itself");
        }
    }

    @Override
    public String toString() {
        return "NettyEventLoop[" + loop.name() + "]";
    }
}

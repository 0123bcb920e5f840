package dev.loop.benchmarks;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.TearDown;

/** Baseline of {@link WakeupBenchmark}: Netty's own loop on a selector. */
public class NettyWakeupBenchmark extends FromAnotherThread {

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Executor loop = group.next();

    /** For JMH. */
    public NettyWakeupBenchmark() {}

    @Override
    protected void submit(Runnable callback) {
        loop.execute(callback);
    }

    /** Ends the loop. */
    @TearDown
    public void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}

package dev.loop.io.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.reactor.Monos;
import dev.loop.spi.Interest;
import dev.loop.testing.TestLoop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Netty ends on the loop, with it or before it, and takes nothing with it that is not Netty's. */
@Tag("both-engines")
class NettyShutdownTest {

    private static Channel bind(NettyEventLoop netty) {
        var bound = new ServerBootstrap()
                .group(netty)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter())
                .bind("127.0.0.1", 0);
        NettyFutures.toFuture(bound).await();
        return bound.channel();
    }

    @Test
    void itsEndClosesNettysChannelsAndNotOurs() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            NettyEventLoop netty = NettyLoopResources.forLoop(loop).group();
            Channel theirs = bind(netty);
            try (var ours = ServerSocketChannel.open()) {
                ours.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
                var registration = loop.register(ours, Interest.ACCEPT, _ -> {});
                NettyFutures.toFuture(netty.shutdownGracefully(0, 5, TimeUnit.SECONDS))
                        .await();
                assertThat(theirs.isOpen()).isFalse();
                assertThat(netty.registrations()).isZero();
                assertThat(registration.isValid()).isTrue();
                assertThat(ours.isOpen()).isTrue();
                registration.cancel();
            }
            Async.sleep(Duration.ofMillis(1)).await(); // the loop goes on
        });
    }

    @Test
    void theQuietPeriodPassesOnTheLoopsClockAndBeginsAnewWithEveryCommand() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                NettyEventLoop netty = NettyLoopResources.forLoop(test.loop()).group();
                netty.schedule(() -> {}, 1, TimeUnit.HOURS);
                var end = netty.shutdownGracefully(2, 15, TimeUnit.SECONDS);
                test.loop().callLater(Duration.ofSeconds(1), () -> netty.execute(() -> {}));
                NettyFutures.toFuture(end).await();
            });
            // the command comes at one second; it is noticed at two, and two quiet seconds follow
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(4));
        }
    }

    @Test
    void theTimeOutEndsWhatIsNeverQuiet() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                NettyEventLoop netty = NettyLoopResources.forLoop(test.loop()).group();
                var end = netty.shutdownGracefully(2, 5, TimeUnit.SECONDS);
                var pester = new Runnable[1];
                pester[0] = () -> {
                    if (!netty.isTerminated()) {
                        netty.execute(() -> {});
                        test.loop().callLater(Duration.ofMillis(500), pester[0]);
                    }
                };
                pester[0].run();
                NettyFutures.toFuture(end).await();
            });
            assertThat(test.elapsed()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(8));
        }
    }

    @Test
    void impossiblePeriodsAreRefused() {
        try (var test = new TestLoop()) {
            NettyEventLoop netty = NettyLoopResources.forLoop(test.loop()).group();
            assertThatThrownBy(() -> netty.shutdownGracefully(3, 2, TimeUnit.SECONDS))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("3, 2 SECONDS");
        }
    }

    @Test
    void itEndsWithTheLoop() {
        var channel = new Channel[1];
        var resources = new NettyLoopResources[1];
        EventLoop.run(() -> {
            resources[0] = NettyLoopResources.forLoop(EventLoop.current());
            channel[0] = bind(resources[0].group());
            resources[0].group().schedule(() -> {}, 1, TimeUnit.HOURS);
        });
        assertThat(channel[0].isOpen()).isFalse();
        assertThat(channel[0].closeFuture().isDone()).isTrue();
        assertThat(resources[0].isDisposed()).isTrue();
        assertThat(resources[0].group().isTerminated()).isTrue();
        assertThat(resources[0].group().terminationFuture().isSuccess()).isTrue();
    }

    @Test
    void oneLoopHasOneOfThemUntilItIsDisposedByHand() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            NettyLoopResources first = NettyLoopResources.forLoop(loop);
            assertThat(NettyLoopResources.forLoop(loop)).isSameAs(first);
            assertThat(first.onServer(true)).isSameAs(first.onClient(false)).isSameAs(first.onServerSelect(true));
            Monos.await(first.disposeLater());
            assertThat(first.isDisposed()).isTrue();
            assertThat(first.group().isTerminated()).isTrue();
            assertThat(NettyLoopResources.forLoop(loop)).isNotSameAs(first);
        });
    }

    @Test
    void anotherThreadMayDisposeIt() {
        EventLoop.run(() -> {
            NettyLoopResources resources = NettyLoopResources.forLoop(EventLoop.current());
            Channel channel = bind(resources.group());
            Async.toThread(() -> resources.disposeLater().block()).await();
            assertThat(channel.isOpen()).isFalse();
        });
    }

    @Test
    void aClosedLoopHasNone() {
        var loop = EventLoop.create();
        loop.close();
        assertThatThrownBy(() -> NettyLoopResources.forLoop(loop))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}

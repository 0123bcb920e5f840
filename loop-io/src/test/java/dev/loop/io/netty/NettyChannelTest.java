package dev.loop.io.netty;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Queue;
import dev.loop.reactor.Monos;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.util.concurrent.Promise;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Plain Netty, without Reactor, driven from tasks. */
@Tag("both-engines")
class NettyChannelTest {

    private static NettyLoopResources netty() {
        return NettyLoopResources.forLoop(EventLoop.current());
    }

    /** A server that sends everything back. */
    private static Channel echoServer() {
        var bound = new ServerBootstrap()
                .group(netty().group())
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                                context.writeAndFlush(message);
                            }
                        });
                    }
                })
                .bind("127.0.0.1", 0);
        NettyFutures.toFuture(bound).await();
        return bound.channel();
    }

    private static Channel client(Channel server, Queue<String> received) {
        var connected = new Bootstrap()
                .group(netty().group())
                .channel(NioSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        ByteBuf bytes = (ByteBuf) message;
                        received.tryPut(bytes.toString(StandardCharsets.US_ASCII));
                        bytes.release();
                    }
                })
                .connect(server.localAddress());
        NettyFutures.toFuture(connected).await();
        return connected.channel();
    }

    private static String echo(Channel client, Queue<String> received, String text) {
        var write = client.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
        NettyFutures.toFuture(write).await();
        return received.get().await();
    }

    @Test
    void aTaskTalksThroughAChannelOfNettys() {
        EventLoop.run(() -> {
            Queue<String> received = new Queue<>();
            Channel client = client(echoServer(), received);
            assertThat(echo(client, received, "one")).isEqualTo("one");
            assertThat(echo(client, received, "two")).isEqualTo("two");
            NettyFutures.toFuture(client.close()).await();
            while (netty().group().registrations() > 1) {
                yieldNow(); // the server's side of the connection closes too
            }
        });
    }

    @Test
    @SuppressWarnings("deprecation") // Netty has no other way
    void aChannelThatWasDeregisteredGoesOnAfterItsNextRegistration() {
        EventLoop.run(() -> {
            Queue<String> received = new Queue<>();
            Channel client = client(echoServer(), received);
            for (int i = 0; i < 5; i++) {
                NettyFutures.toFuture(client.deregister()).await();
                NettyFutures.toFuture(netty().group().register(client)).await();
                assertThat(echo(client, received, "round " + i)).isEqualTo("round " + i);
            }
        });
    }

    @Test
    void aWaitThatIsCancelledLeavesNettysFutureAlone() {
        EventLoop.run(() -> {
            Promise<String> promise = netty().group().newPromise();
            Future<String> wait = NettyFutures.toFuture(promise);
            wait.cancel();
            yieldNow();
            assertThat(promise.isDone()).isFalse();
            Future<String> other = NettyFutures.toFuture(promise);
            promise.setFailure(new IllegalStateException("oops"));
            assertThatThrownBy(other::await).hasMessage("oops");
        });
    }

    @Test
    void aFutureOfNettysThatIsCancelledEndsTheWait() {
        EventLoop.run(() -> {
            Promise<String> promise = netty().group().newPromise();
            Future<String> wait = NettyFutures.toFuture(promise);
            promise.cancel(false);
            assertThatThrownBy(wait::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void onlyTcpAndUdpAreToBeHad() {
        EventLoop.run(() -> {
            NettyLoopResources netty = netty();
            assertThat(netty.onChannelClass(io.netty.channel.socket.DatagramChannel.class, netty.group()))
                    .isEqualTo(NioDatagramChannel.class);
            assertThatThrownBy(() -> netty.onChannel(DomainSocketChannel.class, netty.group()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("DomainSocketChannel");
        });
    }

    @Test
    void whatWasDisposedMakesNothingNew() {
        EventLoop.run(() -> {
            NettyLoopResources netty = netty();
            Monos.await(netty.disposeLater());
            assertThatThrownBy(netty::connectionProvider)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was disposed");
            assertThatThrownBy(netty::resolver).isInstanceOf(IllegalStateException.class);
        });
    }
}

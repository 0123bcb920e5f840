package dev.loop.io.netty;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.BlockingOperationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Netty's executor is the loop: one queue, one thread, one order. */
@Tag("both-engines")
class NettyEventLoopTest {

    private final List<String> events = new ArrayList<>();

    @Test
    void whatNettyExecutesStandsInTheLoopsOneQueue() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            netty.execute(() -> events.add("netty 1"));
            netty.loop().callSoon(() -> events.add("loop 1"));
            Async.spawn(() -> events.add("task"));
            netty.execute(() -> events.add("netty 2"));
            netty.loop().callSoon(() -> events.add("loop 2"));
            yieldNow();
        });
        assertThat(events).containsExactly("netty 1", "loop 1", "task", "netty 2", "loop 2");
    }

    @Test
    void theEventLoopIsTheCallbackThreadAndNoTask() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            Promise<Boolean> inCallback = netty.loop().promise();
            netty.execute(() -> inCallback.complete(netty.inEventLoop()));
            assertThat(inCallback.await()).isTrue();
            assertThat(netty.inEventLoop()).isFalse();
            assertThat(Async.toThread(netty::inEventLoop).await()).isFalse();
        });
    }

    @Test
    void anotherThreadsCommandsKeepTheirOrder() throws Exception {
        var made = new CountDownLatch(1);
        var box = new NettyEventLoop[1];
        var producer = new Thread(() -> {
            try {
                made.await();
            } catch (InterruptedException e) {
                return;
            }
            for (int i = 0; i < 1000; i++) {
                int n = i;
                box[0].execute(() -> events.add("" + n));
            }
            box[0].execute(() -> events.add("end"));
        });
        producer.start();
        EventLoop.run(() -> {
            box[0] = NettyLoopResources.forLoop(EventLoop.current()).group();
            made.countDown();
            while (events.isEmpty() || !events.getLast().equals("end")) {
                Async.sleep(java.time.Duration.ofMillis(1)).await();
            }
        });
        producer.join();
        assertThat(events).hasSize(1001);
        assertThat(events.subList(0, 1000))
                .isEqualTo(java.util.stream.IntStream.range(0, 1000)
                        .mapToObj(i -> "" + i)
                        .toList());
    }

    @Test
    void aTaskMayWaitForNettysFutureAndACallbackMayNot() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            assertThat(NettyFutures.toFuture(netty.submit(() -> "value")).await())
                    .isEqualTo("value");
            io.netty.util.concurrent.Future<Throwable> refusal = netty.submit(() -> {
                try {
                    netty.newPromise().sync();
                    return new AssertionError("waited");
                } catch (BlockingOperationException e) {
                    return e;
                }
            });
            assertThat(NettyFutures.toFuture(refusal).await()).isInstanceOf(BlockingOperationException.class);
        });
    }

    @Test
    void aFailureOfACommandGoesToTheLoopsExceptionHandler() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.setExceptionHandler((_, context) -> events.add(String.valueOf(context.exception())));
            NettyLoopResources.forLoop(loop).group().execute(() -> {
                throw new IllegalStateException("oops");
            });
            yieldNow();
        });
        assertThat(events).containsExactly("java.lang.IllegalStateException: oops");
    }

    @Test
    void itTakesNothingAfterItsEndNorAfterTheLoops() {
        var box = new NettyEventLoop[2];
        EventLoop.run(() -> {
            NettyLoopResources resources = NettyLoopResources.forLoop(EventLoop.current());
            box[0] = resources.group();
            NettyFutures.toFuture(box[0].shutdownGracefully()).await();
            assertThat(box[0].isTerminated()).isTrue();
            assertThatThrownBy(() -> box[0].execute(() -> {}))
                    .isInstanceOf(RejectedExecutionException.class)
                    .hasMessageContaining("has terminated");
            box[1] = new NettyEventLoop(EventLoop.current());
        });
        assertThatThrownBy(() -> box[1].execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("is closed");
        assertThat(box[1].shutdownGracefully().isSuccess()).isTrue();
        assertThat(box[1].isTerminated()).isTrue();
    }

    @Test
    void invokingTasksOfItsOwnIsRefusedInACallback() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            var refused = netty.submit(() -> {
                assertThatThrownBy(() -> netty.invokeAll(List.of(() -> 1)))
                        .isInstanceOf(RejectedExecutionException.class);
                assertThatThrownBy(() -> netty.invokeAny(List.of(() -> 1)))
                        .isInstanceOf(RejectedExecutionException.class);
                return "refused";
            });
            assertThat(NettyFutures.toFuture(refused).await()).isEqualTo("refused");
        });
    }

    @Test
    void itIsForNioChannelsOnly() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            assertThat(netty.isCompatible(NioIoHandle.class)).isTrue();
            assertThat(netty.isCompatible(IoHandle.class)).isFalse();
            assertThat(netty.isIoType(NioIoHandler.class)).isTrue();
            var foreign = new IoHandle() {
                @Override
                public void handle(IoRegistration registration, IoEvent event) {}

                @Override
                public void close() {}
            };
            assertThatThrownBy(
                            () -> NettyFutures.toFuture(netty.register(foreign)).await())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only NIO channels");
        });
    }
}

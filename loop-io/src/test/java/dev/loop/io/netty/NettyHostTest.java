package dev.loop.io.netty;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.io.net.TcpListener;
import io.netty.channel.DefaultEventLoop;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop as the guest of an event loop of Netty's own, which owns the thread. */
@Tag("both-engines")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NettyHostTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final DefaultEventLoop host = new DefaultEventLoop();
    private final EventLoop loop = EventLoop.create();

    @AfterEach
    void stop() throws Exception {
        host.submit(loop::close).get(20, TimeUnit.SECONDS);
        assertThat(host.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void aListenerOfTheGuestServesWhileNettyDoesItsOwnWork() throws Exception {
        var address = new CompletableFuture<InetSocketAddress>();
        var nettyWork = new AtomicInteger();
        var ticks = host.scheduleAtFixedRate(nettyWork::incrementAndGet, 0, 1, TimeUnit.MILLISECONDS);
        CompletableFuture<?> server = loop.guest().run(host, () -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                address.complete(listener.address());
                listener.serve(stream -> {
                            var buffer = ByteBuffer.allocate(64);
                            while (stream.read(buffer.clear()).await() >= 0) {
                                stream.write(buffer.flip()).await();
                            }
                        })
                        .await();
            }
        });
        InetSocketAddress there = address.get(20, TimeUnit.SECONDS);
        for (String word : List.of("one", "two", "three")) {
            try (var client = new Socket(there.getAddress(), there.getPort())) {
                int before = nettyWork.get();
                while (nettyWork.get() == before) {
                    Thread.onSpinWait(); // Netty goes on while the guest waits
                }
                client.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
                assertThat(client.getInputStream().readNBytes(word.length()))
                        .asString(StandardCharsets.UTF_8)
                        .isEqualTo(word);
            }
        }
        server.cancel(true);
        assertThatThrownBy(() -> server.get(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
        ticks.cancel(false);
    }

    @Test
    void tasksTimersAndOtherThreadsWorkOnNettysThread() throws Exception {
        var order = new ArrayList<String>();
        CompletableFuture<String> main = loop.guest().run(host, () -> {
            var last = loop.promise();
            long base = loop.time();
            for (int millis : List.of(30, 10, 20)) {
                loop.callAt(base + millis * 1_000_000L, () -> order.add("due at " + millis));
            }
            loop.callAt(base + 30_000_001, () -> last.complete(null));
            var foreign = loop.<String>promise();
            Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(() -> foreign.complete("from outside")));
            String seen = foreign.await();
            last.await();
            sleep(Duration.ofMillis(1)).await();
            return seen;
        });
        assertThat(main.get(20, TimeUnit.SECONDS)).isEqualTo("from outside");
        assertThat(host.submit(() -> List.copyOf(order)).get()).containsExactly("due at 10", "due at 20", "due at 30");
    }

    @Test
    void aHandlerOfNettysCallsTheGuestAsItsOwn() throws Exception {
        CompletableFuture<?> done = loop.guest().start(host);
        host.submit(() -> {}).get();
        for (int i = 0; i < 200; i++) {
            var ran = new CompletableFuture<Boolean>();
            host.execute(() -> loop.spawn(() -> {
                sleep(Duration.ZERO).await();
                ran.complete(true);
            }));
            assertThat(ran.get(20, TimeUnit.SECONDS)).isTrue();
        }
        host.execute(loop::stop);
        done.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aCloseOnNettysThreadUnwindsTheTasksAndFreesThePort() throws Exception {
        var unwound = new CountDownLatch(1);
        var address = new CompletableFuture<InetSocketAddress>();
        CompletableFuture<?> main = loop.guest().run(host, () -> {
            try (var listener = TcpListener.bind("127.0.0.1", 0)) {
                address.complete(listener.address());
                sleep(HOUR).await();
            } finally {
                unwound.countDown();
            }
        });
        InetSocketAddress there = address.get(20, TimeUnit.SECONDS);
        host.submit(loop::close).get(20, TimeUnit.SECONDS);
        unwound.await();
        assertThatThrownBy(() -> main.get(20, TimeUnit.SECONDS))
                .isInstanceOf(CancellationException.class)
                .satisfies(e ->
                        assertThat(e.getCause() == null ? e : e.getCause()).isInstanceOf(CancelledException.class));
        assertThatThrownBy(() -> new Socket(there.getAddress(), there.getPort()).close())
                .isInstanceOf(java.net.ConnectException.class);
    }
}

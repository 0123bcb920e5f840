package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.awt.EventQueue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A loop that is driven by a host: an executor with one thread, and Swing's event thread. On real time. */
@Tag("both-engines")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuestHostsTest {

    private static final Duration HOUR = Duration.ofHours(1);

    static {
        System.setProperty("java.awt.headless", "true");
    }

    enum Kind {
        EXECUTOR,
        SWING
    }

    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
    private final EventLoop loop = EventLoop.create();
    private final List<ExceptionContext> reports = new ArrayList<>();
    private Executor host = executor;

    GuestHostsTest() {
        loop.setExceptionHandler((_, context) -> reports.add(context));
    }

    @AfterEach
    void stop() throws InterruptedException {
        executor.shutdownNow();
        assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(reports).isEmpty();
    }

    private void on(Kind kind) {
        if (kind == Kind.SWING) {
            assumeTrue(hasAwt(), "this JDK has no AWT, so Swing is no host here");
            host = EventQueue::invokeLater;
        }
    }

    private static boolean hasAwt() {
        try {
            EventQueue.invokeAndWait(() -> {});
            return true;
        } catch (LinkageError | java.awt.AWTError e) {
            return false;
        } catch (InterruptedException | java.lang.reflect.InvocationTargetException e) {
            throw new AssertionError(e);
        }
    }

    /** The host's own work. */
    private <T extends @Nullable Object> T onHost(Callable<T> work) throws Exception {
        var result = new CompletableFuture<T>();
        host.execute(() -> {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return get(result);
    }

    private static <T extends @Nullable Object> T get(CompletableFuture<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    private void close() throws Exception {
        onHost(() -> {
            loop.close();
            return null;
        });
    }

    // --- run

    @ParameterizedTest
    @EnumSource
    void aMainTaskRunsWithTasksTimersAndForeignWork(Kind kind) throws Exception {
        on(kind);
        var order = new ArrayList<String>();
        CompletableFuture<String> result = loop.guest().run(host, () -> {
            var last = loop.promise();
            long base = loop.time();
            for (int millis : List.of(30, 10, 20)) {
                loop.callAt(base + millis * 1_000_000L, () -> order.add("due at " + millis));
            }
            loop.callAt(base + 30_000_001, () -> last.complete(null));
            spawn(() -> order.add("task"));
            loop.callSoon(() -> order.add("callback"));
            Promise<String> foreign = loop.promise();
            Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(() -> foreign.complete("from outside")));
            order.add(foreign.await());
            last.await();
            sleep(Duration.ofMillis(1)).await();
            return "value";
        });
        assertThat(get(result)).isEqualTo("value");
        onHost(() -> null);
        assertThat(order)
                .hasSize(6)
                .contains("from outside")
                .containsSubsequence("task", "callback")
                .containsSubsequence("due at 10", "due at 20", "due at 30");
        assertThat(loop.isRunning()).isFalse();
        close();
        assertThat(loop.isClosed()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aFailureAndACancelOfTheMainTaskAreTheResult(Kind kind) throws Exception {
        on(kind);
        assertThatThrownBy(() -> get(loop.guest().run(host, () -> {
                    throw new IOException("planted");
                })))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IOException.class)
                .hasMessage("planted");
        var unwound = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        CompletableFuture<?> result = onHost(() -> loop.guest().run(host, () -> {
            try {
                begun.countDown();
                sleep(HOUR).await();
            } finally {
                unwound.countDown();
            }
        }));
        begun.await();
        assertThat(result.cancel(true)).isTrue();
        unwound.await();
        assertThatThrownBy(() -> get(result)).isInstanceOf(CancellationException.class);
        while (onHost(loop::isRunning)) {
            Thread.onSpinWait();
        }
        close();
    }

    @ParameterizedTest
    @EnumSource
    void aSecondRunGoesOnWithTheSameLoop(Kind kind) throws Exception {
        on(kind);
        var ticks = new AtomicInteger();
        assertThat(get(loop.guest().<String>run(host, () -> {
                    spawn(() -> {
                        while (true) {
                            sleep(Duration.ofMillis(1)).await();
                            ticks.incrementAndGet();
                        }
                    });
                    return "first";
                })))
                .isEqualTo("first");
        int then = onHost(ticks::get);
        assertThat(get(loop.guest().<String>run(host, () -> {
                    while (ticks.get() < then + 3) {
                        sleep(Duration.ofMillis(1)).await();
                    }
                    return "second";
                })))
                .isEqualTo("second");
        close();
    }

    // --- sockets

    @ParameterizedTest
    @EnumSource
    void aSocketIsServedByATaskOfTheGuest(Kind kind) throws Exception {
        on(kind);
        var address = new CompletableFuture<InetSocketAddress>();
        CompletableFuture<String> server = loop.guest().run(host, () -> {
            try (var listener = ServerSocketChannel.open()) {
                listener.configureBlocking(false);
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                address.complete((InetSocketAddress) listener.getLocalAddress());
                ready(listener, Interest.ACCEPT).await();
                try (SocketChannel connection = listener.accept()) {
                    connection.configureBlocking(false);
                    var echoed = new StringBuilder();
                    var buffer = ByteBuffer.allocate(64);
                    while (true) {
                        ready(connection, Interest.READ).await();
                        if (connection.read(buffer.clear()) < 0) {
                            return echoed.toString();
                        }
                        buffer.flip();
                        echoed.append(StandardCharsets.UTF_8.decode(buffer.duplicate()));
                        while (buffer.hasRemaining()) {
                            connection.write(buffer);
                        }
                    }
                }
            }
        });
        try (var client = new Socket(get(address).getAddress(), get(address).getPort())) {
            for (String word : List.of("one", "two", "three")) {
                client.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
                assertThat(client.getInputStream().readNBytes(word.length()))
                        .asString(StandardCharsets.UTF_8)
                        .isEqualTo(word);
            }
        }
        assertThat(get(server)).isEqualTo("onetwothree");
        close();
    }

    private Future<?> ready(SelectableChannel channel, int interest) {
        Promise<@Nullable Void> promise = loop.promise();
        var registration = new Registration[1];
        registration[0] = loop.register(channel, interest, _ -> {
            registration[0].cancelNow();
            promise.tryComplete(null);
        });
        return spawn(() -> {
            promise.await();
            yieldNow(); // a poll later the key is gone, and the channel can be registered again
        });
    }

    // --- the host between the slices

    @ParameterizedTest
    @EnumSource
    void theHostDoesItsOwnWorkWhileTheGuestIsBusy(Kind kind) throws Exception {
        on(kind);
        var over = new AtomicBoolean();
        CompletableFuture<Integer> busy = loop.guest().run(host, () -> {
            int switches = 0;
            while (!over.get()) {
                yieldNow();
                switches++;
            }
            return switches;
        });
        for (int i = 0; i < 20; i++) {
            onHost(() -> null); // comes between two slices, or never
        }
        over.set(true);
        assertThat(get(busy)).isPositive();
        close();
    }

    @ParameterizedTest
    @EnumSource
    void theHostTouchesTheLoopBetweenTheSlices(Kind kind) throws Exception {
        on(kind);
        CompletableFuture<?> done = loop.guest().start(host);
        Promise<String> promise = onHost(loop::<String>promise);
        for (int i = 0; i < 100; i++) {
            var ran = new CompletableFuture<Boolean>();
            onHost(() -> loop.callSoon(() -> ran.complete(true)));
            assertThat(get(ran)).isTrue();
            var slept = new CompletableFuture<Boolean>();
            onHost(() -> loop.callLater(Duration.ofMillis(1), () -> slept.complete(true)));
            assertThat(get(slept)).isTrue();
        }
        Task<String> task = onHost(() -> loop.spawn("waiter", () -> promise.await()));
        CompletableFuture<String> seen = task.toCompletableFuture();
        onHost(() -> {
            promise.complete("completed by the host");
            return null;
        });
        assertThat(get(seen)).isEqualTo("completed by the host");
        assertThat(task.await()).isEqualTo("completed by the host"); // a thread outside may wait
        assertThat(onHost(EventLoop::currentOrNull)).isNull();
        assertThatThrownBy(() -> onHost(() -> loop.sleep(HOUR).await()))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("guest");
        onHost(() -> {
            loop.stop();
            return null;
        });
        get(done);
        close();
    }

    @ParameterizedTest
    @EnumSource
    void aTaskReachesTheHostThread(Kind kind) throws Exception {
        on(kind);
        Thread thread = onHost(Thread::currentThread);
        assertThat(get(loop.guest()
                        .<Boolean>run(
                                host,
                                () -> Future.from(CompletableFuture.supplyAsync(
                                                () -> Thread.currentThread() == thread, host))
                                        .await())))
                .isTrue();
        close();
    }

    @ParameterizedTest
    @EnumSource
    void noWorkOfOtherThreadsIsLost(Kind kind) throws Exception {
        on(kind);
        int threads = 4;
        int each = 2_000;
        var ran = new AtomicInteger();
        CompletableFuture<?> done = loop.guest().start(host);
        var submitters = new ArrayList<Thread>();
        for (int t = 0; t < threads; t++) {
            submitters.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    if (i % 50 == 0) {
                        // one that waits for its callback: the loop has gone to sleep, or is about to
                        var seen = new CompletableFuture<Boolean>();
                        loop.callSoonThreadsafe(() -> seen.complete(true));
                        seen.join();
                    }
                    loop.callSoonThreadsafe(ran::incrementAndGet);
                }
            }));
        }
        for (int i = 0; i < 200; i++) {
            var seen = new CompletableFuture<Boolean>();
            onHost(() -> loop.callSoon(() -> seen.complete(true)));
            assertThat(get(seen)).isTrue();
        }
        for (Thread submitter : submitters) {
            submitter.join();
        }
        loop.callSoonThreadsafe(loop::stop);
        get(done);
        assertThat(ran).hasValue(threads * each);
        close();
    }

    // --- ends

    @ParameterizedTest
    @EnumSource
    void aCloseByTheHostEndsTheRunAndUnwindsItsTasks(Kind kind) throws Exception {
        on(kind);
        var unwound = new ArrayList<String>();
        var begun = new CountDownLatch(1);
        CompletableFuture<?> main = loop.guest().run(host, () -> {
            spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    unwound.add("child");
                }
            });
            try {
                yieldNow();
                begun.countDown();
                sleep(HOUR).await();
            } finally {
                unwound.add("main");
            }
        });
        begun.await();
        close();
        assertThatThrownBy(() -> get(main))
                .isInstanceOf(CancellationException.class)
                .satisfies(e -> assertThat(e.getCause() == null ? e : e.getCause())
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("closing"));
        assertThat(unwound).containsExactlyInAnyOrder("child", "main");
    }

    @ParameterizedTest
    @EnumSource
    void aStopBeforeTheMainTaskIsDoneIsAnError(Kind kind) throws Exception {
        on(kind);
        CompletableFuture<?> main = loop.guest().run(host, () -> {
            loop.stop();
            sleep(HOUR).await();
        });
        assertThatThrownBy(() -> get(main))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("stopped before");
        close();
    }

    @ParameterizedTest
    @EnumSource
    void aFatalErrorEndsTheRun(Kind kind) throws Exception {
        on(kind);
        CompletableFuture<?> done = loop.guest().start(host);
        loop.callSoonThreadsafe(() -> {
            throw new LinkageError("planted");
        });
        assertThatThrownBy(() -> get(done))
                .cause()
                .isInstanceOf(LinkageError.class)
                .hasMessage("planted");
        close();
    }

    @ParameterizedTest
    @EnumSource
    void whatFollowsTheRunMayCloseTheLoop(Kind kind) throws Exception {
        on(kind);
        CompletableFuture<String> closed = loop.guest()
                .<String>run(host, () -> {
                    sleep(Duration.ofMillis(5)).await();
                    return "value";
                })
                .whenComplete((_, _) -> loop.close());
        assertThat(get(closed)).isEqualTo("value");
        assertThat(loop.isClosed()).isTrue();
    }

    // --- refused

    @Test
    void otherThreadsAreRefusedFromTheStart() throws Exception {
        CompletableFuture<?> done = loop.guest().start(host);
        assertThatThrownBy(() -> loop.callSoon(() -> {}))
                .isInstanceOf(WrongThreadException.class)
                .hasMessageContaining("guest of")
                .hasMessageContaining("callSoonThreadsafe");
        assertThatThrownBy(loop::close).isInstanceOf(WrongThreadException.class);
        assertThat(loop.isRunning()).isTrue();
        loop.callSoonThreadsafe(loop::stop);
        get(done);
        loop.close();
    }

    @Test
    void aLoopThatIsDrivenCannotBeDrivenOtherwise() throws Exception {
        CompletableFuture<?> done = loop.guest().start(host);
        GuestMode guest = loop.guest();
        for (Runnable other : List.<Runnable>of(
                guest::pollEvents,
                guest::processEvents,
                guest::processReady,
                loop::runForever,
                () -> guest.start(host).isDone())) {
            assertThatThrownBy(() -> onHost(() -> {
                        other.run();
                        return null;
                    }))
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("its host drives it");
        }
        loop.callSoonThreadsafe(loop::stop);
        get(done);
        loop.close();
    }

    @Test
    void aHostThatRunsInsideOfExecuteIsRefused() {
        CompletableFuture<?> done = loop.guest().start(Runnable::run);
        assertThatThrownBy(() -> get(done))
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("inside of execute");
        loop.close();
    }

    @Test
    void aHostOfVirtualThreadsIsRefused() {
        try (var virtual = Executors.newSingleThreadExecutor(Thread.ofVirtual().factory())) {
            CompletableFuture<?> done = loop.guest().start(virtual);
            assertThatThrownBy(() -> get(done))
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("only a platform thread");
        }
        loop.close();
    }

    @Test
    void aHostThatEndsFirstEndsTheRunWithItsRefusal() throws Exception {
        CompletableFuture<?> done = loop.guest().start(host);
        onHost(() -> null); // the first slice is over
        executor.shutdown();
        assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        loop.callSoonThreadsafe(() -> {});
        assertThatThrownBy(() -> get(done)).cause().isInstanceOf(RejectedExecutionException.class);
        loop.close(); // nobody drives it now: whoever owns it
    }

    @Test
    void aSliceTakesTime() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loop.guest().start(host, Duration.ZERO).join())
                .withMessageContaining("PT0S");
        loop.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> loop.guest().start(host).join())
                .withMessageContaining("is closed");
    }

    @Test
    void aClosedHostAfterAClosedLoopIsInOrder() throws Exception {
        CompletableFuture<?> done = loop.guest().start(host);
        onHost(() -> {
            loop.close();
            executor.shutdown();
            return null;
        });
        get(done);
        assertThat(done).isCompleted();
    }
}

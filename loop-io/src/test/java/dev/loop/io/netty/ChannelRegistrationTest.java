package dev.loop.io.netty;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Runner;
import dev.loop.VoidBody;
import dev.loop.spi.Interest;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoOps;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A channel of Netty's on our poller: what is ready reaches it once, on the callback thread, however long that is busy. */
class ChannelRegistrationTest {

    private final CountingPoller poller = new CountingPoller();
    private final List<String> reports = new ArrayList<>();

    private void run(VoidBody<Exception> body) {
        try (var runner = Runner.create(() -> EventLoop.builder().poller(poller).build())) {
            runner.loop()
                    .setExceptionHandler(
                            (_, context) -> reports.add(context.exception().getMessage()));
            runner.run(body);
        }
    }

    private static NettyEventLoop netty() {
        return NettyLoopResources.forLoop(EventLoop.current()).group();
    }

    private static IoRegistration register(PipeHandle handle) {
        IoRegistration registration =
                NettyFutures.toFuture(netty().register(handle)).await();
        registration.submit(NioIoOps.READ);
        return registration;
    }

    /** Waits for an event by turns, not by time. */
    private void untilEvent(int before) {
        while (poller.events == before) {
            yieldNow();
        }
    }

    /** Holds up the callback thread while the body runs in the calling task. */
    private static void whileCallbacksBlock(VoidBody<Exception> body) throws Exception {
        var lock = new ReentrantLock();
        EventLoop loop = EventLoop.current();
        Promise<Void> blocked = loop.promise();
        lock.lock();
        try {
            loop.callSoon(() -> {
                blocked.complete(null);
                lock.lock();
                lock.unlock();
            });
            blocked.await();
            body.run();
        } finally {
            lock.unlock();
        }
    }

    @Test
    @Tag("both-engines")
    void readinessReachesTheHandleOnTheCallbackThread() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                EventLoop loop = EventLoop.current();
                Promise<Boolean> onCallbackThread = loop.promise();
                handle.onEvent = event -> {
                    onCallbackThread.complete(loop.isCallbackThread(Thread.currentThread()));
                    handle.drain();
                };
                IoRegistration registration = register(handle);
                handle.write();
                assertThat(onCallbackThread.await()).isTrue();
                registration.cancel();
            }
        });
    }

    @Test
    void aBlockedCallbackNeitherSpinsThePollNorLosesTheEvent() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration registration = register(handle);
                whileCallbacksBlock(() -> {
                    int events = poller.events;
                    handle.write();
                    untilEvent(events);
                    for (int turn = 0; turn < 1000; turn++) {
                        yieldNow();
                    }
                    assertThat(poller.events - events)
                            .as("one event, and one that masks it")
                            .isLessThanOrEqualTo(2);
                    int polls = poller.polls;
                    Async.sleep(Duration.ofMillis(20)).await();
                    assertThat(poller.polls - polls).as("the poll sleeps").isLessThan(10);
                    assertThat(handle.told).containsExactly("registered");
                });
                while (handle.told.size() < 2) {
                    yieldNow();
                }
                assertThat(handle.told).containsExactly("registered", "ready 1");

                // it is watched again
                handle.write();
                while (handle.told.size() < 3) {
                    yieldNow();
                }
                registration.cancel();
            }
        });
    }

    @Test
    void nettySeesTheInterestThatItAskedForWhileLessIsWatched() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration registration = register(handle);
                SelectionKey key = registration.attachment();
                SelectionKey real = handle.pipe.source().keyFor(key.selector());
                whileCallbacksBlock(() -> {
                    int events = poller.events;
                    handle.write();
                    untilEvent(events + 1);
                    while (real.interestOps() != Interest.NONE) {
                        yieldNow();
                    }
                    assertThat(key.interestOps()).isEqualTo(Interest.READ);
                    key.interestOps(Interest.NONE).interestOps(Interest.READ);
                    assertThat(real.interestOps()).as("still masked").isEqualTo(Interest.NONE);
                });
                while (handle.told.size() < 2) {
                    yieldNow();
                }
                assertThat(real.interestOps()).isEqualTo(Interest.READ);
                registration.cancel();
            }
        });
    }

    @Test
    void readinessThatNettyHasCeasedToWantIsNotDeliveredAndComesAgainWhenItDoes() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration registration = register(handle);
                whileCallbacksBlock(() -> {
                    int events = poller.events;
                    handle.write();
                    untilEvent(events);
                    registration.submit(NioIoOps.NONE);
                });
                for (int turn = 0; turn < 200; turn++) {
                    yieldNow();
                }
                assertThat(handle.told).containsExactly("registered");
                registration.submit(NioIoOps.READ);
                while (handle.told.size() < 2) {
                    yieldNow();
                }
                registration.cancel();
            }
        });
    }

    @Test
    void aChannelThatWasClosedUnderneathIsClosedInNettyToo() {
        run(() -> {
            var handle = new PipeHandle();
            register(handle);
            whileCallbacksBlock(() -> {
                int events = poller.events;
                handle.write();
                untilEvent(events);
                handle.pipe.source().close();
            });
            while (handle.told.size() < 3) {
                yieldNow();
            }
            assertThat(handle.told).containsExactly("registered", "unregistered", "closed");
            assertThat(netty().registrations()).isZero();
        });
    }

    @Test
    @Tag("both-engines")
    void aHandleThatThrowsIsClosedAndToldOnce() {
        run(() -> {
            var handle = new PipeHandle();
            handle.onEvent = event -> {
                throw new IllegalStateException("oops");
            };
            IoRegistration registration = register(handle);
            handle.write();
            while (reports.isEmpty()) {
                yieldNow();
            }
            for (int turn = 0; turn < 200; turn++) {
                yieldNow();
            }
            assertThat(reports).containsExactly("oops");
            assertThat(handle.told).containsExactly("registered", "unregistered", "closed");
            assertThat(registration.isValid()).isFalse();
            assertThat(registration.submit(NioIoOps.READ)).isEqualTo(-1);
            assertThat(registration.cancel()).isFalse();
        });
    }

    @Test
    @Tag("both-engines")
    void aChannelCanBeRegisteredAgainAtOnceAfterACancel() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration first = register(handle);
                SelectionKey key = first.attachment();
                assertThat(first.cancel()).isTrue();
                assertThatThrownBy(key::interestOps).isInstanceOf(CancelledKeyException.class);
                IoRegistration second = register(handle);
                handle.write();
                while (handle.told.size() < 4) {
                    yieldNow();
                }
                assertThat(handle.told).containsExactly("registered", "unregistered", "registered", "ready 1");
                second.cancel();
                assertThat(netty().registrations()).isZero();
            }
        });
    }

    @Test
    @Tag("both-engines")
    void aClosedChannelCannotBeRegistered() {
        run(() -> {
            var handle = new PipeHandle();
            handle.close();
            assertThatThrownBy(() -> register(handle)).hasRootCauseInstanceOf(ClosedChannelException.class);
            assertThat(netty().registrations()).isZero();
        });
    }

    @Test
    @Tag("both-engines")
    void theKeyChecksWhatItIsAsked() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration registration = register(handle);
                SelectionKey key = registration.attachment();
                assertThat(key.channel()).isSameAs(handle.pipe.source());
                assertThat(key.isValid()).isTrue();
                assertThatThrownBy(() -> key.interestOps(Interest.ACCEPT)).isInstanceOf(IllegalArgumentException.class);
                key.cancel();
                assertThat(registration.isValid()).isFalse();
                assertThat(handle.told).containsExactly("registered", "unregistered");
            }
        });
    }

    @Test
    @Tag("both-engines")
    void anotherThreadMayChangeTheInterestAndCancel() {
        run(() -> {
            try (var handle = new PipeHandle()) {
                IoRegistration registration = register(handle);
                Async.toThread(() -> registration.submit(NioIoOps.NONE)).await();
                SelectionKey key = registration.attachment();
                while (key.interestOps() != Interest.NONE) {
                    yieldNow();
                }
                assertThat(Async.toThread(registration::cancel).await()).isTrue();
                while (handle.told.size() < 2) {
                    yieldNow();
                }
                assertThat(handle.told).containsExactly("registered", "unregistered");
            }
        });
    }
}

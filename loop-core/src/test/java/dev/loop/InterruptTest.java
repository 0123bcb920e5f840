package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Somebody interrupts the thread that runs a loop. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptTest {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    @Tag("both-engines")
    void anInterruptOfTheLoopsThreadCancelsTheMainTaskOnly() {
        Thread host = Thread.currentThread();
        try (var runner = Runner.create()) {
            var other = new ArrayList<Task<?>>();
            assertThatThrownBy(() -> runner.run(() -> {
                        other.add(spawn(() -> sleep(HOUR).await()));
                        yieldNow();
                        host.interrupt();
                        sleep(HOUR).await();
                    }))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue(); // the flag is set again, for the caller
            assertThat(other.getFirst().isDone()).isFalse();
            assertThat(runner.<String>run(() -> "goes on")).isEqualTo("goes on");
        }
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    @Tag("both-engines")
    void anInterruptInTheLastStepOfATaskIsNotLost() {
        Thread host = Thread.currentThread();
        assertThatThrownBy(() -> EventLoop.run(() -> {
                    spawn(host::interrupt);
                    sleep(HOUR).await();
                }))
                .isInstanceOf(CancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void anInterruptBeforeTheRunCancelsTheMainTask() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> EventLoop.run(() -> sleep(HOUR).await())).isInstanceOf(CancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void anInterruptFromAnotherThreadWakesALoopThatSleeps() throws Exception {
        Thread host = Thread.currentThread();
        var poller = new InterruptingPoller();
        try (var runner = Runner.create(() -> EventLoop.builder().poller(poller).build())) {
            assertThatThrownBy(() -> runner.run(() -> {
                        poller.victim = host;
                        EventLoop.current().promise().await();
                    }))
                    .isInstanceOf(CancelledException.class);
        }
        assertThat(Thread.interrupted()).isTrue();
        poller.other.join();
    }

    @Test
    @Tag("both-engines")
    void aMainTaskThatFinishesItsWorkAfterAnInterruptKeepsItsValue() {
        Thread host = Thread.currentThread();
        String value = EventLoop.run(() -> {
            host.interrupt();
            try {
                sleep(HOUR).await();
                return "slept";
            } catch (CancelledException e) {
                return "stopped early";
            }
        });
        assertThat(value).isEqualTo("stopped early");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void withoutAMainTaskAnInterruptStopsTheLoop() {
        try (EventLoop loop = EventLoop.create()) {
            Thread host = Thread.currentThread();
            loop.callSoon(host::interrupt);
            loop.runForever();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void aMainTaskInABlockingCallIsInterruptedThere() {
        Thread host = Thread.currentThread();
        assertThatThrownBy(() -> EventLoop.run(() -> {
                    EventLoop.current().callSoon(host::interrupt);
                    new CountDownLatch(1).await();
                }))
                .isInstanceOf(CancelledException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    /** Has another thread interrupt the loop's thread when that goes to sleep. */
    private static final class InterruptingPoller implements Poller {
        private final Poller real = new SelectorPoller();

        @Nullable Thread victim;

        Thread other = Thread.ofPlatform().unstarted(() -> {});

        @Override
        public void poll(long timeoutNanos) {
            Thread v = victim;
            if (timeoutNanos != 0 && v != null) {
                victim = null;
                other = Thread.ofPlatform().start(v::interrupt);
            }
            real.poll(timeoutNanos);
        }

        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            return real.register(channel, ops, handler);
        }

        @Override
        public void wakeup() {
            real.wakeup();
        }

        @Override
        public int registrations() {
            return real.registrations();
        }

        @Override
        public void close() {
            real.close();
        }
    }
}

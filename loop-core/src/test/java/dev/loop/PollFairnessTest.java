package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Clock;
import dev.loop.spi.Interest;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop that always has work still serves I/O, timers and other threads; one that has none sleeps until it must not. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollFairnessTest {

    /** A poller that writes down how long it was asked to wait. */
    private static final class NotingPoller implements Poller {
        private final Poller real = new SelectorPoller();
        final List<Long> timeouts = new ArrayList<>();
        LongConsumer sleeper = real::poll;

        @Override
        public void poll(long timeoutNanos) {
            timeouts.add(timeoutNanos);
            sleeper.accept(timeoutNanos);
        }

        @Override
        public Registration register(SelectableChannel channel, int interest, ReadinessHandler handler) {
            return real.register(channel, interest, handler);
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

    /** A clock that moves by a fixed step each time it is read. */
    private static final class SteppingClock implements Clock {
        private final long step;
        long now;

        SteppingClock(long step) {
            this.step = step;
        }

        @Override
        public long nanoTime() {
            return now += step;
        }

        @Override
        public Instant now() {
            return Instant.EPOCH.plusNanos(now);
        }
    }

    private final NotingPoller poller = new NotingPoller();

    private EventLoop loop(long nanosPerReading) {
        return EventLoop.builder()
                .poller(poller)
                .clock(new SteppingClock(nanosPerReading))
                .build();
    }

    private void busyTurns(EventLoop loop, int turns) {
        loop.runUntilComplete(loop.spawn(() -> {
            for (int i = 0; i < turns; i++) {
                yieldNow();
            }
        }));
    }

    @Test
    void aBusyLoopPollsEvery61Turns() {
        try (EventLoop loop = loop(0)) {
            busyTurns(loop, 610);
            assertThat(poller.timeouts).hasSizeBetween(9, 11).containsOnly(0L);
        }
    }

    @Test
    void aBusyLoopPollsAfter50MicrosecondsAtTheLatest() {
        try (EventLoop loop = loop(10_000)) {
            busyTurns(loop, 100);
            assertThat(poller.timeouts).hasSizeBetween(18, 50).containsOnly(0L);
        }
    }

    @Test
    void aBusyLoopServesReadiness() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        try (EventLoop loop = loop(0)) {
            var ready = new int[1];
            loop.register(pipe.source(), Interest.READ, _ -> ready[0]++);
            pipe.sink().write(ByteBuffer.allocate(1));
            busyTurns(loop, 62);
            assertThat(ready[0]).isPositive();
        } finally {
            pipe.source().close();
            pipe.sink().close();
        }
    }

    @Test
    void aBusyLoopServesTimers() {
        try (EventLoop loop = loop(1000)) {
            var fired = new boolean[1];
            loop.callLater(Duration.ofNanos(20_000), () -> fired[0] = true);
            busyTurns(loop, 25);
            assertThat(fired[0]).isTrue();
        }
    }

    @Test
    void aBusyLoopServesOtherThreadsInItsNextTurn() throws Exception {
        try (EventLoop loop = loop(0)) {
            var turnsUntilServed = new int[] {-1};
            loop.runUntilComplete(loop.spawn(() -> {
                yieldNow();
                Thread other = Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(() -> turnsUntilServed[0] = 0));
                while (other.isAlive()) {
                    Thread.onSpinWait(); // holds the loop, which a join would not
                }
                for (int i = 1; i < 10 && turnsUntilServed[0] < 0; i++) {
                    yieldNow();
                    if (turnsUntilServed[0] == 0) {
                        turnsUntilServed[0] = i;
                    }
                }
            }));
            assertThat(turnsUntilServed[0]).isBetween(0, 2);
        }
    }

    @Test
    void anIdleLoopSleepsUntilItsNextTimer() {
        var clock = new SteppingClock(0);
        poller.sleeper = timeout -> clock.now += timeout;
        try (EventLoop loop = EventLoop.builder().poller(poller).clock(clock).build()) {
            loop.callLater(Duration.ofMillis(3), loop::stop);
            loop.callLater(Duration.ofMillis(2), () -> {});
            loop.callLater(Duration.ofMillis(1), () -> {}).cancel();
            loop.runForever();
            assertThat(poller.timeouts.stream().filter(t -> t != 0)).containsExactly(2_000_000L, 1_000_000L);
        }
    }

    @Test
    void anIdleLoopWithoutTimersSleepsWithoutLimit() {
        try (EventLoop loop = loop(0)) {
            Promise<String> promise = loop.promise();
            loop.callSoon(() -> Thread.ofPlatform().start(() -> promise.completeThreadsafe("woken")));
            Future<Integer> size = loop.spawn(() -> promise.await().length());
            assertThat(loop.runUntilComplete(size)).isEqualTo(5);
            assertThat(poller.timeouts).isSubsetOf(-1L, 0L);
        }
    }

    @Test
    void aCancelledTimerDoesNotEndTheSleep() {
        try (EventLoop loop = loop(0)) {
            loop.callLater(Duration.ofMillis(1), () -> {}).cancel();
            Promise<String> promise = loop.promise();
            loop.callSoon(() -> Thread.ofPlatform().start(() -> promise.completeThreadsafe("woken")));
            loop.runUntilComplete(promise);
            assertThat(poller.timeouts).isSubsetOf(-1L, 0L);
        }
    }

    @Test
    void twoTasksOfWhichOneIsGreedyShareTheLoop() {
        try (EventLoop loop = loop(0)) {
            var turns = new int[2];
            loop.runUntilComplete(loop.spawn(() -> {
                for (int t = 0; t < 2; t++) {
                    int me = t;
                    spawn(() -> {
                        while (turns[me] < 1000) {
                            turns[me]++;
                            yieldNow();
                        }
                    });
                }
                while (turns[0] < 500) {
                    yieldNow();
                    assertThat(turns[0] - turns[1]).isBetween(-1, 1);
                }
            }));
        }
    }
}

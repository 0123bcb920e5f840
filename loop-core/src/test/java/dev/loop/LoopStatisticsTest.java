package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The figures of a loop: counts are exact, times are those of the machine. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopStatisticsTest {

    @Test
    void aLoopThatHasNotRunHasDoneNothing() {
        try (EventLoop loop = EventLoop.builder().debug(false).build()) {
            assertThat(loop.statistics())
                    .isEqualTo(new LoopStatistics(
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0,
                            Duration.ZERO,
                            Duration.ZERO,
                            Duration.ZERO,
                            0,
                            Duration.ZERO));
        }
    }

    @Test
    void whatWaitsIsCounted() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var gate = new CountDownLatch(1);
            spawn(() -> sleep(Duration.ofSeconds(1)).await());
            yieldNow();
            Future<?> helper = toThread(() -> gate.await(10, java.util.concurrent.TimeUnit.SECONDS));
            loop.callSoon(() -> {});
            loop.callLater(Duration.ofSeconds(1), () -> {});
            LoopStatistics now = loop.statistics();
            assertThat(now.tasks()).isEqualTo(2);
            assertThat(now.timers()).isEqualTo(2);
            assertThat(now.ready()).isEqualTo(1);
            assertThat(now.jdkWaits()).isZero();
            assertThat(now.externalWork()).isEqualTo(1);
            gate.countDown();
            helper.await();
        });
    }

    @Test
    void turnsStepsAndPollsAreCounted() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            LoopStatistics before = loop.statistics();
            for (int i = 0; i < 5; i++) {
                loop.callSoon(() -> {});
                yieldNow();
            }
            LoopStatistics after = loop.statistics();
            assertThat(after.turns() - before.turns()).isEqualTo(5);
            assertThat(after.steps() - before.steps()).isEqualTo(10);
            assertThat(after.polls()).isBetween(before.polls(), before.polls() + 5);
            sleep(Duration.ofSeconds(1)).await();
            assertThat(loop.statistics().polls()).isGreaterThan(before.polls());
        });
    }

    @Test
    void whatComesFromOtherThreadsIsCounted() {
        try (EventLoop loop = EventLoop.create()) {
            for (int i = 0; i < 7; i++) {
                loop.callSoonThreadsafe(() -> {});
            }
            loop.stop();
            loop.runForever();
            loop.callSoonThreadsafe(() -> {});
            loop.stop();
            loop.runForever();
            assertThat(loop.statistics().arrivals()).isEqualTo(8);
            assertThat(loop.statistics().largestArrival()).isEqualTo(7);
        }
    }

    @Test
    void aFloodOfThemIsToldOnceUntilItHasDoubled() {
        try (var log = new CapturedLog(EventLoop.class);
                EventLoop loop =
                        EventLoop.builder().debug(false).name("flooded").build()) {
            for (int count : new int[] {Meter.FLOOD - 1, Meter.FLOOD, Meter.FLOOD + 1, 2 * Meter.FLOOD}) {
                for (int i = 0; i < count; i++) {
                    loop.callSoonThreadsafe(() -> {});
                }
                loop.stop();
                loop.runForever();
            }
            assertThat(log.lines)
                    .extracting(line -> line.getFormattedMessage())
                    .satisfiesExactly(
                            line -> assertThat(line).contains("flooded").contains("left 10000 entries"),
                            line -> assertThat(line).contains("left 20000 entries"));
        }
    }

    /** Times that are made of real work, so that nothing has to be believed of the machine but that its time goes on. */
    @Test
    void userTimeIsThatOfTheBatches() {
        try (EventLoop loop = EventLoop.builder().debug(false).build()) {
            var work = Duration.ofMillis(3);
            loop.callSoon(() -> spin(work));
            loop.callSoon(() -> spin(work));
            loop.stop();
            loop.runForever();
            LoopStatistics once = loop.statistics();
            assertThat(once.userTime()).isGreaterThanOrEqualTo(work.multipliedBy(2));
            assertThat(once.longestBatch()).isEqualTo(once.userTime());
            assertThat(once.longestStep()).isZero();
            spin(work); // between two runs: nobody's
            loop.stop();
            loop.runForever();
            LoopStatistics twice = loop.statistics();
            assertThat(twice.longestBatch()).isLessThanOrEqualTo(twice.userTime());
            assertThat(twice.turns()).isEqualTo(once.turns() + 1);
        }
    }

    private static void spin(Duration time) {
        long began = System.nanoTime();
        while (System.nanoTime() - began < time.toNanos()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aClockThatIsNotTheMachinesMeasuresNothing() {
        var clock = new ManualClock();
        try (EventLoop loop = EventLoop.builder().clock(clock).debug(false).build()) {
            loop.callSoon(() -> clock.advance(Duration.ofDays(10_000)));
            loop.callSoon(() -> spin(Duration.ofMillis(1)));
            loop.stop();
            loop.runForever();
            assertThat(loop.statistics().userTime()).isBetween(Duration.ofMillis(1), Duration.ofDays(1));
        }
    }

    @Test
    void theLongestStepIsExactWhileSomebodyWatches() {
        try (EventLoop loop = EventLoop.builder().debug(false).build()) {
            loop.addInstrument(new Instrument() {});
            var work = Duration.ofMillis(2);
            loop.callSoon(() -> spin(work));
            loop.spawn(() -> spin(work));
            loop.stop();
            loop.runForever();
            LoopStatistics now = loop.statistics();
            assertThat(now.longestStep()).isGreaterThanOrEqualTo(work).isLessThan(now.longestBatch());
        }
    }

    @Test
    void aTaskInAJdkWaitIsCounted() throws InterruptedException {
        try (EventLoop loop = EventLoop.create()) {
            if (!loop.carrier.freesTheThread()) {
                return; // the hand-off holds the loop instead
            }
            var gate = new CountDownLatch(1);
            loop.spawn(() -> gate.await());
            loop.stop();
            loop.runForever();
            assertThat(loop.statistics().jdkWaits()).isEqualTo(1);
            gate.countDown();
        }
    }
}

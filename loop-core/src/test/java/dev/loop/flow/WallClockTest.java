package dev.loop.flow;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.spi.Clock;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wall clock that is moved while a periodic waits. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WallClockTest {

    /** Time that passes only by waiting, and a wall clock that can be set. */
    private static final class Time implements Clock, Poller {
        private long nanos;
        private Instant start = Instant.parse("2000-01-01T00:00:00Z");

        void set(Duration by) {
            start = start.plus(by);
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Instant now() {
            return start.plusNanos(nanos);
        }

        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            throw new UnsupportedOperationException("no channels here");
        }

        @Override
        public void poll(long timeoutNanos) {
            if (timeoutNanos < 0) {
                throw new IllegalStateException("nothing is ever going to happen");
            }
            nanos += timeoutNanos;
        }

        @Override
        public void wakeup() {}

        @Override
        public int registrations() {
            return 0;
        }

        @Override
        public void close() {}
    }

    private final Time time = new Time();
    private final List<String> runs = new ArrayList<>();

    /** Runs hourly, and moves the wall clock once after some time. */
    private void hourly(Duration after, Duration by, Duration all) {
        run(Periodic.cron("0 * * * *").zone(ZoneOffset.UTC), after, by, all);
    }

    private void run(PeriodicBuilder builder, Duration after, Duration by, Duration all) {
        try (var loop = EventLoop.builder().clock(time).poller(time).build()) {
            builder.start(loop, () -> runs.add(time.now() + " after " + Duration.ofNanos(time.nanos)));
            loop.callLater(after, () -> time.set(by));
            loop.callLater(all, loop::stop);
            loop.runForever();
        }
    }

    @Test
    void aClockThatIsSetForwardHasThePassedTickComeAtOnceAndTheOthersLeftOut() {
        hourly(ofMinutes(90), ofMinutes(200), ofMinutes(150));
        assertThat(runs)
                .containsExactly(
                        "2000-01-01T01:00:00Z after PT1H",
                        "2000-01-01T04:50:00Z after PT1H30M", // the tick of 02:00, noticed within a minute
                        "2000-01-01T05:00:00Z after PT1H40M");
    }

    @Test
    void aClockThatIsSetForwardALittleIsNoticedWithinAMinute() {
        hourly(Duration.ofSeconds(90 * 60 + 30), ofMinutes(20), ofMinutes(130));
        assertThat(runs).containsExactly("2000-01-01T01:00:00Z after PT1H", "2000-01-01T02:00:00Z after PT1H40M");
    }

    @Test
    void aClockThatIsSetBackALittleRunsNothingAgain() {
        hourly(ofMinutes(60).plus(ofMillis(1)), ofMillis(-500), ofMinutes(121));
        assertThat(runs).containsExactly("2000-01-01T01:00:00Z after PT1H", "2000-01-01T02:00:00Z after PT2H0.5S");
    }

    @Test
    void aClockThatIsSetBackByTwoHoursRunsNothingAgain() {
        hourly(ofMinutes(190), ofHours(-2), ofMinutes(365));
        assertThat(runs)
                .containsExactly(
                        "2000-01-01T01:00:00Z after PT1H",
                        "2000-01-01T02:00:00Z after PT2H",
                        "2000-01-01T03:00:00Z after PT3H",
                        "2000-01-01T04:00:00Z after PT6H");
    }

    @Test
    void aClockThatIsSetBackByMoreThanThreeHoursCountsAtOnce() {
        hourly(ofMinutes(90), ofDays(-1), ofMinutes(200));
        assertThat(runs)
                .containsExactly(
                        "2000-01-01T01:00:00Z after PT1H",
                        "1999-12-31T02:00:00Z after PT2H",
                        "1999-12-31T03:00:00Z after PT3H");
    }

    @Test
    void aFirstRunAtAnInstantGoesByTheWallAndTheRestByTheMonotonicClock() {
        run(
                Periodic.atFixedRate(ofHours(1)).firstAt(Instant.parse("2000-01-01T03:00:00Z")),
                ofMinutes(30),
                ofHours(1),
                ofHours(4));
        run(Periodic.atFixedRate(ofHours(1)), ofMinutes(30), ofHours(1), ofMinutes(130));
        assertThat(runs)
                .containsExactly(
                        "2000-01-01T03:00:00Z after PT2H",
                        "2000-01-01T04:00:00Z after PT3H",
                        "2000-01-01T05:00:00Z after PT4H",
                        "2000-01-01T05:00:00Z after PT4H",
                        "2000-01-01T07:00:00Z after PT5H",
                        "2000-01-01T08:00:00Z after PT6H");
    }
}

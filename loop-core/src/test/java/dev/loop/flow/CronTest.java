package dev.loop.flow;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A test loop begins at the start of 2000 in UTC, which was a Saturday. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CronTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static Instant wall() {
        return EventLoop.current().clock().now();
    }

    /** The instants of the runs in some time from an instant on, as that zone tells them. */
    private static List<String> runs(PeriodicBuilder cron, ZoneId zone, String from, Duration during) {
        var runs = new ArrayList<String>();
        try (var test = new TestLoop()) {
            var begin = LocalDateTime.parse(from).toInstant(ZoneOffset.UTC);
            test.clock().advance(Duration.between(test.clock().now(), begin));
            cron.zone(zone)
                    .start(
                            test.loop(),
                            () -> runs.add(
                                    wall().atZone(zone).toOffsetDateTime().toString()));
            test.advance(during);
        }
        return runs;
    }

    @Test
    void everyFiveMinutesIsOnTheFiveMinutes() {
        TestLoop.run(() -> {
            var instants = new ArrayList<String>();
            sleep(ofSeconds(61)).await();
            Periodic.cron("*/5 * * * *").zone(ZoneOffset.UTC).start(() -> instants.add(wall().toString()));
            sleep(ofMinutes(18)).await();
            assertThat(instants)
                    .containsExactly("2000-01-01T00:05:00Z", "2000-01-01T00:10:00Z", "2000-01-01T00:15:00Z");
        });
    }

    @Test
    void anInstantThatIsNowIsOver() {
        assertThat(runs(Periodic.cron("0 * * * *"), ZoneOffset.UTC, "2000-01-01T00:00:00", ofMinutes(119)))
                .containsExactly("2000-01-01T01:00Z");
    }

    @Test
    void quartzHasSeconds() {
        assertThat(runs(Periodic.quartzCron("*/20 * * * * ?"), ZoneOffset.UTC, "2000-01-01T00:00:01", ofSeconds(60)))
                .containsExactly("2000-01-01T00:00:20Z", "2000-01-01T00:00:40Z", "2000-01-01T00:01Z");
    }

    @Test
    void eitherDayIsEnough() {
        assertThat(runs(Periodic.cron("0 12 5 * MON"), ZoneOffset.UTC, "2000-01-01T00:00:00", ofDays(11)))
                .containsExactly("2000-01-03T12:00Z", "2000-01-05T12:00Z", "2000-01-10T12:00Z");
    }

    @Test
    void aLongWaitEndsAtTheInstant() {
        assertThat(runs(Periodic.cron("0 0 29 2 *"), ZoneOffset.UTC, "2003-12-15T00:00:00", ofDays(90)))
                .containsExactly("2004-02-29T00:00Z");
    }

    @Test
    void theLastInstantIsTheEnd() {
        TestLoop.run(() -> {
            var runs = new int[1];
            var periodic = Periodic.quartzCron("0 0 12 1 1 ? 2000")
                    .zone(ZoneOffset.UTC)
                    .start(() -> runs[0]++);
            periodic.join().await();
            assertThat(runs[0]).isEqualTo(1);
            assertThat(wall()).isEqualTo("2000-01-01T12:00:00Z");
            assertThat(periodic.isStopped()).isTrue();
        });
    }

    // --- summer time in Berlin: 2000-03-26 01:00 UTC, 02:00 becomes 03:00; 2000-10-29 01:00 UTC, 03:00 becomes 02:00

    @Test
    void aTimeThatTheZoneLeavesOutDoesNotCome() {
        assertThat(runs(Periodic.cron("30 2 * * *"), BERLIN, "2000-03-25T00:00:00", ofDays(3)))
                .containsExactly("2000-03-25T02:30+01:00", "2000-03-27T02:30+02:00");
    }

    @Test
    void everyHalfHourGoesOnOverTheGap() {
        assertThat(runs(Periodic.cron("*/30 * * * *"), BERLIN, "2000-03-25T23:59:00", ofHours(2)))
                .containsExactly(
                        "2000-03-26T01:00+01:00",
                        "2000-03-26T01:30+01:00",
                        "2000-03-26T03:00+02:00",
                        "2000-03-26T03:30+02:00");
    }

    @Test
    void aTimeThatTheZoneRepeatsComesOnceAtTheFirstPass() {
        assertThat(runs(Periodic.cron("30 2 * * *"), BERLIN, "2000-10-28T12:00:00", ofDays(2)))
                .containsExactly("2000-10-29T02:30+02:00", "2000-10-30T02:30+01:00");
    }

    @Test
    void everyHalfHourComesInBothPasses() {
        assertThat(runs(Periodic.cron("*/30 * * * *"), BERLIN, "2000-10-28T23:59:00", ofHours(3)))
                .containsExactly(
                        "2000-10-29T02:00+02:00",
                        "2000-10-29T02:30+02:00",
                        "2000-10-29T02:00+01:00",
                        "2000-10-29T02:30+01:00",
                        "2000-10-29T03:00+01:00",
                        "2000-10-29T03:30+01:00");
    }

    // --- missed

    @Test
    void whatIsMissedIsLeftOutOrMadeUpFor() {
        for (int catchUp = 0; catchUp < 3; catchUp++) {
            int most = catchUp;
            TestLoop.run(() -> {
                var minutes = new ArrayList<Long>();
                var periodic = Periodic.cron("* * * * *").catchUp(most).start(() -> {
                    minutes.add(EventLoop.current().time() / 60_000_000_000L);
                    if (minutes.size() == 1) {
                        sleep(ofSeconds(270)).await(); // until 5:30; 2, 3, 4 and 5 are missed
                    }
                });
                sleep(ofSeconds(400)).await();
                assertThat(minutes)
                        .isEqualTo(List.of(List.of(1L, 6L), List.of(1L, 5L, 6L), List.of(1L, 5L, 5L, 6L))
                                .get(most));
                assertThat(periodic.statistics().skipped()).isEqualTo(4 - most);
            });
        }
    }

    @Test
    void aVeryLongGapIsNotWorkedOutTickByTick() {
        TestLoop.run(() -> {
            var runs = new ArrayList<Instant>();
            var periodic = Periodic.quartzCron("* * * * * ?").catchUp(5).start(() -> {
                runs.add(wall());
                if (runs.size() == 1) {
                    sleep(ofDays(30)).await();
                }
            });
            sleep(ofDays(30).plusSeconds(3)).await();
            assertThat(runs).hasSize(4); // the first, one that is made up for, two that are on time
            assertThat(runs.get(1)).isEqualTo("2000-01-31T00:00:01Z");
            assertThat(periodic.statistics().skipped()).isEqualTo(1000);
        });
    }

    // --- expressions

    @Test
    void aBadExpressionIsNamedWithThePlace() {
        bad(
                "61 * * * *",
                "the cron expression '61 * * * *' is wrong in its field 1, the minute '61': Value 61 not in"
                        + " range [0, 59]");
        bad("* 25 * * *", "the cron expression '* 25 * * *' is wrong in its field 2, the hour '25'");
        bad("* * 32 * *", "its field 3, the day of month '32'");
        bad("* * * FOO *", "its field 4, the month 'FOO'");
        bad("* * * * 9", "its field 5, the day of week '9'");
        bad("5-1 * * * *", "its field 1, the minute '5-1'");
        bad("*/0 * * * *", "its field 1, the minute '*/0'");
        bad("* * * *", "'* * * *' has 4 fields, and a UNIX one has 5: minute, hour, day of month, month, day of week");
        bad("* * * * * *", "has 6 fields, and a UNIX one has 5");
        bad("  ", "has 0 fields");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.quartzCron("0 0 12 * * *"))
                .withMessageContaining("'0 0 12 * * *' is wrong in its fields together: ")
                .withMessageContaining("day-of-week AND a day-of-month");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.quartzCron("0 0 12 ? * X"))
                .withMessageContaining("its field 6, the day of week 'X'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.quartzCron("* * * * *"))
                .withMessageContaining("has 5 fields, and a QUARTZ one has 6 or 7: second, minute,");
    }

    private static void bad(String expression, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.cron(expression))
                .withMessageContaining(message);
    }

    @Test
    void anExpressionThatNeverComesIsRefused() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Periodic.cron("0 0 31 2 *").start(() -> {}))
                    .withMessage("the cron expression '0 0 31 2 *' has no instant to come: look at its day, month and"
                            + " year");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Periodic.quartzCron("0 0 0 1 1 ? 1999").start(() -> {}));
        });
    }

    @Test
    void blanksAroundAndBetweenDoNotMatter() {
        assertThat(runs(Periodic.cron("  0   */8 *  * *  "), ZoneOffset.UTC, "2000-01-01T00:00:00", ofHours(23)))
                .containsExactly("2000-01-01T08:00Z", "2000-01-01T16:00Z");
    }
}

package dev.loop.flow;

import static dev.loop.Async.moveOn;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.CancelledException;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.TaskGroup;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PeriodicTest {

    private static final Instant START = Instant.parse("2000-01-01T00:00:00Z"); // of a TestLoop

    private static Duration now() {
        return ofNanos(EventLoop.current().time());
    }

    /** A body that takes some time, the n-th run the n-th of these, and none when they are used up. */
    private static final class Work {
        private final List<Duration> begins = new ArrayList<>();
        private final Duration[] lengths;

        Work(Duration... lengths) {
            this.lengths = lengths;
        }

        void run() {
            int run = begins.size();
            begins.add(now());
            if (run < lengths.length) {
                sleep(lengths[run]).await();
            }
        }
    }

    // --- instants

    @Test
    void aFixedRateDoesNotDrift() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(300), ofMillis(100), ofMillis(999));
            Periodic.atFixedRate(ofSeconds(1)).start(work::run);
            sleep(ofMillis(4500)).await();
            assertThat(work.begins).containsExactly(ZERO, ofSeconds(1), ofSeconds(2), ofSeconds(3), ofSeconds(4));
        });
    }

    @Test
    void aFixedDelayCountsFromTheEnd() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(300), ofSeconds(5));
            Periodic.withFixedDelay(ofSeconds(1)).start(work::run);
            sleep(ofMillis(8500)).await();
            assertThat(work.begins).containsExactly(ZERO, ofMillis(1300), ofMillis(7300), ofMillis(8300));
        });
    }

    @Test
    void theFirstRunComesAfterADelay() {
        TestLoop.run(() -> {
            var work = new Work();
            Periodic.atFixedRate(ofSeconds(10)).initialDelay(ofSeconds(3)).start(work::run);
            sleep(ofSeconds(24)).await();
            assertThat(work.begins).containsExactly(ofSeconds(3), ofSeconds(13), ofSeconds(23));
        });
    }

    @Test
    void theFirstRunComesAtAnInstant() {
        TestLoop.run(() -> {
            var work = new Work();
            Periodic.atFixedRate(ofMinutes(10))
                    .firstAt(START.plusSeconds(7 * 60 + 3))
                    .start(work::run);
            sleep(ofMinutes(28)).await();
            assertThat(work.begins)
                    .containsExactly(ofSeconds(7 * 60 + 3), ofSeconds(17 * 60 + 3), ofSeconds(27 * 60 + 3));
        });
    }

    @Test
    void anInstantThatHasPassedStillSaysWhereTheRunsLie() {
        TestLoop.run(() -> {
            sleep(ofMinutes(1)).await();
            var atRate = new Work();
            var withDelay = new Work();
            Periodic.atFixedRate(ofHours(1)).firstAt(START.minusSeconds(600)).start(atRate::run);
            Periodic.withFixedDelay(ofHours(1)).firstAt(START.minusSeconds(600)).start(withDelay::run);
            sleep(ofMinutes(121)).await();
            assertThat(atRate.begins).containsExactly(ofMinutes(50), ofMinutes(110));
            assertThat(withDelay.begins).containsExactly(ofMinutes(1), ofMinutes(61), ofMinutes(121));
        });
    }

    @Test
    void anInstantOfAnotherCenturySaysSoToo() {
        TestLoop.run(() -> {
            var work = new Work();
            var periodic = Periodic.atFixedRate(ofHours(1))
                    .firstAt(START.minusSeconds(600).minus(ofDays(300 * 365)))
                    .start(work::run);
            sleep(ofMinutes(120)).await();
            assertThat(work.begins).containsExactly(ofMinutes(50), ofMinutes(110));
            assertThat(periodic.statistics().skipped()).isZero();
        });
    }

    @Test
    void whatIsMissedIsLeftOutAndCounted() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(3500), ofSeconds(2), ofMillis(2001));
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(work::run);
            sleep(ofMillis(10_500)).await();
            // 4 s: the next one after the first run; 6 s: comes as the second ends; 9 s: the third took a moment longer
            assertThat(work.begins).containsExactly(ZERO, ofSeconds(4), ofSeconds(6), ofSeconds(9), ofSeconds(10));
            assertThat(periodic.statistics().skipped()).isEqualTo(3 + 1 + 2);
        });
    }

    @Test
    void whatIsMissedIsMadeUpForUpToABound() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(5500));
            var periodic = Periodic.atFixedRate(ofSeconds(1)).catchUp(2).start(work::run);
            sleep(ofMillis(7500)).await();
            assertThat(work.begins).containsExactly(ZERO, ofMillis(5500), ofMillis(5500), ofSeconds(6), ofSeconds(7));
            assertThat(periodic.statistics().skipped()).isEqualTo(3);
        });
    }

    @Test
    void allThatIsMissedCanBeMadeUpFor() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(5500), ofMillis(600));
            var periodic = Periodic.atFixedRate(ofSeconds(1))
                    .catchUp(Integer.MAX_VALUE)
                    .start(work::run);
            sleep(ofMillis(7500)).await();
            assertThat(work.begins)
                    .containsExactly(
                            ZERO,
                            ofMillis(5500),
                            ofMillis(6100),
                            ofMillis(6100),
                            ofMillis(6100),
                            ofMillis(6100),
                            ofMillis(6100),
                            ofSeconds(7));
            assertThat(periodic.statistics().skipped()).isZero();
        });
    }

    @Test
    void aPeriodicThatIsAlwaysLateLetsOthersRun() {
        TestLoop.run(() -> {
            var runs = new int[1];
            var periodic =
                    Periodic.atFixedRate(ofNanos(1)).catchUp(Integer.MAX_VALUE).start(() -> runs[0]++);
            sleep(ofNanos(1000)).await();
            periodic.close();
            assertThat(runs[0]).isBetween(1000, 1001);
        });
    }

    @Test
    void aRunThatTakesTooLongIsCancelled() {
        try (var test = new TestLoop()) {
            var work = new Work(ofHours(1), ofHours(1));
            Periodic.atFixedRate(ofSeconds(10))
                    .name("poll")
                    .runTimeout(ofSeconds(2))
                    .start(test.loop(), work::run);
            test.advance(ofSeconds(21));
            assertThat(work.begins).containsExactly(ZERO, ofSeconds(10), ofSeconds(20));
            assertThat(test.reports())
                    .extracting(ExceptionContext::message)
                    .containsExactly("run 1 of 'poll' failed", "run 2 of 'poll' failed, 2 in a row");
            assertThat(test.reports().getFirst().exception())
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage("a run of poll: not done within PT2S");
            test.reports().clear();
        }
    }

    @Test
    void jitterIsAddedToEachTickAndDoesNotAddUp() {
        TestLoop.run(() -> {
            var work = new Work();
            var random = new Random(7);
            Periodic.atFixedRate(ofSeconds(1))
                    .jitter(ofMillis(500))
                    .random(new Random(7))
                    .start(work::run);
            sleep(ofSeconds(100)).await();
            for (int tick = 0; tick < 100; tick++) {
                assertThat(work.begins.get(tick)).isEqualTo(ofSeconds(tick).plusNanos(random.nextLong(500_000_001)));
            }
        });
    }

    // --- failures

    @Test
    void eachFailureIsReportedOnceAndTheNextRunComes() {
        try (var test = new TestLoop()) {
            var runs = new int[1];
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(test.loop(), () -> {
                if (++runs[0] != 3) {
                    throw new IOException("failure " + runs[0]);
                }
            });
            test.advance(ofMillis(4500));
            assertThat(test.reports())
                    .extracting(context ->
                            context.message() + ": " + context.exception().getMessage())
                    .containsExactly(
                            "run 1 of 'every PT1S' failed: failure 1",
                            "run 2 of 'every PT1S' failed, 2 in a row: failure 2",
                            "run 4 of 'every PT1S' failed: failure 4",
                            "run 5 of 'every PT1S' failed, 2 in a row: failure 5");
            test.reports().clear();
            assertThat(periodic.statistics())
                    .isEqualTo(new Periodic.Statistics(
                            5, 4, 2, 0, false, START.plusSeconds(4), ZERO, START.plusSeconds(5)));
        }
    }

    @Test
    void itStopsAfterFailuresInARow() {
        try (var test = new TestLoop()) {
            var runs = new int[1];
            var periodic = Periodic.atFixedRate(ofSeconds(1))
                    .stopAfterFailures(2)
                    .name("sync")
                    .start(test.loop(), () -> {
                        if (++runs[0] != 2) {
                            throw new IOException("failure " + runs[0]);
                        }
                    });
            test.advance(ofSeconds(10));
            assertThat(runs[0]).isEqualTo(4);
            assertThat(periodic.isStopped()).isTrue();
            assertThat(periodic.join().isDone()).isTrue();
            assertThat(test.reports())
                    .extracting(ExceptionContext::message)
                    .containsExactly(
                            "run 1 of 'sync' failed",
                            "run 3 of 'sync' failed",
                            "run 4 of 'sync' failed, 2 in a row, and it stops");
            test.reports().clear();
            assertThat(periodic.statistics().next()).isNull();
        }
    }

    @Test
    void aCancelOfWhatARunAwaitsIsNoFailure() {
        TestLoop.run(() -> {
            var runs = new int[1];
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(() -> {
                runs[0]++;
                var promise = EventLoop.current().promise();
                promise.cancel();
                promise.await();
            });
            sleep(ofMillis(2500)).await();
            assertThat(runs[0]).isEqualTo(3);
            assertThat(periodic.statistics().failures()).isZero();
        });
    }

    @Test
    void whatARunSetsInItsContextEndsWithIt() {
        TestLoop.run(() -> {
            var variable = ContextVar.of("variable", "unset");
            var seen = new ArrayList<String>();
            Periodic.atFixedRate(ofSeconds(1)).start(() -> {
                seen.add(variable.get());
                variable.set("set");
            });
            sleep(ofMillis(2500)).await();
            assertThat(seen).containsExactly("unset", "unset", "unset");
        });
    }

    // --- ends

    @Test
    void aStopLetsTheRunUnderWayEnd() {
        TestLoop.run(() -> {
            var work = new Work(ofSeconds(5));
            var ended = new boolean[1];
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(() -> {
                work.run();
                ended[0] = true;
            });
            sleep(ofSeconds(2)).await();
            periodic.stop();
            assertThat(periodic.isStopped()).isTrue();
            periodic.join().await();
            assertThat(now()).isEqualTo(ofSeconds(5));
            assertThat(ended[0]).isTrue();
            assertThat(work.begins).hasSize(1);
        });
    }

    @Test
    void aStopBetweenRunsEndsAtOnce() {
        TestLoop.run(() -> {
            var periodic = Periodic.atFixedRate(ofHours(1)).start(() -> {});
            sleep(ofSeconds(2)).await();
            periodic.close();
            assertThat(now()).isEqualTo(ofSeconds(2));
            assertThat(EventLoop.current().statistics().timers()).isZero();
            periodic.close();
            periodic.stop();
            periodic.cancel();
        });
    }

    @Test
    void aStopBeforeTheFirstTurnMeansNoRun() {
        TestLoop.run(() -> {
            var work = new Work();
            var periodic = Periodic.atFixedRate(ofHours(1)).start(work::run);
            periodic.close();
            assertThat(work.begins).isEmpty();
        });
    }

    @Test
    void aCancelEndsTheRunUnderWay() {
        TestLoop.run(() -> {
            var seen = new ArrayList<Throwable>();
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(() -> {
                for (int i = 0; i < 3; i++) { // a body that does not want to end
                    var e = catchThrowable(() -> sleep(ofHours(1)).await());
                    if (e != null) {
                        seen.add(e);
                    }
                }
            });
            sleep(ofSeconds(2)).await();
            periodic.cancel("enough");
            periodic.join().await();
            assertThat(now()).isEqualTo(ofSeconds(2));
            assertThat(seen).hasSize(3).allMatch(e -> e.getMessage().equals("cancelled: enough"));
            assertThat(periodic.statistics().failures()).isZero();
        });
    }

    @Test
    void aCloseWaitsOrCancelsAsItWasTold() {
        TestLoop.run(() -> {
            try (var _ = Periodic.atFixedRate(ofSeconds(1))
                    .start(() -> sleep(ofSeconds(10)).await())) {
                sleep(ofSeconds(1)).await();
            }
            assertThat(now()).isEqualTo(ofSeconds(10));
            try (var _ = Periodic.atFixedRate(ofSeconds(1))
                    .cancelOnClose()
                    .start(() -> sleep(ofSeconds(10)).await())) {
                sleep(ofSeconds(1)).await();
            }
            assertThat(now()).isEqualTo(ofSeconds(11));
        });
    }

    @Test
    void aCloseThatIsCancelledCancelsTheRun() {
        TestLoop.run(() -> {
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(() -> {
                try {
                    sleep(ofHours(1)).await();
                } finally {
                    dev.loop.Async.shielded(() -> sleep(ofSeconds(3)).await()); // cleaning up
                }
            });
            sleep(ofSeconds(1)).await();
            assertThat(moveOn(ofSeconds(4), periodic::close)).isFalse();
            assertThat(now()).isEqualTo(ofSeconds(8));
            assertThat(periodic.join().isDone()).isTrue();
        });
    }

    @Test
    void aRunStopsItsOwnPeriodicButDoesNotCloseIt() {
        TestLoop.run(() -> {
            var all = new ArrayList<Periodic>();
            var refused = new ArrayList<Throwable>();
            all.add(Periodic.atFixedRate(ofSeconds(1)).name("self").start(() -> {
                refused.add(catchThrowable(() -> all.getFirst().close()));
                all.getFirst().stop();
            }));
            all.getFirst().join().await();
            assertThat(now()).isEqualTo(ZERO);
            assertThat(refused)
                    .singleElement()
                    .isInstanceOf(IllegalStateException.class)
                    .extracting(Throwable::getMessage)
                    .isEqualTo("a run of 'self' cannot wait for its own end: call stop() there");
        });
    }

    @Test
    void theEndOfItsGroupIsItsEnd() {
        TestLoop.run(() -> {
            var work = new Work(ofMillis(100), ofMillis(100), ofHours(1));
            try (var group = TaskGroup.open()) {
                Periodic.atFixedRate(ofSeconds(1)).start(group, work::run);
                sleep(ofMillis(2500)).await();
            }
            assertThat(now()).isEqualTo(ofMillis(2500));
            assertThat(work.begins).hasSize(3);
            sleep(ofHours(2)).await();
            assertThat(work.begins).hasSize(3);
        });
    }

    @Test
    void aJoinOfItsGroupWaitsUntilItIsStopped() {
        TestLoop.run(() -> {
            TaskGroup.run(group -> {
                var runs = new int[1];
                var self = new Periodic[1];
                self[0] = Periodic.atFixedRate(ofSeconds(1)).start(group, () -> {
                    if (++runs[0] == 4) {
                        self[0].stop();
                    }
                });
            });
            assertThat(now()).isEqualTo(ofSeconds(3));
        });
    }

    @Test
    void aFailureDoesNotCancelItsGroup() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                try (var group = TaskGroup.open()) {
                    Periodic.atFixedRate(ofSeconds(1)).start(group, () -> {
                        throw new IOException("no matter");
                    });
                    sleep(ofMillis(1500)).await();
                    assertThat(group.isCancelled()).isFalse();
                }
            });
            assertThat(test.reports()).hasSize(2);
            test.reports().clear();
        }
    }

    @Test
    void theCloseOfItsLoopWaitsForTheRun() {
        var ended = new ArrayList<String>();
        try (var test = new TestLoop()) {
            Periodic.atFixedRate(ofSeconds(1)).start(test.loop(), () -> {
                sleep(ofMillis(2500)).await();
                ended.add("waited for");
            });
            Periodic.atFixedRate(ofSeconds(1)).cancelOnClose().start(test.loop(), () -> {
                try {
                    sleep(ofMillis(2500)).await();
                    ended.add("too far");
                } finally {
                    ended.add("cancelled");
                }
            });
            test.advance(ofSeconds(1));
        }
        assertThat(ended).containsExactly("cancelled", "waited for");
    }

    @Test
    void whatHasEndedLeavesNothingInItsLoop() {
        TestLoop.run(() -> {
            for (int i = 0; i < 1000; i++) {
                Periodic.atFixedRate(ofHours(1)).start(() -> {}).close();
            }
            assertThat(EventLoop.current().statistics().timers()).isZero();
            assertThat(EventLoop.current().statistics().tasks()).isEqualTo(1);
        });
    }

    @Test
    void aTaskThatIsCancelledByHandEnds() {
        TestLoop.run(() -> {
            var work = new Work(ofSeconds(1), ofHours(1));
            var periodic = Periodic.atFixedRate(ofSeconds(2)).name("victim").start(work::run);
            sleep(ofSeconds(5)).await();
            EventLoop.current().allTasks().stream()
                    .filter(task -> task.name().equals("victim"))
                    .forEach(task -> task.cancel("by hand"));
            periodic.join().await();
            assertThat(now()).isEqualTo(ofSeconds(5));
            assertThat(periodic.isStopped()).isTrue();
            assertThat(periodic.statistics().failures()).isZero();
        });
    }

    @Test
    void aJoinLeavesItAlone() {
        TestLoop.run(() -> {
            var work = new Work();
            var periodic = Periodic.atFixedRate(ofSeconds(1)).start(work::run);
            var task = spawn(() -> periodic.join().await());
            sleep(ofMillis(1500)).await();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            sleep(ofSeconds(1)).await();
            assertThat(work.begins).hasSize(3);
        });
    }

    @Test
    void statisticsSayHowItStands() {
        TestLoop.run(() -> {
            var periodic = Periodic.atFixedRate(ofSeconds(10))
                    .initialDelay(ofSeconds(1))
                    .start(() -> sleep(ofSeconds(4)).await());
            assertThat(periodic.statistics())
                    .isEqualTo(new Periodic.Statistics(0, 0, 0, 0, false, null, null, START.plusSeconds(1)));
            sleep(ofSeconds(2)).await();
            assertThat(periodic.statistics())
                    .isEqualTo(new Periodic.Statistics(1, 0, 0, 0, true, START.plusSeconds(1), null, null));
            assertThat(periodic).hasToString("Periodic[every PT10S, running, 1 runs on test-loop]");
            sleep(ofSeconds(4)).await();
            assertThat(periodic.statistics())
                    .isEqualTo(new Periodic.Statistics(
                            1, 0, 0, 0, false, START.plusSeconds(1), ofSeconds(4), START.plusSeconds(11)));
        });
    }

    @Test
    void aBuilderStartsManyAndDoesNotChangeThem() {
        TestLoop.run(() -> {
            var first = new Work();
            var second = new Work();
            var builder = Periodic.atFixedRate(ofSeconds(1));
            builder.start(first::run);
            builder.initialDelay(ofMillis(500)).jitter(ofMillis(1)).start(second::run);
            sleep(ofMillis(1200)).await();
            assertThat(first.begins).containsExactly(ZERO, ofSeconds(1));
            assertThat(second.begins).hasSize(1);
        });
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.atFixedRate(ZERO))
                .withMessage("the period is longer than zero, not PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Periodic.withFixedDelay(ofSeconds(-1)))
                .withMessage("the delay is longer than zero, not PT-1S");
        var builder = Periodic.atFixedRate(ofSeconds(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.initialDelay(ofSeconds(-1)))
                .withMessage("the initial delay is zero or longer, not PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.jitter(ofSeconds(2)))
                .withMessage("the jitter is not longer than the period: PT2S is more than PT1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.catchUp(-1))
                .withMessage("the missed runs to make up for are zero or more, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.stopAfterFailures(0))
                .withMessage("it stops after at least 1 failure, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.runTimeout(ZERO))
                .withMessage("the time for a run is longer than zero, not PT0S");
        assertThatIllegalStateException()
                .isThrownBy(() -> builder.zone(java.time.ZoneId.of("UTC")))
                .withMessageContaining("only a cron expression has a time zone");
        assertThatIllegalStateException()
                .isThrownBy(() -> Periodic.cron("* * * * *").initialDelay(ZERO))
                .withMessage("the cron expression '* * * * *' says when the first run is: leave an initial delay out");
        assertThatIllegalStateException().isThrownBy(() -> builder.start(() -> {}));
    }
}

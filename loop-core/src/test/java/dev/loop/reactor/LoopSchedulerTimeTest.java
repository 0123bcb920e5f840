package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;

/** Delays and periods of the scheduler, at exact instants of virtual time. */
@Tag("both-engines")
class LoopSchedulerTimeTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final Scheduler scheduler = LoopScheduler.of(loop);
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private void note(String what) {
        trail.add(what + " at " + test.elapsed().toMillis());
    }

    @Test
    void delaysAreExactInstantsOfTheLoopsTime() {
        Scheduler.Worker worker = scheduler.createWorker();
        scheduler.schedule(() -> note("c"), 3, TimeUnit.HOURS);
        worker.schedule(() -> note("a"), 50, TimeUnit.MILLISECONDS);
        worker.schedule(() -> note("b"), 50, TimeUnit.MILLISECONDS);
        worker.schedule(() -> note("now"), 0, TimeUnit.MILLISECONDS);
        worker.schedule(() -> note("past"), -5, TimeUnit.MILLISECONDS);
        test.advance(Duration.ofHours(3));
        assertThat(trail).containsExactly("now at 0", "past at 0", "a at 50", "b at 50", "c at 10800000");
    }

    @Test
    void aDelayTooLongForNanosecondsIsNeverDue() {
        Disposable work = scheduler.schedule(() -> note("never"), Long.MAX_VALUE, TimeUnit.DAYS);
        Disposable periodic = scheduler.schedulePeriodically(() -> note("once"), 1, Long.MAX_VALUE, TimeUnit.DAYS);
        test.advance(Duration.ofDays(10_000));
        assertThat(trail).containsExactly("once at 86400000");
        assertThat(work.isDisposed()).isFalse();
        work.dispose();
        periodic.dispose();
    }

    @Test
    void periodicWorkRunsAtAFixedRateUntilDisposed() {
        Disposable periodic = scheduler.schedulePeriodically(() -> note("tick"), 10, 25, TimeUnit.MILLISECONDS);
        test.advance(Duration.ofMillis(85));
        assertThat(trail).containsExactly("tick at 10", "tick at 35", "tick at 60", "tick at 85");
        periodic.dispose();
        assertThat(periodic.isDisposed()).isTrue();
        test.advance(Duration.ofMillis(100));
        assertThat(trail).hasSize(4);
    }

    @Test
    void periodicWorkThatIsLateCatchesUp() {
        Disposable periodic = scheduler.schedulePeriodically(
                () -> {
                    note("tick");
                    if (trail.size() == 1) {
                        test.clock().advance(Duration.ofMillis(25)); // a run that takes long
                    }
                },
                10,
                10,
                TimeUnit.MILLISECONDS);
        test.advance(Duration.ofMillis(50));
        periodic.dispose();
        assertThat(trail).containsExactly("tick at 10", "tick at 35", "tick at 35", "tick at 40", "tick at 50");
    }

    @Test
    void periodicWorkMayEndItself() {
        var self = new Disposable[1];
        self[0] = scheduler
                .createWorker()
                .schedulePeriodically(
                        () -> {
                            note("tick");
                            if (trail.size() == 3) {
                                self[0].dispose();
                            }
                        },
                        0,
                        1,
                        TimeUnit.SECONDS);
        test.advance(Duration.ofMinutes(1));
        assertThat(trail).containsExactly("tick at 0", "tick at 1000", "tick at 2000");
    }

    @Test
    void aPeriodOfZeroIsOneRunInEachTurnAndHoldsNobody() {
        Disposable periodic = scheduler.schedulePeriodically(() -> trail.add("tick"), 0, 0, TimeUnit.SECONDS);
        test.runMain(() -> {
            for (int i = 0; i < 5; i++) {
                Async.yieldNow();
            }
        });
        periodic.dispose();
        assertThat(trail).hasSizeBetween(4, 6);
    }

    @Test
    void nowIsTheWallTimeOfTheLoopsClock() {
        long start = test.clock().now().toEpochMilli();
        assertThat(scheduler.now(TimeUnit.MILLISECONDS)).isEqualTo(start);
        test.advance(Duration.ofMillis(1500));
        assertThat(scheduler.now(TimeUnit.MILLISECONDS)).isEqualTo(start + 1500);
        assertThat(scheduler.now(TimeUnit.SECONDS)).isEqualTo((start + 1500) / 1000);
        assertThat(scheduler.now(TimeUnit.MICROSECONDS)).isEqualTo((start + 1500) * 1000);
    }

    @Test
    void reactorsTimeOperatorsAreVirtual() {
        var delay = StepVerifier.create(
                        Mono.delay(Duration.ofDays(1), scheduler).doOnNext(_ -> note("delay")))
                .expectNext(0L)
                .expectComplete()
                .verifyLater();
        var interval = StepVerifier.create(
                        Flux.interval(Duration.ofHours(1), scheduler).take(3).doOnNext(n -> note("interval " + n)))
                .expectNext(0L, 1L, 2L)
                .expectComplete()
                .verifyLater();
        var timeout = StepVerifier.create(Mono.never().timeout(Duration.ofHours(2), scheduler))
                .expectError(java.util.concurrent.TimeoutException.class)
                .verifyLater();
        test.advance(Duration.ofDays(1));
        List.of(delay, interval, timeout).forEach(v -> v.verify(Duration.ofSeconds(20)));
        assertThat(trail)
                .containsExactly(
                        "interval 0 at 3600000",
                        "interval 1 at 7200000",
                        "interval 2 at 10800000",
                        "delay at 86400000");
    }

    @Test
    void publishOnBringsSignalsToTheLoop() {
        var threads = new ArrayList<Boolean>();
        var verifier = StepVerifier.create(Flux.range(0, 1000)
                        .publishOn(scheduler)
                        .doOnNext(_ -> threads.add(loop.isCallbackThread(Thread.currentThread()))))
                .expectNextCount(1000)
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofMillis(1));
        verifier.verify(Duration.ofSeconds(20));
        assertThat(threads).hasSize(1000).containsOnly(true);
    }

    @Test
    void theTestLoopIsTheClockOfAStepVerifier() {
        StepVerifier.create(Flux.interval(Duration.ofHours(1), scheduler))
                .expectSubscription()
                .then(() -> test.advance(Duration.ofMinutes(59)))
                .then(() -> note("nothing yet"))
                .then(() -> test.advance(Duration.ofMinutes(1)))
                .expectNext(0L)
                .then(() -> test.advance(Duration.ofHours(2)))
                .expectNext(1L, 2L)
                .thenCancel()
                .verify(Duration.ofSeconds(20));
        assertThat(trail).containsExactly("nothing yet at 3540000");
        assertThat(test.elapsed()).isEqualTo(Duration.ofHours(3));
    }

    /** The verifier polls its script in real time; what moves the clock is the task's own sleep. */
    @Test
    void aTaskIsTheClockOfAStepVerifierThatItRuns() {
        try (var patient = TestLoop.builder().allowRealTime().build()) {
            patient.runMain(() -> {
                Scheduler own = LoopScheduler.of(patient.loop());
                StepVerifier.create(Flux.interval(Duration.ofHours(1), own)
                                .map(n -> n + " at " + patient.elapsed().toHours()))
                        .expectSubscription()
                        .then(() -> Async.sleep(Duration.ofMinutes(90)).await())
                        .expectNext("0 at 1")
                        .then(() -> Async.sleep(Duration.ofHours(1)).await())
                        .expectNext("1 at 2")
                        .thenCancel()
                        .verify(Duration.ofSeconds(20));
            });
        }
    }
}

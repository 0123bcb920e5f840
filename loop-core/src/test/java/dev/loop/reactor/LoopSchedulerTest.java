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
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The scheduler of a loop: where work runs, in which order, and what becomes of its failures. */
@Tag("both-engines")
class LoopSchedulerTest {

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

    // --- where and in which order

    @Test
    void workRunsAsACallbackAndNeverInsideTheCall() {
        var onCallbackThread = new ArrayList<Boolean>();
        test.runMain(() -> {
            for (Scheduler.Worker worker : List.of(scheduler.createWorker(), scheduler.createWorker())) {
                worker.schedule(() -> {
                    onCallbackThread.add(loop.isCallbackThread(Thread.currentThread()));
                    scheduler.schedule(() -> trail.add("inner"));
                    trail.add("outer");
                });
            }
            assertThat(onCallbackThread).isEmpty();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(onCallbackThread).containsExactly(true, true);
        assertThat(trail).containsExactly("outer", "outer", "inner", "inner");
    }

    @Test
    void theSchedulerStandsInOneQueueWithTheLoopsCallbacks() {
        test.runMain(() -> {
            scheduler.schedule(() -> trail.add("a"));
            loop.callSoon(() -> trail.add("b"));
            scheduler.schedule(() -> trail.add("c"));
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).containsExactly("a", "b", "c");
    }

    @Test
    void aWorkerKeepsTheOrderBetweenThreadsEvenIfOnesWayIsShorter() {
        Scheduler.Worker worker = scheduler.createWorker();
        test.runMain(() -> {
            Thread foreign = Thread.ofPlatform().start(() -> worker.schedule(() -> trail.add("foreign")));
            while (foreign.isAlive()) {
                Thread.onSpinWait(); // holds the loop: what the other thread gave has not arrived yet
            }
            worker.schedule(() -> trail.add("own"));
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).containsExactly("foreign", "own");
    }

    @Test
    void workFromBeforeTheRunAndFromOtherThreadsRuns() {
        scheduler.schedule(() -> trail.add("before"));
        test.runMain(() -> {
            Async.toThread(() -> scheduler.schedule(() -> trail.add("foreign"))).await();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).containsExactly("before", "foreign");
    }

    // --- failures and hooks

    @Test
    void aFailureIsToldOnceToReactorsHookAndToTheLoopsExceptionHandler() {
        var hooked = new ArrayList<String>();
        Schedulers.onHandleError("test", (thread, error) -> hooked.add(error + " " + loop.isCallbackThread(thread)));
        try {
            scheduler.schedule(() -> {
                throw new IllegalStateException("boom");
            });
            Disposable periodic = scheduler.schedulePeriodically(
                    () -> {
                        note("tick");
                        throw new IllegalArgumentException("tick");
                    },
                    1,
                    1,
                    TimeUnit.SECONDS);
            test.advance(Duration.ofSeconds(2));
            periodic.dispose();
        } finally {
            Schedulers.resetOnHandleError("test");
        }
        assertThat(hooked)
                .containsExactly(
                        "java.lang.IllegalStateException: boom true",
                        "java.lang.IllegalArgumentException: tick true",
                        "java.lang.IllegalArgumentException: tick true");
        assertThat(trail).containsExactly("tick at 1000", "tick at 2000");
        assertThat(test.reports()).extracting(r -> r.exception().getMessage()).containsExactly("boom", "tick", "tick");
        test.reports().clear();
    }

    @Test
    void theScheduleHookDecoratesWork() {
        Schedulers.onScheduleHook("test", task -> () -> {
            trail.add("before");
            task.run();
        });
        try {
            scheduler.schedule(() -> trail.add("a"));
            scheduler.createWorker().schedule(() -> trail.add("b"));
        } finally {
            Schedulers.resetOnScheduleHook("test");
        }
        test.advance(Duration.ofMillis(1));
        assertThat(trail).containsExactly("before", "a", "before", "b");
    }
}

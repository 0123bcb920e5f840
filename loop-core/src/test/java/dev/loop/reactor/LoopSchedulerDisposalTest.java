package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.testing.DeadlockError;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;

/** Work that is taken back, and schedulers and workers that end. */
@Tag("both-engines")
class LoopSchedulerDisposalTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final Scheduler scheduler = LoopScheduler.of(loop);
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void workThatHasNotBegunIsTakenBack() {
        List<Disposable> works = List.of(
                scheduler.schedule(() -> trail.add("a")),
                scheduler.schedule(() -> trail.add("b"), 1, TimeUnit.SECONDS),
                scheduler.createWorker().schedule(() -> trail.add("c")),
                scheduler.createWorker().schedulePeriodically(() -> trail.add("d"), 1, 1, TimeUnit.SECONDS));
        assertThat(works).noneMatch(Disposable::isDisposed);
        works.forEach(Disposable::dispose);
        works.forEach(Disposable::dispose);
        assertThat(works).allMatch(Disposable::isDisposed);
        test.advance(Duration.ofMinutes(1));
        assertThat(trail).isEmpty();
    }

    @Test
    void workThatHasRunIsDisposed() {
        Disposable work = scheduler.schedule(() -> trail.add("a"));
        Disposable delayed = scheduler.schedule(() -> trail.add("b"), 1, TimeUnit.SECONDS);
        test.advance(Duration.ofSeconds(1));
        work.dispose();
        assertThat(trail).containsExactly("a", "b");
        assertThat(work.isDisposed()).isTrue();
        assertThat(delayed.isDisposed()).isTrue();
    }

    @Test
    void aDelayThatAnotherThreadTakesBackIsNothingThatTimeRunsTo() {
        assertThatThrownBy(() -> test.runMain(() -> {
                    Disposable work = scheduler.schedule(() -> trail.add("a"), 1000, TimeUnit.HOURS);
                    Async.toThread(() -> {
                                work.dispose();
                                return null;
                            })
                            .await();
                    loop.promise().await(); // for ever: nothing is left that could come
                }))
                .isInstanceOf(DeadlockError.class);
        assertThat(test.elapsed()).isLessThan(Duration.ofHours(1000));
        assertThat(trail).isEmpty();
    }

    @Test
    void disposingAWorkerEndsOnlyThatWorker() {
        Scheduler.Worker worker = scheduler.createWorker();
        Scheduler.Worker other = scheduler.createWorker();
        worker.schedule(() -> trail.add("a"));
        worker.schedule(() -> trail.add("b"), 1, TimeUnit.SECONDS);
        worker.schedulePeriodically(() -> trail.add("c"), 1, 1, TimeUnit.SECONDS);
        other.schedule(() -> trail.add("other"));
        worker.dispose();
        worker.dispose();
        test.advance(Duration.ofMinutes(1));
        assertThat(trail).containsExactly("other");
        assertThat(worker.isDisposed()).isTrue();
        assertThat(other.isDisposed()).isFalse();
        assertThatThrownBy(() -> worker.schedule(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("worker")
                .hasMessageContaining("createWorker()");
        assertThatThrownBy(() -> worker.schedule(() -> {}, 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> worker.schedulePeriodically(() -> {}, 1, 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void disposingTheSchedulerEndsItsWorkAndItsWorkersAndNotTheLoop() {
        Scheduler.Worker worker = scheduler.createWorker();
        scheduler.schedule(() -> trail.add("a"));
        scheduler.schedule(() -> trail.add("b"), 1, TimeUnit.SECONDS);
        worker.schedule(() -> trail.add("c"));
        loop.callSoon(() -> trail.add("the loop's"));
        scheduler.dispose();
        test.advance(Duration.ofMinutes(1));
        assertThat(trail).containsExactly("the loop's");
        assertThat(scheduler.isDisposed()).isTrue();
        assertThat(worker.isDisposed()).isTrue();
        assertThatThrownBy(() -> scheduler.schedule(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("disposed")
                .hasMessageContaining("LoopScheduler.of(loop)");
        assertThatThrownBy(() -> scheduler.schedule(() -> {}, 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> scheduler.createWorker().schedule(() -> {}))
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void aLoopHasOneSchedulerUntilThatIsDisposed() {
        assertThat(LoopScheduler.of(loop)).isSameAs(scheduler);
        scheduler.dispose();
        LoopScheduler next = LoopScheduler.of(loop);
        assertThat(next).isNotSameAs(scheduler);
        next.schedule(() -> trail.add("a"));
        test.advance(Duration.ofMillis(1));
        assertThat(trail).containsExactly("a");
    }

    @Test
    void aClosedLoopRejects() {
        Scheduler.Worker worker = scheduler.createWorker();
        test.close();
        assertThat(scheduler.isDisposed()).isTrue();
        assertThatThrownBy(() -> scheduler.schedule(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessageContaining("test-loop is closed");
        assertThatThrownBy(() -> scheduler.schedule(() -> {}, 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> worker.schedule(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> worker.schedulePeriodically(() -> {}, 1, 1, TimeUnit.SECONDS))
                .isInstanceOf(RejectedExecutionException.class);
        StepVerifier.create(Mono.just(1).subscribeOn(scheduler)).verifyError(RejectedExecutionException.class);
        StepVerifier.create(Mono.just(1).publishOn(scheduler)).verifyError(RejectedExecutionException.class);
        StepVerifier.create(Mono.delay(Duration.ofMillis(1), scheduler)).verifyError(RejectedExecutionException.class);
    }

    // --- the graceful end

    @Test
    void aGracefulEndWaitsForWhatWasScheduledAndTakesNothingMore() {
        Scheduler.Worker worker = scheduler.createWorker();
        scheduler.schedule(() -> trail.add("soon"));
        scheduler.schedule(() -> trail.add("later"), 2, TimeUnit.SECONDS);
        worker.schedule(() -> trail.add("worker"), 3, TimeUnit.SECONDS);
        Disposable periodic = scheduler.schedulePeriodically(() -> trail.add("tick"), 1, 1, TimeUnit.SECONDS);
        Mono<Void> end = scheduler.disposeGracefully();
        assertThat(scheduler.isDisposed()).isFalse(); // it is cold
        end.subscribe(null, null, () -> trail.add("ended at " + test.elapsed()));
        end.subscribe(null, null, () -> trail.add("and again"));
        assertThat(scheduler.isDisposed()).isTrue();
        assertThat(periodic.isDisposed()).isTrue();
        assertThatThrownBy(() -> scheduler.schedule(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> worker.schedule(() -> {})).isInstanceOf(RejectedExecutionException.class);
        test.advance(Duration.ofMinutes(1));
        assertThat(trail)
                .startsWith("soon", "later", "worker")
                .containsExactlyInAnyOrder("soon", "later", "worker", "ended at PT3S", "and again");
        assertThat(worker.isDisposed()).isTrue();
        end.subscribe(null, null, () -> trail.add("it had ended"));
        test.advance(Duration.ofMillis(1));
        assertThat(trail).endsWith("it had ended");
        assertThat(LoopScheduler.of(loop)).isNotSameAs(scheduler);
    }

    @Test
    void aGracefulEndThatTakesTooLongIsCutShort() {
        scheduler.schedule(() -> trail.add("never"), 1, TimeUnit.HOURS);
        StepVerifier verifier = StepVerifier.create(scheduler
                        .disposeGracefully()
                        .timeout(Monos.from(loop, () -> loop.sleep(Duration.ofSeconds(5))))
                        .onErrorResume(_ -> Mono.fromRunnable(scheduler::dispose)))
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofHours(2));
        verifier.verify(Duration.ofSeconds(20));
        assertThat(trail).isEmpty();
    }

    @Test
    void aGracefulEndOfAnIdleOrClosedLoopIsThereAtOnce() {
        StepVerifier idle = StepVerifier.create(scheduler.disposeGracefully())
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofMillis(1));
        idle.verify(Duration.ofSeconds(20));
        LoopScheduler next = LoopScheduler.of(loop);
        next.schedule(() -> trail.add("never"), 1, TimeUnit.HOURS);
        test.close();
        StepVerifier.create(next.disposeGracefully()).verifyComplete();
    }

    /** Facts of Reactor's own schedulers. */
    @Test
    void whatRunsIsNotDisposedAndAWorkersWorkIsWithIt() {
        var seen = new ArrayList<Boolean>();
        var work = new Disposable[1];
        work[0] = scheduler.schedule(() -> seen.add(work[0].isDisposed()));
        Scheduler.Worker worker = scheduler.createWorker();
        var many = new ArrayList<Disposable>();
        for (int i = 0; i < 10; i++) {
            many.add(worker.schedule(() -> trail.add("ran")));
        }
        worker.dispose();
        assertThat(many).allMatch(Disposable::isDisposed);
        test.advance(Duration.ofMillis(1));
        assertThat(seen).containsExactly(false);
        assertThat(trail).isEmpty();
        assertThat(Scannable.from(worker).scan(Scannable.Attr.PARENT)).isSameAs(scheduler);
        assertThat(Scannable.from(worker).name()).contains("test-loop").endsWith(".worker");
        assertThat(Scannable.from(scheduler).scan(Scannable.Attr.TERMINATED)).isFalse();
        assertThat(Scannable.from(work[0]).scan(Scannable.Attr.TERMINATED)).isTrue();
        assertThat(Scannable.from(many.getFirst()).scan(Scannable.Attr.CANCELLED))
                .isTrue();
    }
}

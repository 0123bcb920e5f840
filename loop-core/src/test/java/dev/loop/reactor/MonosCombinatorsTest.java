package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.TimeoutException;
import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** gather, waitFor and shield. */
@Tag("both-engines")
class MonosCombinatorsTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final LoopScheduler scheduler = LoopScheduler.of(loop);
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private <T> Mono<T> after(Duration delay, T value) {
        return Mono.delay(delay, scheduler)
                .map(_ -> value)
                .doOnCancel(() -> trail.add(value + " cancelled"))
                .doOnNext(v -> trail.add(v + " at " + test.elapsed().toSeconds()));
    }

    private <T> StepVerifier.FirstStep<T> on(Mono<T> mono) {
        return StepVerifier.create(mono.subscribeOn(scheduler));
    }

    private void verify(StepVerifier verifier) {
        StepVerifier subscribed = verifier.verifyLater();
        test.advance(Duration.ofMinutes(1));
        subscribed.verify(Duration.ofSeconds(20));
    }

    // --- gather

    @Test
    void gatherGivesTheValuesInTheOrderOfTheArguments() {
        verify(on(Monos.gather(after(Duration.ofSeconds(2), "a"), Mono.empty(), after(Duration.ofSeconds(1), "b")))
                .assertNext(all -> assertThat(all).containsExactly("a", null, "b"))
                .expectComplete());
        assertThat(trail).containsExactly("b at 1", "a at 2");
    }

    @Test
    void gatherOfNothingIsAnEmptyList() {
        verify(on(Monos.gather(List.<Mono<String>>of())).expectNext(List.of()).expectComplete());
    }

    @Test
    void gatherTakesTheFirstFailureAndLeavesTheOthersRunning() {
        verify(on(Monos.gather(
                        after(Duration.ofSeconds(2), "a"),
                        Mono.error(new IllegalStateException("boom")),
                        Mono.error(new IllegalStateException("second"))))
                .expectErrorMessage("boom"));
        assertThat(trail).containsExactly("a at 2");
    }

    @Test
    void aCancelledGatherCancelsAll() {
        Disposable subscriber = Monos.gather(after(Duration.ofHours(1), "a"), after(Duration.ofHours(1), "b"))
                .subscribeOn(scheduler)
                .subscribe();
        test.advance(Duration.ofSeconds(1));
        subscriber.dispose();
        test.advance(Duration.ofSeconds(1));
        assertThat(trail).containsExactly("a cancelled", "b cancelled");
    }

    // --- waitFor

    @Test
    void waitForGivesTheValueInTime() {
        verify(on(Monos.waitFor(after(Duration.ofSeconds(2), "a"), Duration.ofSeconds(3)))
                .expectNext("a")
                .expectComplete());
        verify(on(Monos.waitFor(Mono.empty(), Duration.ofSeconds(3))).expectComplete());
    }

    @Test
    void waitForCancelsWhatIsLateAtTheExactInstant() {
        Mono<String> limited = Monos.waitFor(after(Duration.ofSeconds(3), "a"), Duration.ofSeconds(2))
                .doOnError(e -> trail.add("error at " + test.elapsed().toSeconds()));
        verify(on(limited)
                .expectErrorSatisfies(
                        e -> assertThat(e).isInstanceOf(TimeoutException.class).hasMessageContaining("PT2S")));
        assertThat(trail).containsExactlyInAnyOrder("a cancelled", "error at 2");
    }

    @Test
    void theTimeOfWaitForCountsFromTheRequest() {
        Mono<String> limited = Monos.waitFor(after(Duration.ofSeconds(2), "a"), Duration.ofSeconds(3));
        test.advance(Duration.ofHours(1));
        verify(on(limited).expectNext("a").expectComplete());
    }

    @Test
    void aCancelledWaitForLosesNoItem() {
        var queue = new Queue<String>(loop, 10);
        Mono<String> get = Monos.waitFor(Monos.from(loop, queue::get), Duration.ofSeconds(1));
        test.runMain(() -> {
            Disposable subscriber = get.subscribe(trail::add);
            while (queue.statistics().getters() == 0) {
                Async.yieldNow();
            }
            assertThat(queue.tryPut("a")).isTrue();
            subscriber.dispose();
            assertThat(queue.tryGet()).isEqualTo("a");
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).isEmpty();
    }

    // --- shield

    @Test
    void aShieldedSubscriptionGoesOnWhenItsSubscriberCancels() {
        Disposable subscriber = Monos.shield(after(Duration.ofSeconds(3), "a"))
                .subscribeOn(scheduler)
                .subscribe(trail::add);
        test.advance(Duration.ofSeconds(1));
        subscriber.dispose();
        test.advance(Duration.ofMinutes(1));
        assertThat(trail).containsExactly("a at 3");
    }

    @Test
    void aShieldPassesTheOutcomeOn() {
        verify(on(Monos.shield(Mono.just("a"))).expectNext("a").expectComplete());
        verify(on(Monos.shield(Mono.error(new IllegalStateException("boom")))).expectErrorMessage("boom"));
    }

    // --- where they signal

    @Test
    void combinatorsOfForeignMonosSignalOnTheLoop() {
        EventLoop.run(() -> {
            EventLoop l = EventLoop.current();
            Mono<Integer> foreign =
                    Mono.fromCallable(() -> 1).subscribeOn(reactor.core.scheduler.Schedulers.boundedElastic());
            for (Mono<?> mono : List.of(
                    Monos.gather(foreign, foreign),
                    Monos.waitFor(foreign, Duration.ofSeconds(20)),
                    Monos.shield(foreign))) {
                var where = new ArrayList<Boolean>();
                Async.toThread(() -> mono.doOnEach(_ -> where.add(l.isCallbackThread(Thread.currentThread())))
                                .block(Duration.ofSeconds(20)))
                        .await();
                assertThat(where).containsExactly(true, true);
            }
        });
    }
}

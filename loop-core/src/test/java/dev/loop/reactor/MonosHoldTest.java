package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.sync.Lock;
import dev.loop.sync.ReentrantLock;
import dev.loop.sync.RwLock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.util.context.Context;

/** Monos under a lock, a permit, or whatever else is held. */
@Tag("both-engines")
class MonosHoldTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final LoopScheduler scheduler = LoopScheduler.of(loop);
    private final Lock lock = new Lock(loop);
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private void turns() {
        test.advance(Duration.ofMillis(1));
    }

    private void verify(StepVerifier verifier) {
        StepVerifier subscribed = verifier.verifyLater();
        test.advance(Duration.ofMinutes(1));
        subscribed.verify(Duration.ofSeconds(20));
    }

    private <T> Mono<T> onLoop(Mono<T> mono) {
        return mono.subscribeOn(scheduler);
    }

    @Test
    void theLockIsHeldWhileTheMonoRunsAndFreeWhenItsValueIsPassedOn() {
        Mono<String> locked = onLoop(Monos.withLock(
                lock,
                Mono.delay(Duration.ofSeconds(1), scheduler)
                        .map(_ -> "inside " + lock.isLocked())
                        .doFirst(() -> trail.add("subscribed " + lock.isLocked()))));
        verify(StepVerifier.create(locked.map(v -> v + ", outside " + lock.isLocked()))
                .expectNext("inside true, outside false")
                .expectComplete());
        assertThat(trail).containsExactly("subscribed true");
    }

    @Test
    void itIsAcquiredAtTheRequestAndReleasedInEveryCase() {
        var probe = new Probe<String>(loop);
        onLoop(Monos.withLock(lock, Mono.<String>never())).subscribe(probe);
        turns();
        assertThat(lock.isLocked()).isFalse();
        probe.request(1);
        turns();
        assertThat(lock.isLocked()).isTrue();
        probe.cancel();
        turns();
        assertThat(lock.isLocked()).isFalse();
        verify(StepVerifier.create(onLoop(Monos.withLock(lock, Mono.empty()))).expectComplete());
        verify(StepVerifier.create(onLoop(Monos.withLock(lock, Mono.error(new IllegalStateException("boom")))))
                .expectErrorMessage("boom"));
        assertThat(lock.isLocked()).isFalse();
    }

    @Test
    void oneAfterAnotherGetsIt() {
        test.runMain(() -> {
            Flux<String> two = Flux.merge(
                    Monos.withLock(
                            lock, Mono.delay(Duration.ofSeconds(1), scheduler).map(_ -> "a")),
                    Monos.withLock(
                            lock, Mono.delay(Duration.ofSeconds(1), scheduler).map(_ -> "b")));
            assertThat(Monos.await(two.collectList())).containsExactly("a", "b");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
        });
    }

    @Test
    void aCancelWhileItWaitsTakesNothing() {
        test.runMain(() -> {
            var held = lock.acquire().await();
            Disposable waiting = Monos.withLock(lock, Mono.fromRunnable(() -> trail.add("ran")))
                    .subscribe();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(lock.statistics().waiting()).isEqualTo(1);
            waiting.dispose();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(lock.statistics().waiting()).isZero();
            held.close();
            assertThat(lock.isLocked()).isFalse();
        });
        assertThat(trail).isEmpty();
    }

    @Test
    void aCancelBetweenTheGrantAndTheSubscriptionGivesItBack() {
        var inner = PublisherProbe.empty();
        test.runMain(() -> {
            var held = lock.acquire().await();
            Disposable waiting = Monos.withLock(lock, inner.mono()).subscribe();
            Async.sleep(Duration.ofMillis(1)).await();
            held.close(); // grants it to the task behind the Mono, whose step has not come
            waiting.dispose();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(lock.isLocked()).isFalse();
        });
        inner.assertWasNotSubscribed();
    }

    @Test
    void permitsAndWhateverElseCanBeHeld() {
        var semaphore = new Semaphore(loop, 2);
        var rw = new RwLock(loop);
        var reentrant = new ReentrantLock(loop);
        test.runMain(() -> {
            Mono<Integer> free = Mono.fromCallable(semaphore::available);
            assertThat(Monos.await(Monos.withPermit(semaphore, Monos.withPermit(semaphore, free))))
                    .isZero();
            assertThat(semaphore.available()).isEqualTo(2);
            assertThat(Monos.await(Monos.holding(() -> semaphore.acquire(2), free)))
                    .isZero();
            assertThat(Monos.await(Monos.holding(rw::read, Mono.fromCallable(rw::readers))))
                    .isEqualTo(1);
            assertThat(rw.readers()).isZero();
            assertThat(Monos.await(
                            Monos.holding(reentrant::acquire, Mono.fromCallable(reentrant::isHeldByCurrentTask))))
                    .isTrue();
            assertThat(reentrant.owner()).isNull();
        });
    }

    @Test
    void theSubscribersContextReachesTheMonoInside() {
        Mono<String> inside = Mono.deferContextual(c -> Mono.just("hello " + c.get("user")));
        verify(StepVerifier.create(onLoop(Monos.withLock(lock, inside)).contextWrite(Context.of("user", "ada")))
                .expectNext("hello ada")
                .expectComplete());
    }

    @Test
    void aMonoOfAnotherThreadReleasesOnTheLoop() {
        EventLoop.run(() -> {
            var real = new Lock();
            Mono<Integer> locked =
                    Monos.withLock(real, Mono.just(1).delayElement(Duration.ofMillis(1), Schedulers.parallel()));
            int sum = Async.toThread(() -> Flux.range(0, 50)
                            .flatMap(_ -> locked)
                            .reduce(0, Integer::sum)
                            .block(Duration.ofSeconds(20)))
                    .await();
            assertThat(sum).isEqualTo(50);
            assertThat(real.isLocked()).isFalse();
        });
    }

    @Test
    void aCancelByAnotherThreadReleasesOnTheLoop() {
        EventLoop.run(() -> {
            var real = new Lock();
            for (int i = 0; i < 100; i++) {
                Disposable locked = Monos.withLock(real, Mono.never()).subscribe();
                int turns = i % 4;
                for (int turn = 0; turn < turns; turn++) {
                    Async.yieldNow();
                }
                Async.toThread(() -> {
                            locked.dispose();
                            return null;
                        })
                        .await();
            }
            try (var _ = real.acquire().await()) {
                assertThat(real.statistics().waiting()).isZero();
            }
        });
    }

    @Test
    void sleepCountsFromTheRequest() {
        Mono<Void> sleep = Monos.sleep(Duration.ofSeconds(5));
        test.advance(Duration.ofHours(1));
        verify(StepVerifier.create(onLoop(sleep).doFinally(_ -> trail.add("at " + test.elapsed())))
                .expectComplete());
        assertThat(trail).containsExactly("at PT1H5S");
    }
}

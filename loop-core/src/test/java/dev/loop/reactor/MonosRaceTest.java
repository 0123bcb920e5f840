package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.RaceException;
import dev.loop.queue.Queue;
import dev.loop.sync.Event;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** race and gatherDelayError. */
@Tag("both-engines")
class MonosRaceTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private Mono<String> after(int seconds, String value) {
        return Mono.delay(Duration.ofSeconds(seconds), LoopScheduler.of(loop))
                .map(_ -> value)
                .doOnCancel(() -> trail.add(value + " cancelled"));
    }

    // --- race

    @Test
    void theFirstWinsAndTheOthersAreCancelledAndHaveEnded() {
        Mono<String> slow = Monos.task(loop, () -> {
            try {
                Async.sleep(Duration.ofHours(1)).await();
                return "slow";
            } finally {
                Async.shielded(() -> {
                    Async.sleep(Duration.ofSeconds(5)).await();
                });
                trail.add("cleaned up");
            }
        });
        test.runMain(() -> {
            assertThat(Monos.await(Monos.race(slow, after(2, "a"), after(3, "b"))))
                    .isEqualTo("a");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(7));
        });
        assertThat(trail).containsExactly("b cancelled", "cleaned up");
    }

    @Test
    void oneThatFailsIsOutOfTheRace() {
        test.runMain(() -> {
            assertThat(Monos.await(Monos.race(Mono.error(new IOException("reset")), after(1, "a"))))
                    .isEqualTo("a");
            var boom = new IllegalStateException("boom");
            var reset = new IOException("reset");
            assertThatThrownBy(() -> Monos.await(Monos.race(Mono.error(boom), Mono.error(reset))))
                    .isInstanceOfSatisfying(
                            RaceException.class, e -> assertThat(e.failures()).containsExactly(boom, reset));
        });
        assertThatIllegalArgumentException().isThrownBy(() -> Monos.race()).withMessageContaining("at least one");
    }

    @Test
    void oneWithoutAValueWinsToo() {
        test.runMain(() -> {
            var event = new Event();
            Mono<Void> set = Monos.from(event::whenSet);
            assertThat(Monos.await(Monos.race(set, Monos.sleep(Duration.ofSeconds(3)))))
                    .isNull();
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(3));
            assertThat(event.statistics().waiting()).isZero();
        });
    }

    @Test
    void whatALoserWasGrantedInThatTurnGoesBack() {
        test.runMain(() -> {
            var first = new Queue<String>();
            var second = new Queue<String>();
            Mono<String> race = Monos.race(Monos.from(second::get), Monos.from(first::get));
            var winner = Monos.toFuture(race);
            while (second.statistics().getters() == 0) {
                Async.yieldNow();
            }
            first.put("a").await();
            second.put("b").await();
            assertThat(winner.await()).isEqualTo("b");
            assertThat(first.tryGet()).isEqualTo("a");
            assertThat(second.isEmpty()).isTrue();
        });
    }

    @Test
    void whatTheWinnerWasGrantedGoesBackIfTheSubscriberHasCancelled() {
        for (int turns = 0; turns < 8; turns++) {
            int t = turns;
            test.runMain(() -> {
                var queue = new Queue<String>();
                var got = new ArrayList<String>();
                Disposable race = Monos.race(Monos.<String>from(queue::get), Mono.<String>never())
                        .subscribe(got::add);
                while (queue.statistics().getters() == 0) {
                    Async.yieldNow();
                }
                queue.put("a").await();
                for (int i = 0; i < t; i++) {
                    Async.yieldNow();
                }
                race.dispose();
                Async.sleep(Duration.ofMillis(1)).await();
                assertThat(got.size() + queue.size()).as("after %s turns", t).isEqualTo(1);
            });
        }
    }

    @Test
    void aValueOfALoserThatCannotGoBackIsDiscarded() {
        Mono<String> stubborn = Monos.task(loop, () -> {
            try {
                return loop.<String>promise().await();
            } catch (CancelledException e) {
                return "late";
            }
        });
        test.runMain(() -> {
            Mono<String> race =
                    Monos.race(stubborn, after(1, "a")).doOnDiscard(String.class, v -> trail.add("discarded " + v));
            assertThat(Monos.await(race)).isEqualTo("a");
        });
        assertThat(trail).containsExactly("discarded late");
    }

    @Test
    void aCancelledRaceCancelsAll() {
        test.runMain(() -> {
            Disposable race = Monos.race(after(1, "a"), after(2, "b")).subscribe();
            Async.sleep(Duration.ofMillis(1)).await();
            race.dispose();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).containsExactly("a cancelled", "b cancelled");
    }

    @Test
    void foreignRacersSignalOnTheLoop() {
        EventLoop.run(() -> {
            EventLoop l = EventLoop.current();
            Mono<Boolean> race = Monos.race(
                            Mono.never(), Mono.just(1).delayElement(Duration.ofMillis(1), Schedulers.parallel()))
                    .map(_ -> l.isCallbackThread(Thread.currentThread()));
            assertThat(Async.toThread(() -> race.block(Duration.ofSeconds(20))).await())
                    .isTrue();
        });
    }

    // --- gatherDelayError

    @Test
    void gatherDelayErrorGivesTheValuesInOrder() {
        test.runMain(() -> assertThat(Monos.await(Monos.gatherDelayError(after(2, "a"), Mono.empty(), after(1, "b"))))
                .containsExactly("a", null, "b"));
    }

    @Test
    void gatherDelayErrorWaitsForAllAndThenFails() {
        test.runMain(() -> {
            var boom = new IllegalStateException("boom");
            var reset = new IOException("reset");
            assertThatThrownBy(() -> Monos.await(Monos.gatherDelayError(
                            Mono.error(boom), after(2, "a").doOnNext(trail::add))))
                    .isSameAs(boom);
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
            assertThatThrownBy(() ->
                            Monos.await(Monos.gatherDelayError(Mono.error(boom), after(1, "b"), Mono.error(reset))))
                    .satisfies(e -> assertThat(Exceptions.isMultiple(e)).isTrue())
                    .satisfies(e -> assertThat(Exceptions.unwrapMultiple(e)).containsExactly(boom, reset));
        });
        assertThat(trail).containsExactly("a");
    }

    @Test
    void aCancelledGatherDelayErrorCancelsAll() {
        test.runMain(() -> {
            Disposable all =
                    Monos.gatherDelayError(after(1, "a"), after(2, "b")).subscribe();
            Async.sleep(Duration.ofMillis(1)).await();
            all.dispose();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).containsExactly("a cancelled", "b cancelled");
    }
}

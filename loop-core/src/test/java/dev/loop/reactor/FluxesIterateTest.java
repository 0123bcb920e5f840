package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.test.publisher.PublisherProbe;
import reactor.test.publisher.TestPublisher;
import reactor.util.context.Context;

/** A Flux that a task steps through. */
@Tag("both-engines")
class FluxesIterateTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void aForLoopOverAFlux() {
        test.runMain(() -> {
            Flux<String> flux =
                    Flux.interval(Duration.ofSeconds(1), LoopScheduler.of(loop)).map(i -> "tick " + i);
            // @start region="iterate"
            try (FluxIteration<String> ticks = Fluxes.iterate(flux, 1)) {
                for (String tick : ticks) {
                    trail.add(tick);
                    if (trail.size() == 3) {
                        break; // the close cancels the subscription
                    }
                }
            }
            // @end
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(3));
        });
        assertThat(trail).containsExactly("tick 0", "tick 1", "tick 2");
    }

    @Test
    void noMoreIsAskedForThanThePrefetchAheadOfTheBody() {
        var asked = new ArrayList<Long>();
        test.runMain(() -> {
            try (var items = Fluxes.iterate(Flux.range(1, 20).doOnRequest(asked::add), 4)) {
                int sum = 0;
                for (int item : items) {
                    sum += item;
                }
                assertThat(sum).isEqualTo(210);
            }
        });
        assertThat(asked).startsWith(4L, 3L, 3L).allMatch(n -> n <= 4);
        asked.clear();
        test.runMain(() -> {
            try (var items = Fluxes.iterate(Flux.range(1, 3).doOnRequest(asked::add), Integer.MAX_VALUE)) {
                assertThat(items).containsExactly(1, 2, 3);
            }
        });
        assertThat(asked).containsExactly(Long.MAX_VALUE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fluxes.iterate(Flux.empty(), 0))
                .withMessageContaining("at least 1");
    }

    @Test
    void aSourceThatNeverMakesAnybodyWaitLetsOthersRun() {
        test.runMain(() -> {
            var others = new int[1];
            Task<Void> other = Async.spawn(() -> {
                while (true) {
                    others[0]++;
                    Async.yieldNow();
                }
            });
            int count = 0;
            for (int _ : Fluxes.iterate(Flux.range(0, 100_000))) {
                count++;
            }
            assertThat(count).isEqualTo(100_000);
            assertThat(others[0]).isGreaterThan(1000);
            other.cancel();
        });
    }

    @Test
    void anErrorIsThrownBehindTheItems() {
        test.runMain(() -> {
            var unchecked = new IllegalStateException("boom");
            var items = Fluxes.iterate(Flux.just(1, 2).concatWith(Flux.error(unchecked)))
                    .iterator();
            assertThat(items.next()).isEqualTo(1);
            assertThat(items.next()).isEqualTo(2);
            assertThatThrownBy(items::hasNext).isSameAs(unchecked);
            assertThatThrownBy(items::next).isSameAs(unchecked);
            var checked = new IOException("reset");
            assertThatThrownBy(Fluxes.iterate(Flux.error(checked)).iterator()::hasNext)
                    .isInstanceOf(CompletionException.class)
                    .hasCause(checked);
        });
    }

    @Test
    void leavingCancelsAndDiscardsWhatWasAskedForAndNotTaken() {
        var source = PublisherProbe.of(Flux.range(1, 100));
        test.runMain(() -> {
            var hooked = Operators.enableOnDiscard(Context.empty(), i -> trail.add("discarded " + i));
            ReactorContexts.VIEW.set(hooked);
            try (var items = Fluxes.iterate(source.flux(), 3)) {
                assertThat(items.iterator().next()).isEqualTo(1);
                assertThat(items.iterator().hasNext()).isTrue();
                items.close();
                assertThat(items.iterator().hasNext()).isFalse();
            }
        });
        source.assertWasCancelled();
        assertThat(trail).containsExactly("discarded 2", "discarded 3");
    }

    @Test
    void aCancelOfTheTaskIsThrownAtTheStep() {
        var publisher = TestPublisher.<String>create();
        test.runMain(() -> {
            Task<Void> task = Async.spawn(() -> {
                try (var items = Fluxes.iterate(publisher)) {
                    for (String item : items) {
                        trail.add(item);
                    }
                } catch (CancelledException e) {
                    trail.add("cancelled");
                    throw e;
                }
            });
            Async.yieldNow();
            publisher.next("a");
            Async.yieldNow();
            Async.yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
        });
        publisher.assertCancelled();
        assertThat(trail).containsExactly("a", "cancelled");
    }

    @Test
    void aCloseByAnotherTaskEndsTheLoop() {
        test.runMain(() -> {
            var items = Fluxes.iterate(Flux.<String>never());
            Task<Void> task = Async.spawn(() -> {
                for (String item : items) {
                    trail.add(item);
                }
                trail.add("ended");
            });
            Async.yieldNow();
            assertThatThrownBy(items.iterator()::hasNext).hasMessageContaining("one at a time");
            items.close();
            task.await();
        });
        assertThat(trail).containsExactly("ended");
    }

    @Test
    void aPublisherThatSendsMoreThanItWasAskedForIsAnError() {
        TestPublisher<Integer> rude = TestPublisher.createNoncompliant(TestPublisher.Violation.REQUEST_OVERFLOW);
        Hooks.onNextDropped(v -> trail.add("dropped " + v));
        try {
            test.runMain(() -> {
                try (var items = Fluxes.iterate(rude, 8)) {
                    for (int i = 0; i < 20; i++) {
                        rude.next(i);
                    }
                    assertThatThrownBy(() -> items.forEach(i -> trail.add("item " + i)))
                            .hasMessageContaining("more items than the 8");
                }
            });
        } finally {
            Hooks.resetOnNextDropped();
        }
        assertThat(trail).contains("item 0", "item 7", "dropped 19");
    }

    @Test
    void whatFollowsTheCloseIsDroppedInReactorsWay() {
        TestPublisher<Integer> rude = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
        Hooks.onErrorDropped(e -> trail.add("dropped " + e.getMessage()));
        try {
            test.runMain(() -> {
                Fluxes.iterate(rude.flux().doOnDiscard(Integer.class, i -> trail.add("discarded " + i)))
                        .close();
            });
            rude.next(1);
            rude.error(new IllegalStateException("late"));
        } finally {
            Hooks.resetOnErrorDropped();
        }
        assertThat(trail).containsExactly("dropped late");
    }

    @Test
    void aPublisherOnOtherThreadsWakesTheTask() {
        EventLoop.run(() -> {
            long sum = 0;
            var foreign = Flux.range(1, 10_000).publishOn(Schedulers.boundedElastic(), 16);
            try (var items = Fluxes.iterate(foreign, 8)) {
                for (int item : items) {
                    sum += item;
                }
            }
            assertThat(sum).isEqualTo(50_005_000);
        });
    }

    @Test
    void aLoopOverAForeignPublisherThatIsLeftStopsIt() {
        EventLoop.run(() -> {
            for (int round = 0; round < 200; round++) {
                var source = PublisherProbe.of(Flux.range(0, Integer.MAX_VALUE).subscribeOn(Schedulers.parallel()));
                int n = 0;
                try (var items = Fluxes.iterate(source.flux(), 4)) {
                    for (int item : items) {
                        assertThat(item).isEqualTo(n++);
                        if (n == round) {
                            break;
                        }
                        if (n > 300) {
                            break;
                        }
                    }
                }
                source.assertWasCancelled();
            }
        });
    }

    @Test
    void outsideOfATaskItIsRefused() {
        assertThatThrownBy(() -> Fluxes.iterate(Flux.just(1))).hasMessageContaining("no event loop");
        var failure = new ArrayList<Throwable>();
        loop.callSoon(() -> {
            try (var items = Fluxes.iterate(Flux.never())) {
                items.iterator().hasNext();
            } catch (IllegalStateException e) {
                failure.add(e);
            }
        });
        test.advance(Duration.ofMillis(1));
        assertThat(failure).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("callback"));
    }
}

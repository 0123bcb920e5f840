package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.TimeoutException;
import dev.loop.queue.Channel;
import dev.loop.queue.ChannelClosedException;
import dev.loop.queue.Queue;
import dev.loop.queue.QueueShutdownException;
import dev.loop.queue.Receiver;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Scannable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

/** Queues, channels and completions as Flux. The loop is driven by the test's own thread. */
@Tag("both-engines")
class FluxesFromTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
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
        subscribed.verify(LIMIT);
    }

    private Queue<String> queue(String... items) {
        var queue = new Queue<String>(loop, 10);
        for (String item : items) {
            assertThat(queue.tryPut(item)).isTrue();
        }
        return queue;
    }

    // --- a queue: demand

    @Test
    void neverMoreIsTakenThanWasAskedFor() {
        var queue = queue("a", "b", "c", "d", "e");
        var probe = new Probe<String>(loop);
        Fluxes.from(queue).subscribe(probe);
        turns();
        assertThat(queue.size()).isEqualTo(5);
        probe.request(2);
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next a", "next b");
        assertThat(queue.size()).isEqualTo(3);
        assertThat(queue.statistics().getters()).isZero();
        probe.request(1);
        probe.request(1);
        turns();
        assertThat(probe.signals).endsWith("next c", "next d");
        assertThat(queue.size()).isEqualTo(1);
        assertThat(probe.elsewhere).isEmpty();
    }

    @Test
    void onlyOneWaitIsUnderWayHoweverMuchWasAskedFor() {
        var queue = queue();
        var probe = new Probe<String>(loop);
        Fluxes.from(queue).subscribe(probe);
        probe.awaitNothing();
        turns();
        probe.request(Long.MAX_VALUE);
        probe.request(Long.MAX_VALUE);
        turns();
        assertThat(queue.statistics().getters()).isEqualTo(1);
        assertThat(queue.tryPut("a")).isTrue();
        turns();
        assertThat(queue.tryPut("b")).isTrue();
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next a", "next b");
    }

    @Test
    void requestsInsideOfOnNextAreDrainedWithoutRecursion() {
        int n = 100_000;
        var queue = new Queue<Integer>(loop, Integer.MAX_VALUE);
        for (int i = 0; i < n; i++) {
            assertThat(queue.tryPut(i)).isTrue();
        }
        queue.shutdown();
        var deepest = new int[1];
        var count = new int[1];
        Fluxes.from(queue).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription s) {
                s.request(1);
            }

            @Override
            protected void hookOnNext(Integer value) {
                assertThat(value).isEqualTo(count[0]++);
                if (count[0] % 10_000 == 0) {
                    deepest[0] = Math.max(deepest[0], Thread.currentThread().getStackTrace().length);
                }
                request(1);
            }

            @Override
            protected void hookOnComplete() {
                trail.add("complete");
            }
        });
        turns();
        assertThat(count[0]).isEqualTo(n);
        assertThat(deepest[0]).isLessThan(500); // with the frames of the test engine below, on the hand-off engine
        assertThat(trail).containsExactly("complete");
    }

    @Test
    void aFluxThatNeverWaitsIsFairToTheLoop() {
        var queue = new Queue<Integer>(loop, Integer.MAX_VALUE);
        for (int i = 0; i < 1000; i++) {
            assertThat(queue.tryPut(i)).isTrue();
        }
        var seen = new ArrayList<Integer>();
        var between = new ArrayList<Integer>();
        test.runMain(() -> {
            Fluxes.from(queue).subscribe(seen::add);
            while (seen.size() < 1000) {
                Async.yieldNow();
                between.add(seen.size());
            }
        });
        assertThat(between).hasSizeGreaterThan(10);
    }

    @Test
    void aRequestForNothingIsAnErrorAndGivesTheWaitBack() {
        var queue = queue();
        var probe = new Probe<String>(loop);
        Fluxes.from(queue).subscribe(probe);
        turns();
        probe.request(1);
        turns();
        probe.request(0);
        turns();
        assertThat(probe.signals.getLast()).contains("request(0)").contains("3.9");
        assertThat(queue.statistics().getters()).isZero();
    }

    // --- a queue: its end

    @Test
    void itCompletesWhenTheQueueIsShutDownAndEmpty() {
        var full = queue("a", "b");
        full.shutdown();
        verify(StepVerifier.create(Fluxes.from(full)).expectNext("a", "b").expectComplete());
        var empty = queue();
        var waiting = StepVerifier.create(Fluxes.from(empty)).expectComplete().verifyLater();
        turns();
        empty.shutdown();
        turns();
        waiting.verify(LIMIT);
    }

    @Test
    void theLastItemOfAShutDownQueueBringsTheEndAlong() {
        var queue = queue("a");
        queue.shutdown();
        verify(StepVerifier.create(Fluxes.from(queue), 1).expectNext("a").expectComplete());
    }

    // --- a queue: cancel

    @Test
    void aCancelLeavesWhatWasNotHandedOn() {
        var queue = queue("a", "b", "c");
        verify(StepVerifier.create(Fluxes.from(queue)).expectNext("a").thenCancel());
        turns();
        assertThat(queue.size()).isEqualTo(2);
        assertThat(queue.statistics().getters()).isZero();
        assertThat(queue.tryGet()).isEqualTo("b");
    }

    @Test
    void anItemOnItsWayAtACancelGoesToTheNextWaiterElseBackToTheHead() {
        var queue = queue();
        var first = new Probe<String>(loop);
        var second = new Probe<String>(loop);
        for (Probe<String> probe : List.of(first, second)) {
            Fluxes.from(queue).subscribe(probe);
            turns();
            probe.request(1);
            turns();
        }
        test.runMain(() -> {
            assertThat(queue.tryPut("a")).isTrue(); // granted to the first, whose turn has not come
            first.cancel();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(second.signals).containsExactly("subscribe", "next a");
            second.request(1);
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(queue.tryPut("b")).isTrue();
            assertThat(queue.tryPut("c")).isTrue();
            second.cancel();
            assertThat(queue.tryGet()).isEqualTo("b");
        });
        assertThat(first.signals).containsExactly("subscribe");
        assertThat(second.signals).containsExactly("subscribe", "next a");
    }

    @Test
    void anItemIsNotLostWhenAnotherThreadCancelsInThatMoment() {
        var queue = queue();
        var probe = new Probe<String>(loop);
        Fluxes.from(queue).subscribe(probe);
        turns();
        probe.request(1);
        turns();
        test.runMain(() -> {
            assertThat(queue.tryPut("a")).isTrue();
            Thread foreign = Thread.ofPlatform().start(probe::cancel);
            while (foreign.isAlive()) {
                Thread.onSpinWait(); // the word of the cancel has not arrived when the item is to be passed on
            }
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(probe.signals).containsExactly("subscribe");
        assertThat(queue.tryGet()).isEqualTo("a");
    }

    @Test
    void aCancelInsideOfOnNextTakesNothingMore() {
        var queue = queue("a", "b", "c");
        verify(StepVerifier.create(Fluxes.from(queue).take(1)).expectNext("a").expectComplete());
        assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void aSubscriberThatThrowsIsToldNothingMoreAndTheLoopIsToldOfIt() {
        var queue = queue("a", "b");
        Fluxes.from(queue).subscribe(new reactor.core.CoreSubscriber<>() {
            @Override
            public void onSubscribe(org.reactivestreams.Subscription s) {
                s.request(2);
            }

            @Override
            public void onNext(String value) {
                trail.add(value);
                throw new IllegalStateException("a subscriber may not do that");
            }

            @Override
            public void onError(Throwable error) {
                trail.add("error");
            }

            @Override
            public void onComplete() {
                trail.add("complete");
            }
        });
        turns();
        assertThat(trail).containsExactly("a");
        assertThat(queue.size()).isEqualTo(1);
        assertThat(test.reports()).hasSize(1);
        test.reports().clear();
    }

    // --- any wait

    @Test
    void anyWaitCanBeRepeated() {
        Supplier<Flux<String>> waits = () -> Fluxes.from(loop, () -> {
            trail.add("begun");
            if (trail.size() == 3) {
                throw new QueueShutdownException("that was all");
            }
            return Async.sleep(Duration.ofSeconds(1), "item " + trail.size());
        });
        verify(StepVerifier.create(waits.get()).expectNext("item 1", "item 2").expectComplete());
        assertThat(trail).hasSize(3);
    }

    @Test
    void aWaitThatFailsIsTheError() {
        var reset = new IOException("reset");
        verify(StepVerifier.create(Fluxes.from(loop, () -> loop.<String>failed(reset)))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(reset)));
        verify(StepVerifier.create(Fluxes.<String>from(loop, () -> {
                    throw reset;
                }))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(reset)));
        verify(StepVerifier.create(Fluxes.<String>from(loop, () -> null))
                .expectErrorMatches(e -> e.getMessage().contains("null instead of a future")));
        verify(StepVerifier.create(Fluxes.<Void>from(loop, loop::done)).expectError(NullPointerException.class));
    }

    @Test
    void aFutureOfAnotherLoopIsRefused() {
        EventLoop other = EventLoop.create();
        verify(StepVerifier.create(Fluxes.from(loop, () -> other.completed("a")))
                .expectErrorMatches(e -> e.getMessage().contains("do not cross loops")));
        other.close();
    }

    @Test
    void whereNoLoopIsNamedItIsThatOfTheSubscriberElseAnError() {
        Flux<String> nowhere = Fluxes.from(() -> EventLoop.current().completed("a"));
        StepVerifier.create(nowhere)
                .expectErrorMatches(e -> e.getMessage().contains("this Flux")
                        && e.getMessage().contains("subscribeOn(LoopScheduler.of(loop))"))
                .verify();
        verify(StepVerifier.create(nowhere.take(2).subscribeOn(LoopScheduler.of(loop)))
                .expectNext("a", "a")
                .expectComplete());
    }

    @Test
    void theContextOfTheSubscriberIsThatOfTheWaits() {
        Flux<String> flux = Fluxes.from(
                loop,
                () -> loop.completed("wait of " + ReactorContexts.VIEW.get().get("user")));
        verify(StepVerifier.create(flux.take(2)
                        .flatMap(v -> Mono.deferContextual(c -> Mono.just(v + ", signal of " + c.get("user"))))
                        .contextWrite(Context.of("user", "ada")))
                .expectNext("wait of ada, signal of ada", "wait of ada, signal of ada")
                .expectComplete());
    }

    @Test
    void aCheckpointNamesThePlaceAndOperatorsAreScannable() {
        Flux<String> failing = Fluxes.from(loop, () -> loop.failed(new IllegalStateException("boom")));
        verify(StepVerifier.create(failing.checkpoint("here we go"))
                .expectErrorSatisfies(e -> assertThat(e.getSuppressed()[0]).hasMessageContaining("here we go")));
        assertThat(Scannable.from(failing).scan(Scannable.Attr.RUN_STYLE)).isEqualTo(Scannable.Attr.RunStyle.ASYNC);
    }

    // --- a channel

    @Test
    void aChannelCompletesWhenItIsClosed() {
        var channel = new Channel<String>(loop, 4);
        channel.trySend("a");
        channel.trySend("b");
        channel.close();
        verify(StepVerifier.create(Fluxes.from(channel)).expectNext("a", "b").expectComplete());
    }

    @Test
    void aChannelThatWasClosedWithAFailureFails() {
        var channel = new Channel<String>(loop, 4);
        channel.trySend("a");
        channel.close(new IOException("reset"));
        verify(StepVerifier.create(Fluxes.from(channel))
                .expectNext("a")
                .expectErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(ChannelClosedException.class)
                        .hasCauseInstanceOf(IOException.class)));
    }

    @Test
    void aRendezvousHandsOnWhatIsAskedFor() {
        var channel = new Channel<String>(loop, 0);
        var probe = new Probe<String>(loop);
        test.runMain(() -> {
            Receiver<String> receiver = channel.receiver();
            Fluxes.from(receiver).subscribe(probe);
            var a = channel.send("a");
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(a.isDone()).isFalse();
            probe.request(1);
            a.await();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(channel.trySend("b")).isFalse();
            probe.cancel();
            receiver.close();
        });
        assertThat(probe.signals).containsExactly("subscribe", "next a");
    }

    // --- asCompleted

    @Test
    void futuresComeInTheOrderInWhichTheyEndAndWithDemand() {
        var probe = new Probe<String>(loop);
        test.runMain(() -> {
            var slow = Async.sleep(Duration.ofSeconds(2), "slow");
            var fast = Async.sleep(Duration.ofSeconds(1), "fast");
            Fluxes.asCompleted(List.of(slow, fast)).map(f -> f.result()).subscribe(probe);
            probe.awaitNothing();
            Async.sleep(Duration.ofSeconds(3)).await();
            assertThat(probe.signals).containsExactly("subscribe");
            probe.request(1);
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(probe.signals).containsExactly("subscribe", "next fast");
            probe.request(1);
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(probe.signals).containsExactly("subscribe", "next fast", "next slow", "complete");
    }

    @Test
    void theirValuesAreAConcatMapAway() {
        test.runMain(() -> {
            var futures = List.of(
                    Async.sleep(Duration.ofSeconds(2), "slow"),
                    Async.sleep(Duration.ofSeconds(1), "fast"),
                    loop.<String>completed(null));
            List<String> values = Monos.await(
                    Fluxes.asCompleted(futures).<String>concatMap(Monos::from).collectList());
            assertThat(values).containsExactly("fast", "slow");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
        });
    }

    @Test
    void aFailureOfOneIsNoFailureOfTheFluxAndNothingIsDoneTwice() {
        test.runMain(() -> {
            var failed = loop.<String>failed(new IllegalStateException("boom"));
            var ended = Monos.await(Fluxes.asCompleted(List.of(failed, failed)).collectList());
            assertThat(ended).hasSize(1);
            assertThat(ended.getFirst().exception()).hasMessage("boom");
            assertThat(Monos.await(Fluxes.<String>asCompleted(List.of()).collectList()))
                    .isEmpty();
        });
    }

    @Test
    void aCancelLeavesTheFuturesAlone() {
        Promise<String> promise = loop.promise();
        verify(StepVerifier.create(Fluxes.asCompleted(List.of(promise)))
                .expectSubscription()
                .thenCancel());
        assertThat(promise.isDone()).isFalse();
    }

    @Test
    void theLimitCountsFromTheSubscription() {
        Promise<String> never = loop.promise();
        Flux<?> limited = Fluxes.asCompleted(List.of(loop.completed("a"), never), Duration.ofSeconds(1))
                .map(f -> f.result());
        test.advance(Duration.ofHours(1));
        verify(StepVerifier.create(limited.cast(String.class)).expectNext("a").expectError(TimeoutException.class));
        assertThat(never.isDone()).isFalse();
    }
}

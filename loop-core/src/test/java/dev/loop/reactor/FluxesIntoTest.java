package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Channel;
import dev.loop.queue.ChannelClosedException;
import dev.loop.queue.Queue;
import dev.loop.queue.QueueShutdownException;
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
import reactor.test.publisher.TestPublisher;

/** A Flux into a queue or a channel. */
@Tag("both-engines")
class FluxesIntoTest {

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> trail = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private static void turns() {
        Async.sleep(Duration.ofMillis(1)).await();
    }

    private Flux<Integer> numbers(int n) {
        return Flux.range(1, n).doOnRequest(r -> trail.add("request " + r)).doOnCancel(() -> trail.add("cancel"));
    }

    @Test
    void theRoomInTheQueueIsTheDemand() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(3);
            queue.put(0).await();
            Future<Void> filling = Monos.toFuture(Fluxes.into(numbers(8), queue));
            turns();
            assertThat(trail).containsExactly("request 2");
            assertThat(queue.isFull()).isTrue();
            assertThat(queue.statistics().putters()).isZero();
            assertThat(queue.tryGet()).isZero();
            turns();
            assertThat(trail).containsExactly("request 2", "request 1");
            for (int i = 1; i <= 8; i++) {
                assertThat(queue.get().await()).isEqualTo(i);
                assertThat(queue.statistics().putters()).isZero();
            }
            filling.await();
            assertThat(queue.isShutdown()).isFalse();
        });
    }

    @Test
    void aQueueWithoutABoundAsksForEverything() {
        test.runMain(() -> {
            var queue = new Queue<Integer>();
            Monos.await(Fluxes.into(numbers(100), queue));
            assertThat(queue.size()).isEqualTo(100);
        });
        assertThat(trail).containsExactly("request " + Long.MAX_VALUE);
    }

    @Test
    void itIsColdAndEndsWithTheSourceAlsoWhileTheQueueIsFull() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(2);
            Mono<Void> filling = Fluxes.intoAndShutdown(numbers(2), queue);
            turns();
            assertThat(trail).isEmpty();
            Monos.await(filling);
            assertThat(queue.isShutdown()).isTrue();
            assertThat(queue).containsExactly(1, 2);
        });
    }

    @Test
    void aFailureOfTheSourceIsTheFailureAndShutsDownToo() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(1);
            Flux<Integer> failing = numbers(1).concatWith(Mono.error(new IllegalStateException("boom")));
            assertThatThrownBy(() -> Monos.await(Fluxes.into(failing, queue))).hasMessage("boom");
            assertThat(queue.isShutdown()).isFalse();
            assertThat(queue.tryGet()).isEqualTo(1);
            assertThatThrownBy(() -> Monos.await(Fluxes.intoAndShutdown(failing, queue)))
                    .hasMessage("boom");
            assertThat(queue).containsExactly(1);
        });
    }

    @Test
    void aShutdownOfTheQueueCancelsTheSource() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(1);
            Future<Void> filling = Monos.toFuture(Fluxes.into(numbers(5), queue));
            turns();
            queue.shutdown();
            assertThatThrownBy(filling::await).isInstanceOf(QueueShutdownException.class);
        });
        assertThat(trail).containsExactly("request 1", "cancel");
    }

    @Test
    void aCancelCancelsTheSourceAndShutsDown() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(1);
            Disposable filling = Fluxes.intoAndShutdown(numbers(5), queue).subscribe();
            turns();
            filling.dispose();
            turns();
            assertThat(queue).containsExactly(1);
            // also before the first step of its task
            var other = new Queue<Integer>(1);
            Future<Void> early = Monos.toFuture(Fluxes.intoAndShutdown(numbers(5), other));
            early.cancel();
            turns();
            assertThat(other.isShutdown()).isTrue();
        });
        assertThat(trail).containsExactly("request 1", "cancel");
    }

    @Test
    void whatWasAskedForAndDoesNotFitAtACancelIsDiscarded() {
        var publisher = TestPublisher.<Integer>create();
        test.runMain(() -> {
            var queue = new Queue<Integer>(2);
            Disposable filling = Fluxes.into(publisher, queue)
                    .doOnDiscard(Integer.class, i -> trail.add("discarded " + i))
                    .subscribe();
            turns();
            queue.put(-1).await();
            queue.put(-2).await(); // takes the room that was asked for
            publisher.next(1, 2);
            turns();
            assertThat(queue.statistics().putters()).isEqualTo(1);
            filling.dispose();
            turns();
            assertThat(queue.statistics().putters()).isZero();
            assertThat(queue.size()).isEqualTo(2);
        });
        publisher.assertCancelled();
        assertThat(trail).containsExactly("discarded 1", "discarded 2");
    }

    @Test
    void twoSourcesShareAQueue() {
        test.runMain(() -> {
            var queue = new Queue<Integer>(2);
            Future<Void> a = Monos.toFuture(Fluxes.into(Flux.range(0, 100), queue));
            Future<Void> b = Monos.toFuture(Fluxes.into(Flux.range(100, 100), queue));
            var got = new ArrayList<Integer>();
            while (got.size() < 200) {
                got.add(queue.get().await());
            }
            a.await();
            b.await();
            assertThat(got).doesNotHaveDuplicates().filteredOn(i -> i < 100).isSorted();
            assertThat(got).filteredOn(i -> i >= 100).isSorted();
        });
    }

    @Test
    void atARendezvousTheReceiversAreTheDemand() {
        test.runMain(() -> {
            var channel = new Channel<Integer>(0);
            Future<Void> filling = Monos.toFuture(Fluxes.intoAndClose(numbers(3), channel));
            turns();
            assertThat(trail).isEmpty();
            Future<Integer> first = channel.receive();
            Future<Integer> second = channel.receive();
            turns();
            assertThat(trail).containsExactly("request 2");
            assertThat(List.of(first.await(), second.await())).containsExactly(1, 2);
            assertThat(channel).containsExactly(3);
            filling.await();
            assertThat(channel.isClosed()).isTrue();
        });
    }

    @Test
    void aChannelIsClosedWithTheFailure() {
        test.runMain(() -> {
            var failed = new Channel<Integer>(4);
            assertThatThrownBy(() ->
                            Monos.await(Fluxes.intoAndClose(Flux.error(new IllegalStateException("boom")), failed)))
                    .hasMessage("boom");
            assertThatThrownBy(() -> failed.receive().await())
                    .isInstanceOf(ChannelClosedException.class)
                    .hasRootCauseMessage("boom");
            var cancelled = new Channel<Integer>(4);
            Disposable filling = Fluxes.intoAndClose(Flux.never(), cancelled).subscribe();
            turns();
            filling.dispose();
            turns();
            assertThatThrownBy(() -> cancelled.receive().await()).hasCauseInstanceOf(CancelledException.class);
            var open = new Channel<Integer>(4);
            Monos.await(Fluxes.into(numbers(2), open));
            assertThat(open.isClosed()).isFalse();
            assertThat(open.size()).isEqualTo(2);
        });
    }

    @Test
    void aQueueBetweenTwoFluxesOfOtherThreads() {
        EventLoop.run(() -> {
            var queue = new Queue<Integer>(7);
            Future<Void> filling =
                    Monos.toFuture(Fluxes.intoAndShutdown(Flux.range(0, 5000).publishOn(Schedulers.parallel()), queue));
            List<Integer> got = Async.toThread(() -> Fluxes.from(queue)
                            .publishOn(Schedulers.single(), 16)
                            .collectList()
                            .block(Duration.ofSeconds(30)))
                    .await();
            assertThat(got).hasSize(5000).isSorted();
            filling.await();
        });
    }
}

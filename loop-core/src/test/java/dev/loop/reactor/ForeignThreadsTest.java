package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.queue.Queue;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Subscribers, requests and cancels of other threads; on the real selector. */
@Tag("both-engines")
class ForeignThreadsTest {

    private static void onThread(Callable<?> blocking) {
        Async.toThread(blocking).await();
    }

    @Test
    void anotherThreadSubscribesAndRequestsAndIsSignalledOnTheLoop() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var queue = new Queue<String>();
            var probe = new Probe<String>(loop);
            var shared = new Probe<String>(loop);
            Promise<String> promise = loop.promise();
            onThread(() -> {
                Monos.from(loop, queue::get).subscribe(probe);
                Monos.from(promise).subscribe(shared);
                probe.awaitSubscribed();
                shared.awaitSubscribed();
                probe.request(1);
                shared.request(1);
                return null;
            });
            queue.put("a").await();
            promise.complete("b");
            onThread(() -> {
                probe.awaitEnd();
                shared.awaitEnd();
                return null;
            });
            assertThat(probe.signals).containsExactly("subscribe", "next a", "complete");
            assertThat(shared.signals).containsExactly("subscribe", "next b", "complete");
            assertThat(probe.elsewhere).isEmpty();
            assertThat(shared.elsewhere).isEmpty();
            assertThat(loop.externalWork()).isZero();
        });
    }

    @Test
    void aTaskSubscribesAndIsSignalledOnTheCallbackThread() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var probe = new Probe<String>(loop);
            Monos.from(() -> loop.completed("a")).subscribe(probe);
            probe.request(1);
            assertThat(probe.signals).containsExactly("subscribe"); // at once, and nothing else
            while (probe.signals.size() < 3) {
                Async.yieldNow();
            }
            assertThat(probe.elsewhere).isEmpty();
        });
    }

    @Test
    void anotherThreadCancelsTheWait() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var queue = new Queue<String>();
            var probe = new Probe<String>(loop);
            onThread(() -> {
                Monos.from(loop, queue::get).subscribe(probe);
                probe.awaitSubscribed();
                probe.request(1);
                return null;
            });
            while (queue.statistics().getters() == 0) {
                Async.yieldNow();
            }
            onThread(() -> {
                probe.cancel();
                return null;
            });
            while (queue.statistics().getters() > 0) {
                Async.yieldNow();
            }
            queue.put("a").await();
            assertThat(queue.tryGet()).isEqualTo("a");
            assertThat(probe.signals).containsExactly("subscribe");
            assertThat(loop.externalWork()).isZero();
        });
    }

    @Test
    void manyThreadsSubscribeAtOnceAndEachGetsOneItem() throws Exception {
        int threads = 8;
        int each = 500;
        int sum = EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var queue = new Queue<Integer>();
            Mono<Integer> get = Monos.from(queue::get);
            var sums = new java.util.ArrayList<dev.loop.Future<Integer>>();
            for (int t = 0; t < threads; t++) {
                sums.add(Async.toThread(() -> {
                    int total = 0;
                    for (int i = 0; i < each; i++) {
                        total += get.block(Duration.ofSeconds(30));
                    }
                    return total;
                }));
            }
            for (int i = 1; i <= threads * each; i++) {
                queue.put(i).await();
                if (i % 16 == 0) {
                    Async.yieldNow();
                }
            }
            assertThat(loop.isRunning()).isTrue();
            return Async.gather(sums).await().stream()
                    .mapToInt(Integer::intValue)
                    .sum();
        });
        int n = threads * each;
        assertThat(sum).isEqualTo(n * (n + 1) / 2);
    }

    // --- the end of the loop

    @Test
    void aSubscriberOfAClosedLoopIsToldSo() {
        EventLoop loop = EventLoop.builder().name("closed-one").build();
        Promise<String> promise = loop.promise();
        loop.close();
        StepVerifier.create(Monos.from(promise))
                .verifyErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed-one is closed"));
        StepVerifier.create(Monos.task(loop, () -> "a")).verifyError(IllegalStateException.class);
    }

    @Test
    void aRequestToALoopThatHasClosedSinceIsAnsweredWithAnError() {
        EventLoop loop = EventLoop.create();
        var probe = new Probe<String>(loop);
        Monos.from(loop, () -> loop.completed("a")).subscribe(probe);
        loop.stop();
        loop.runForever();
        assertThat(probe.signals).containsExactly("subscribe");
        loop.close();
        probe.request(1);
        assertThat(probe.signals).hasSize(2);
        assertThat(probe.signals.getLast()).contains("is closed");
        probe.request(1);
        probe.cancel();
        assertThat(probe.signals).hasSize(2);
    }

    @Test
    void aThreadThatWaitsHearsOfTheClose() throws Exception {
        var waits = new CountDownLatch(1);
        var outcome = new CompletableFuture<String>();
        EventLoop loop = EventLoop.create();
        var queue = new Queue<String>(loop, 1);
        Thread[] blocked = new Thread[1];
        try (loop) {
            loop.runUntilComplete(loop.spawn(() -> {
                blocked[0] = Thread.ofPlatform().start(() -> {
                    try {
                        outcome.complete(Monos.from(loop, () -> {
                                    waits.countDown();
                                    return queue.get();
                                })
                                .block(Duration.ofSeconds(30)));
                    } catch (Throwable e) {
                        outcome.completeExceptionally(e);
                    }
                });
                Async.toThread(() -> waits.await(20, TimeUnit.SECONDS)).await();
            }));
        }
        blocked[0].join();
        assertThatThrownBy(outcome::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}

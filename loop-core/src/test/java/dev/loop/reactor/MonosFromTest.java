package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Futures as Mono: shared ones, and waits of each subscriber's own. The loop is driven by the test's own thread. */
@Tag("both-engines")
class MonosFromTest {

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

    /** Subscribes, runs the loop, and looks at what came. */
    private void verify(StepVerifier verifier) {
        StepVerifier subscribed = verifier.verifyLater();
        turns();
        subscribed.verify(Duration.ofSeconds(20));
    }

    // --- outcomes

    @Test
    void aValueIsTheOneItem() {
        verify(StepVerifier.create(Monos.from(loop.completed("a")))
                .expectNext("a")
                .expectComplete());
        verify(StepVerifier.create(Monos.from(loop, () -> loop.completed("a")))
                .expectNext("a")
                .expectComplete());
    }

    @Test
    void aValueOfNullIsEmpty() {
        verify(StepVerifier.create(Monos.<Void>from(loop.done())).expectComplete());
        verify(StepVerifier.create(Monos.from(loop, () -> loop.sleep(Duration.ZERO)))
                .expectComplete());
    }

    @Test
    void aFailureArrivesAsItIs() {
        var checked = new IOException("reset");
        verify(StepVerifier.create(Monos.from(loop.failed(checked)))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(checked)));
        verify(StepVerifier.create(Monos.from(loop, () -> loop.failed(checked)))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(checked)));
    }

    @Test
    void aCancelledFutureIsAnErrorWithTheReason() {
        Promise<String> promise = loop.promise();
        promise.cancel("no time");
        verify(StepVerifier.create(Monos.from(promise))
                .expectErrorSatisfies(e -> assertThat(e)
                        .isInstanceOfSatisfying(
                                CancelledException.class,
                                c -> assertThat(c.reason()).isEqualTo("no time"))));
        verify(StepVerifier.create(Monos.from(loop, () -> promise)).expectError(CancelledException.class));
    }

    @Test
    void whatTheStartOfAWaitThrowsIsItsError() {
        verify(StepVerifier.create(Monos.from(loop, () -> {
                    throw new IOException("no start");
                }))
                .expectErrorMessage("no start"));
        verify(StepVerifier.create(Monos.from(loop, () -> null))
                .expectErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(NullPointerException.class)
                        .hasMessageContaining("null instead of a future")));
    }

    @Test
    void aFutureOfAnotherLoopIsRefusedByName() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            verify(StepVerifier.create(Monos.from(loop, () -> other.completed("a")))
                    .expectErrorSatisfies(e -> assertThat(e)
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("other")
                            .hasMessageContaining("test-loop")));
        }
    }

    // --- cold and hot

    @Test
    void aWaitStartsForEachSubscriberAtItsFirstRequest() {
        var starts = new int[1];
        Mono<Integer> mono = Monos.from(loop, () -> loop.completed(++starts[0]));
        turns();
        assertThat(starts[0]).isZero();
        var probe = new Probe<Integer>(loop);
        mono.subscribe(probe);
        turns();
        assertThat(probe.signals).containsExactly("subscribe");
        assertThat(starts[0]).isZero();
        probe.request(1);
        probe.request(1);
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next 1", "complete");
        verify(StepVerifier.create(mono).expectNext(2).expectComplete());
    }

    @Test
    void theStartOfAWaitRunsAsACallback() {
        var where = new ArrayList<Boolean>();
        Mono<Void> mono = Monos.from(loop, () -> {
            where.add(loop.isCallbackThread(Thread.currentThread()));
            return loop.done();
        });
        test.runMain(() -> {
            mono.subscribe();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(where).containsExactly(true);
    }

    @Test
    void aSharedFutureHasManySubscribersAndWaitsForEachOnesDemand() {
        Promise<String> promise = loop.promise();
        Mono<String> mono = Monos.from(promise);
        var eager = new Probe<String>(loop);
        var slow = new Probe<String>(loop);
        mono.subscribe(eager);
        mono.subscribe(slow);
        turns();
        eager.request(Long.MAX_VALUE);
        promise.complete("a");
        turns();
        assertThat(eager.signals).containsExactly("subscribe", "next a", "complete");
        assertThat(slow.signals).containsExactly("subscribe");
        slow.request(1);
        turns();
        assertThat(slow.signals).containsExactly("subscribe", "next a", "complete");
    }

    @Test
    void aFailureOfASharedFutureNeedsNoDemand() {
        Promise<String> promise = loop.promise();
        var probe = new Probe<String>(loop);
        Monos.from(promise).subscribe(probe);
        turns();
        promise.fail(new IllegalStateException("boom"));
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "error java.lang.IllegalStateException: boom");
    }

    @Test
    void aSubscriberThatCancelsOnlyLeavesASharedFuture() {
        Promise<String> promise = loop.promise();
        Disposable leaving = Monos.from(promise).subscribe(trail::add);
        Monos.from(promise).subscribe(trail::add);
        turns();
        leaving.dispose();
        turns();
        promise.complete("a");
        turns();
        assertThat(trail).containsExactly("a");
    }

    @Test
    void aTaskThatWaitsForTheSameFutureAndIsCancelledLeavesItToTheSubscribers() {
        test.runMain(() -> {
            Promise<String> promise = loop.promise();
            Monos.from(promise).subscribe(trail::add);
            Async.yieldNow();
            Task<String> task = Async.spawn(() -> promise.await());
            Async.yieldNow();
            task.cancel();
            Async.yieldNow();
            promise.complete("a");
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(task.isCancelled()).isTrue();
        });
        assertThat(trail).containsExactly("a");
    }

    @Test
    void whoHasLeftASharedFutureDoesNotHideItsFailure() {
        Promise<String> promise = loop.promise();
        Disposable leaving = Monos.from(promise).subscribe(trail::add);
        turns();
        leaving.dispose();
        turns();
        promise.fail(new IllegalStateException("boom"));
        turns();
        test.loop().close();
        assertThat(test.reports()).extracting(r -> r.exception().getMessage()).containsExactly("boom");
        test.reports().clear();
    }
}

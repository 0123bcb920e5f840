package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Tasks as Mono, and Monos as futures. The loop is driven by the test's own thread. */
@Tag("both-engines")
class MonosTaskTest {

    /** A signal that has not come when the loop has run never comes. */
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

    // --- task

    @Test
    void eachSubscriberHasATaskOfItsOwn() {
        var runs = new int[1];
        Mono<String> mono = Monos.task(loop, () -> {
            int run = ++runs[0];
            Async.sleep(Duration.ofSeconds(1)).await();
            return "run " + run + " at " + test.elapsed().toMillis();
        });
        turns();
        assertThat(runs[0]).isZero();
        var first = StepVerifier.create(mono)
                .expectNext("run 1 at 1001")
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofSeconds(2));
        first.verify(LIMIT);
        var second = StepVerifier.create(mono)
                .expectNext("run 2 at 3001")
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofSeconds(2));
        second.verify(LIMIT);
    }

    @Test
    void aBodyWithoutAValueIsEmptyAndAFailureIsAnError() {
        var empty = StepVerifier.create(Monos.task(loop, () -> {
                    trail.add("ran");
                }))
                .expectComplete()
                .verifyLater();
        var failed = StepVerifier.create(Monos.task(loop, () -> {
                    throw new IOException("reset");
                }))
                .expectErrorSatisfies(
                        e -> assertThat(e).isInstanceOf(IOException.class).hasMessage("reset"))
                .verifyLater();
        turns();
        empty.verify(LIMIT);
        failed.verify(LIMIT);
        assertThat(trail).containsExactly("ran");
    }

    @Test
    void aCancelCancelsTheTaskWhichCleansUp() {
        Disposable subscriber = Monos.task(loop, () -> {
                    try {
                        Async.sleep(Duration.ofHours(1)).await();
                        return "never";
                    } catch (CancelledException e) {
                        trail.add(e.reason());
                        throw e;
                    } finally {
                        trail.add("cleaned up");
                    }
                })
                .subscribe(trail::add);
        turns();
        subscriber.dispose();
        turns();
        assertThat(trail).containsExactly("its subscriber cancelled", "cleaned up");
    }

    @Test
    void aTaskCancelledBeforeItsFirstStepNeverRuns() {
        var probe = new Probe<Boolean>(loop);
        Monos.task(loop, () -> trail.add("ran")).subscribe(probe);
        turns();
        loop.callSoon(() -> {
            probe.request(1); // spawns it; its first step is an entry behind this one
            assertThat(loop.allTasks()).hasSize(1);
            probe.cancel();
        });
        turns();
        assertThat(loop.allTasks()).isEmpty();
        assertThat(trail).isEmpty();
    }

    // --- toFuture

    @Test
    void aFutureOfAMonoThatFailsUnseenIsReported() {
        test.runMain(() -> {
            Future<String> future = Monos.toFuture(Mono.error(new IllegalStateException("boom")));
            assertThat(future.isDone()).isTrue();
        });
        loop.close();
        assertThat(test.reports()).extracting(r -> r.exception().getMessage()).containsExactly("boom");
        test.reports().clear();
    }

    @Test
    void aFutureThatIsCancelledUnreadDropsItsValue() {
        Hooks.onNextDropped(v -> trail.add("dropped " + v));
        try {
            test.runMain(() -> {
                Future<String> future = Monos.toFuture(Mono.just("a"));
                assertThat(future.cancel()).isTrue();
                assertThat(future.isCancelled()).isTrue();
                Future<String> read = Monos.toFuture(Mono.just("b"));
                assertThat(read.await()).isEqualTo("b");
                assertThat(read.cancel()).isFalse();
                Async.yieldNow();
            });
        } finally {
            Hooks.resetOnNextDropped();
        }
        assertThat(trail).containsExactly("dropped a");
    }

    @Test
    void operatorsRunWhereTheSourceEmitsSoInATaskTheyMayWait() {
        test.runMain(() -> {
            Promise<String> promise = loop.promise();
            loop.callLater(Duration.ofSeconds(1), () -> promise.complete("!"));
            List<String> all = Monos.await(
                    Flux.just("a", "b").map(v -> v + promise.await()).collectList());
            assertThat(all).containsExactly("a!", "b!");
        });
    }
}

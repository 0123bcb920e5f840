package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
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
import reactor.util.context.Context;

/** Subscribers that cancel, and what becomes of what was meant for them. */
@Tag("both-engines")
class MonosCancelTest {

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

    @Test
    void aCancelCancelsTheWait() {
        var queue = new Queue<String>(loop, 10);
        verify(StepVerifier.create(Monos.from(loop, () -> queue.get()))
                .expectSubscription()
                .thenCancel());
        turns();
        assertThat(queue.statistics().getters()).isZero();
        assertThat(queue.tryPut("a")).isTrue();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void aCancelBeforeTheFirstRequestStartsNothing() {
        var starts = new int[1];
        verify(StepVerifier.create(Monos.from(loop, () -> loop.completed(++starts[0])), 0)
                .expectSubscription()
                .thenCancel());
        turns();
        assertThat(starts[0]).isZero();
    }

    @Test
    void anItemThatCameBeforeTheCancelAndWasNotPassedOnGoesToTheNext() {
        var queue = new Queue<String>(loop, 10);
        var first = new Probe<String>(loop);
        var second = new Probe<String>(loop);
        for (Probe<String> probe : List.of(first, second)) {
            Monos.from(loop, () -> queue.get()).subscribe(probe);
        }
        turns();
        first.request(1);
        turns();
        second.request(1);
        turns();
        assertThat(queue.statistics().getters()).isEqualTo(2);
        test.runMain(() -> {
            assertThat(queue.tryPut("a")).isTrue(); // is granted to the first, whose turn to pass it on has not come
            first.cancel();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(first.signals).containsExactly("subscribe");
        assertThat(second.signals).containsExactly("subscribe", "next a", "complete");
    }

    @Test
    void anItemIsNotLostWhenAnotherThreadCancelsInThatMoment() {
        var queue = new Queue<String>(loop, 10);
        var probe = new Probe<String>(loop);
        Monos.from(loop, () -> queue.get()).subscribe(probe);
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
    void aLockThatCameBeforeTheCancelIsFree() {
        var lock = new Lock(loop);
        test.runMain(() -> {
            Disposable subscriber = Monos.from(lock::acquire).subscribe(_ -> trail.add("held"));
            while (!lock.isLocked()) {
                Async.yieldNow();
            }
            subscriber.dispose();
            assertThat(lock.isLocked()).isFalse();
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(trail).isEmpty();
    }

    @Test
    void whatComesAfterTheCancelAndCannotGoBackIsDiscarded() {
        Mono<String> stubborn = Monos.task(loop, () -> {
            try {
                return loop.<String>promise().await();
            } catch (CancelledException e) {
                return "late"; // swallows the cancel
            }
        });
        Disposable subscriber = stubborn.doOnDiscard(String.class, v -> trail.add("discarded " + v))
                .subscribe(trail::add);
        turns();
        subscriber.dispose();
        turns();
        assertThat(trail).containsExactly("discarded late");
    }

    @Test
    void aFailureAfterTheCancelIsDropped() {
        Mono<String> failing = Monos.task(loop, () -> {
            try {
                return loop.<String>promise().await();
            } finally {
                throwIllegalState("late");
            }
        });
        Disposable subscriber = failing.contextWrite(
                        Context.of("reactor.onErrorDropped.local", (java.util.function.Consumer<Throwable>)
                                e -> trail.add("dropped " + e.getMessage())))
                .subscribe(trail::add);
        turns();
        subscriber.dispose();
        turns();
        assertThat(trail).containsExactly("dropped late");
    }

    private static void throwIllegalState(String message) {
        throw new IllegalStateException(message);
    }
}

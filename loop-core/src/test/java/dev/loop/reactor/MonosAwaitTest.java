package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.publisher.TestPublisher;

/** Monos awaited in a task. */
@Tag("both-engines")
class MonosAwaitTest {

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

    @Test
    void awaitGivesTheValueOrNull() {
        test.runMain(() -> {
            assertThat(Monos.<String>await(Mono.just("a"))).isEqualTo("a");
            assertThat(Monos.<String>await(Mono.empty())).isNull();
            assertThat(Monos.<String>await(Monos.from(() -> loop.completed("b"))))
                    .isEqualTo("b");
            assertThat(Monos.<Void>await(Monos.from(loop.done()))).isNull();
            assertThat(Monos.<Long>await(Mono.delay(Duration.ofHours(1), LoopScheduler.of(loop))))
                    .isZero();
            assertThat(test.elapsed()).isEqualTo(Duration.ofHours(1));
        });
    }

    @Test
    void awaitThrowsTheFailure() {
        test.runMain(() -> {
            var unchecked = new IllegalStateException("boom");
            var checked = new IOException("reset");
            assertThatThrownBy(() -> Monos.await(Mono.error(unchecked))).isSameAs(unchecked);
            assertThatThrownBy(() -> Monos.await(Mono.error(checked)))
                    .isInstanceOf(CompletionException.class)
                    .hasCause(checked);
            assertThatThrownBy(() -> Monos.await(Mono.error(new AssertionError("error"))))
                    .isInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> Monos.await(Mono.error(new CancelledException("elsewhere"))))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("elsewhere");
            assertThatThrownBy(() -> Monos.await(Monos.from(() -> {
                        throw new IOException("no start");
                    })))
                    .isInstanceOf(CompletionException.class);
        });
    }

    @Test
    void awaitLetsOthersRun() {
        test.runMain(() -> {
            var sink = Sinks.<String>one();
            Task<String> waiting = Async.spawn(() -> Monos.await(sink.asMono().map(v -> v + "!")));
            Async.spawn(() -> {
                trail.add("other");
                sink.tryEmitValue("a");
            });
            trail.add(waiting.await());
        });
        assertThat(trail).containsExactly("other", "a!");
    }

    @Test
    void awaitTakesAValueOfAnotherThread() {
        EventLoop.run(() -> {
            var thread = new AtomicReference<Thread>();
            String value = Monos.await(Mono.fromCallable(() -> {
                        thread.set(Thread.currentThread());
                        return "foreign";
                    })
                    .subscribeOn(Schedulers.boundedElastic()));
            assertThat(value).isEqualTo("foreign");
            assertThat(thread.get()).isNotSameAs(Thread.currentThread());
            assertThatThrownBy(() -> Monos.await(Mono.error(() -> new IllegalStateException("boom"))
                            .subscribeOn(Schedulers.boundedElastic())))
                    .hasMessage("boom");
            assertThat(Monos.await(Mono.empty().subscribeOn(Schedulers.boundedElastic())))
                    .isNull();
        });
    }

    @Test
    void aCancelOfTheTaskCancelsTheSubscription() {
        var publisher = TestPublisher.<String>create();
        test.runMain(() -> {
            Task<String> task = Async.spawn(() -> Monos.await(publisher.mono()));
            Async.yieldNow();
            publisher.assertSubscribers(1);
            task.cancel("enough");
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            Async.yieldNow();
            publisher.assertCancelled();
        });
    }

    @Test
    void theHooksOfACancelledSubscriptionRunAsACallback() {
        test.runMain(() -> {
            var where = new ArrayList<Boolean>();
            var never = Mono.never().doOnCancel(() -> where.add(loop.isCallbackThread(Thread.currentThread())));
            assertThatThrownBy(() -> Async.timeout(Duration.ofSeconds(1), () -> {
                        Monos.await(never);
                    }))
                    .isInstanceOf(TimeoutException.class);
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(where).containsExactly(true);
        });
    }

    @Test
    void aTaskCancelledInAnAwaitOfOurOwnLosesNoItem() {
        test.runMain(() -> {
            var queue = new Queue<String>();
            Task<String> task = Async.spawn(() -> Monos.await(Monos.from(queue::get)));
            Async.yieldNow();
            task.cancel();
            assertThat(queue.tryPut("a")).isTrue();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(queue.tryGet()).isEqualTo("a");
        });
    }

    @Test
    void whatComesAfterTheCancelGoesToReactorsHooks() {
        Hooks.onNextDropped(v -> trail.add("dropped " + v));
        Hooks.onErrorDropped(e -> trail.add("dropped " + e.getMessage()));
        try {
            test.runMain(() -> {
                for (String late : List.of("value", "error")) {
                    // a source that does not look at the cancel
                    var publisher =
                            TestPublisher.<String>createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
                    Future<String> future = Monos.toFuture(Mono.fromDirect(publisher));
                    assertThat(future.cancel()).isTrue();
                    if (late.equals("value")) {
                        publisher.next(late);
                    } else {
                        publisher.error(new IllegalStateException(late));
                    }
                    assertThat(future.isCancelled()).isTrue();
                }
            });
        } finally {
            Hooks.resetOnNextDropped();
            Hooks.resetOnErrorDropped();
        }
        assertThat(trail).containsExactly("dropped value", "dropped error");
    }

    @Test
    void aCancelLosesAgainstAValueThatIsOnItsWay() {
        EventLoop.run(() -> {
            EventLoop l = EventLoop.current();
            var sink = Sinks.<String>one();
            Future<String> future = Monos.toFuture(sink.asMono());
            Thread foreign = Thread.ofPlatform().start(() -> sink.tryEmitValue("a"));
            while (foreign.isAlive()) {
                Thread.onSpinWait(); // holds the loop: the value has been emitted and not arrived
            }
            assertThat(future.isDone()).isFalse();
            assertThat(future.cancel()).isFalse();
            assertThat(future.await()).isEqualTo("a");
            assertThat(l.externalWork()).isZero();
        });
    }

    @Test
    void awaitOutsideOfATaskIsRefusedBeforeAnythingIsSubscribed() {
        Mono<Object> mono = Mono.create(_ -> trail.add("subscribed"));
        assertThatThrownBy(() -> Monos.await(mono))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("mono.block()");
        var refused = new AtomicReference<Throwable>();
        loop.callSoon(() -> {
            try {
                Monos.await(mono);
            } catch (IllegalStateException e) {
                refused.set(e);
            }
        });
        turns();
        assertThat(refused.get()).hasMessageContaining("in a callback").hasMessageContaining("spawn a task");
        assertThat(trail).isEmpty();
    }
}

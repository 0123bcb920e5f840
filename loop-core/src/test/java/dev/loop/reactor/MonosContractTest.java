package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Queue;
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

/** What Reactor and its operators expect of our Monos. */
@Tag("both-engines")
class MonosContractTest {

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
    void aRequestForNothingIsAnErrorAndEndsTheWait() {
        var queue = new Queue<String>(loop, 10);
        var probe = new Probe<String>(loop);
        Monos.from(loop, () -> queue.get()).subscribe(probe);
        turns();
        probe.request(1);
        turns();
        probe.request(-1);
        turns();
        assertThat(probe.signals).hasSize(2);
        assertThat(probe.signals.getLast()).contains("request(-1)").contains("3.9");
        assertThat(queue.statistics().getters()).isZero();
        probe.request(0);
        probe.cancel();
        turns();
        assertThat(probe.signals).hasSize(2);
    }

    @Test
    void theSubscribersContextIsUntouched() {
        verify(StepVerifier.create(Monos.from(loop.completed("a"))
                        .flatMap(v -> Mono.deferContextual(c -> Mono.just(v + c.get("key"))))
                        .contextWrite(Context.of("key", "b")))
                .expectNext("ab")
                .expectComplete());
        var probe = new Probe<String>(loop, Context.of("key", "value"));
        Monos.from(loop.completed("a")).subscribe(probe);
        turns();
        assertThat(probe.currentContext().<String>get("key")).isEqualTo("value");
    }

    @Test
    void aCheckpointNamesThePlace() {
        verify(StepVerifier.create(Monos.from(loop, () -> loop.failed(new IllegalStateException("boom")))
                        .checkpoint("here we go"))
                .expectErrorSatisfies(e -> assertThat(e.getSuppressed()[0]).hasMessageContaining("here we go")));
    }

    @Test
    void assemblyHooksSeeOurMonos() {
        reactor.core.publisher.Hooks.onEachOperator("test", p -> {
            trail.add(p.getClass().getSimpleName());
            return p;
        });
        try {
            verify(StepVerifier.create(Monos.from(loop, () -> loop.completed("a")))
                    .expectNext("a")
                    .expectComplete());
            verify(StepVerifier.create(Monos.from(loop.completed("a")))
                    .expectNext("a")
                    .expectComplete());
        } finally {
            reactor.core.publisher.Hooks.resetOnEachOperator("test");
        }
        assertThat(trail).containsExactly("WaitMono", "SharedMono");
    }

    @Test
    void repeatingAWaitIsFairToTheLoop() {
        var turns = new int[1];
        test.runMain(() -> {
            Disposable busy = Monos.from(() -> loop.completed("a")).repeat().subscribe();
            for (int i = 0; i < 100; i++) {
                turns[0]++;
                Async.yieldNow();
            }
            busy.dispose();
        });
        assertThat(turns[0]).isEqualTo(100);
    }

    @Test
    void whereNoLoopIsNamedItIsThatOfTheSubscriberElseAnError() {
        Mono<String> nowhere = Monos.from(() -> EventLoop.current().completed("a"));
        StepVerifier.create(nowhere)
                .expectErrorSatisfies(e -> assertThat(e)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("subscribeOn(LoopScheduler.of(loop))"))
                .verify();
        verify(StepVerifier.create(nowhere.subscribeOn(LoopScheduler.of(loop)))
                .expectNext("a")
                .expectComplete());
        test.runMain(() -> {
            Future<String> future = Monos.toFuture(nowhere);
            assertThat(future.await()).isEqualTo("a");
        });
    }
}

package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** What Reactor drops, and the assembly traces of what fails in our adapters. */
@Tag("both-engines")
class ReactorHooksTest {

    private static Mono<String> failsLate(EventLoop loop) {
        return Monos.task(loop, () -> {
            try {
                return loop.<String>promise().await();
            } catch (CancelledException e) {
                throw new IllegalStateException("late");
            }
        });
    }

    @Test
    void whatIsDroppedOnTheLoopReachesItsExceptionHandler() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            // @start region="install"
            try (var _ = ReactorHooks.install()) {
                // @end
                test.runMain(() -> {
                    var subscriber = failsLate(loop).subscribe();
                    Async.sleep(Duration.ofMillis(1)).await();
                    subscriber.dispose();
                    Async.sleep(Duration.ofMillis(1)).await();
                    Operators.onNextDropped("a value", Context.empty());
                    Async.sleep(Duration.ofMillis(1)).await();
                });
            }
            assertThat(test.reports()).hasSize(2);
            assertThat(test.reports().getFirst().message()).contains("dropped an error");
            assertThat(test.reports().getFirst().exception()).hasMessage("late");
            assertThat(test.reports().getLast().message()).contains("dropped a value: a value");
            test.reports().clear();
        }
    }

    @Test
    void elsewhereItIsLogged() {
        var logger = (Logger) LoggerFactory.getLogger(ReactorHooks.class);
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
        try (var _ = ReactorHooks.install()) {
            Operators.onErrorDropped(new IllegalStateException("far away"), Context.empty());
            Operators.onNextDropped("a value", Context.empty());
        } finally {
            logger.detachAppender(lines);
            logger.setAdditive(true);
        }
        assertThat(lines.list)
                .extracting(ILoggingEvent::getMessage)
                .first()
                .asString()
                .contains("dropped an error");
    }

    @Test
    void theLastCloseTakesTheHooksAway() {
        try (var test = new TestLoop()) {
            ReactorHooks first = ReactorHooks.install();
            ReactorHooks second = ReactorHooks.install();
            first.close();
            first.close();
            test.runMain(() -> Operators.onNextDropped("still told", Context.empty()));
            assertThat(test.reports()).hasSize(1);
            test.reports().clear();
            second.close();
            test.runMain(() -> Operators.onNextDropped("no more", Context.empty()));
            assertThat(test.reports()).isEmpty();
        }
    }

    // --- assembly traces

    private static void assertNames(Throwable failure, String place) {
        assertThat(failure.getSuppressed())
                .anySatisfy(trace -> assertThat(trace).hasMessageContaining(place));
    }

    @Test
    void aCheckpointIsNamedInWhatATaskCatches() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Mono<String> inner = Monos.<String>task(loop, () -> {
                        throw new IllegalStateException("boom");
                    })
                    .checkpoint("the inner task");
            Mono<String> outer = Monos.withLock(new dev.loop.sync.Lock(), inner).checkpoint("under the lock");
            assertThatThrownBy(() -> Monos.await(outer)).hasMessage("boom").satisfies(e -> {
                assertNames(e, "the inner task");
                assertNames(e, "under the lock");
            });
            assertThatThrownBy(() -> Fluxes.iterate(
                                    Fluxes.from(() -> loop.<String>failed(new IllegalStateException("boom")))
                                            .checkpoint("the flux"))
                            .iterator()
                            .hasNext())
                    .satisfies(e -> assertNames(e, "the flux"));
        });
    }

    @Test
    void operatorDebugNamesTheLineWhereTheMonoWasAssembled() {
        Hooks.onOperatorDebug();
        try {
            TestLoop.run(() -> {
                Mono<String> failing = Monos.from(() -> {
                    throw new IllegalStateException("boom");
                });
                assertThatThrownBy(() -> Monos.await(Monos.race(failing.map(v -> v + "!"))))
                        .isInstanceOfSatisfying(
                                dev.loop.RaceException.class,
                                e -> assertNames(e.failures().getFirst(), "ReactorHooksTest"));
                assertThatThrownBy(() -> Monos.await(Monos.waitFor(failing.map(v -> v + "?"), Duration.ofSeconds(1))))
                        .satisfies(e -> assertNames(e, "ReactorHooksTest"));
            });
        } finally {
            Hooks.resetOnOperatorDebug();
        }
    }
}

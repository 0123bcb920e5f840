package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
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
import reactor.test.StepVerifier;

/** A task that emits, as a Flux. */
@Tag("both-engines")
class FluxesTaskTest {

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

    @Test
    void aBodyEmitsAsItGoes() {
        // @start region="task"
        Flux<String> ticks = Fluxes.task(loop, out -> {
            for (int i = 1; i <= 3; i++) {
                Async.sleep(Duration.ofSeconds(1)).await();
                out.emit("tick " + i).await(); // waits until the subscriber asks for it
            }
        });
        // @end
        for (int subscriber = 0; subscriber < 2; subscriber++) {
            verify(StepVerifier.create(ticks)
                    .expectNext("tick 1", "tick 2", "tick 3")
                    .expectComplete());
        }
    }

    private Flux<Integer> counted() {
        return Fluxes.task(loop, out -> {
            trail.add("begins");
            for (int i = 1; i <= 3; i++) {
                trail.add("emits " + i);
                out.emit(i).await();
            }
            trail.add("ends");
        });
    }

    @Test
    void theBodyWaitsForDemand() {
        var probe = new Probe<Integer>(loop);
        counted().subscribe(probe);
        turns();
        assertThat(trail).isEmpty();
        probe.request(1);
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next 1");
        assertThat(trail).containsExactly("begins", "emits 1", "emits 2");
        probe.request(2);
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next 1", "next 2", "next 3");
        assertThat(trail).endsWith("emits 3", "ends");
        probe.request(1);
        turns();
        assertThat(probe.signals).endsWith("complete");
        assertThat(probe.elsewhere).isEmpty();
    }

    @Test
    void aFailureComesBehindTheItems() {
        verify(StepVerifier.create(Fluxes.<Integer>task(loop, out -> {
                    out.emit(1).await();
                    throw new IOException("reset");
                }))
                .expectNext(1)
                .expectErrorMessage("reset"));
        verify(StepVerifier.create(Fluxes.<Integer>task(loop, _ -> {})).expectComplete());
    }

    @Test
    void aCancelCancelsTheTaskWhichCleansUp() {
        verify(StepVerifier.create(
                        Fluxes.<Integer>task(loop, out -> {
                            try {
                                out.emit(1).await();
                                out.emit(2).await();
                            } catch (CancelledException e) {
                                trail.add(e.reason());
                                assertThatThrownBy(() -> out.emit(3)).isInstanceOf(CancelledException.class);
                                throw e;
                            }
                        }),
                        1)
                .expectNext(1)
                .thenCancel());
        assertThat(trail).containsExactly("its subscriber cancelled");
        assertThat(loop.allTasks()).isEmpty();
    }

    @Test
    void aFailureAfterTheCancelIsDropped() {
        Hooks.onErrorDropped(e -> trail.add("dropped " + e.getMessage()));
        try {
            Disposable subscriber = Fluxes.<Integer>task(loop, _ -> {
                        try {
                            loop.promise().await();
                        } catch (CancelledException e) {
                            throw new IllegalStateException("late");
                        }
                    })
                    .subscribe();
            turns();
            subscriber.dispose();
            turns();
        } finally {
            Hooks.resetOnErrorDropped();
        }
        assertThat(trail).containsExactly("dropped late");
    }

    @Test
    void emissionsOfSeveralTasksKeepTheirOrderAndAllComeBeforeTheEnd() {
        Flux<String> flux = Fluxes.task(loop, out -> {
            Future<?> a = out.emit("a");
            Future<?> b = out.emit("b");
            assertThat(a.isDone()).isTrue(); // was asked for
            assertThat(b.isDone()).isFalse();
        });
        verify(StepVerifier.create(flux).expectNext("a", "b").expectComplete());
    }

    @Test
    void anEmissionThatIsCancelledIsWithdrawn() {
        var probe = new Probe<String>(loop);
        Fluxes.<String>task(loop, out -> {
                    out.emit("a").await();
                    Async.moveOn(Duration.ofSeconds(1), () -> {
                        out.emit("b").await();
                    });
                    out.emit("c").await();
                })
                .subscribe(probe);
        turns();
        probe.request(1);
        test.advance(Duration.ofSeconds(2));
        probe.request(2);
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next a", "next c", "complete");
    }

    @Test
    void anEmitterOutlivesItsBodyInVain() {
        var leaked = new ArrayList<Emitter<String>>();
        verify(StepVerifier.create(Fluxes.<String>task(loop, leaked::add)).expectComplete());
        assertThatThrownBy(() -> leaked.getFirst().emit("late"))
                .isInstanceOf(RuntimeException.class)
                .hasMessageContaining("cancelled");
    }
}

package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.generator.AsyncGenerator;
import dev.loop.generator.Generator;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;

/** Generators as Flux. */
@Tag("both-engines")
class FluxesGeneratorTest {

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

    private Generator<String, ?, ?> plain() {
        return Generator.<String>yielding(out -> {
            try {
                for (int i = 1; i <= 3; i++) {
                    trail.add("makes " + i);
                    out.yield("value " + i);
                }
            } finally {
                trail.add("ends");
            }
        });
    }

    private AsyncGenerator<String, ?> waiting() {
        return AsyncGenerator.<String>yielding(out -> {
            try {
                for (int i = 1; i <= 3; i++) {
                    Async.sleep(Duration.ofSeconds(1)).await();
                    trail.add("makes " + i);
                    out.yield("value " + i);
                }
            } finally {
                trail.add("ends");
            }
        });
    }

    @Test
    void demandRunsTheGenerator() {
        test.runMain(() -> {
            for (Flux<String> flux : List.of(Fluxes.<String>from(plain()), Fluxes.<String>from(waiting()))) {
                trail.clear();
                var probe = new Probe<String>(loop);
                flux.subscribe(probe);
                turns();
                assertThat(trail).isEmpty();
                probe.request(2);
                Async.sleep(Duration.ofSeconds(5)).await();
                assertThat(trail).containsExactly("makes 1", "makes 2");
                probe.request(2);
                Async.sleep(Duration.ofSeconds(5)).await();
                assertThat(probe.signals)
                        .containsExactly("subscribe", "next value 1", "next value 2", "next value 3", "complete");
                assertThat(trail).endsWith("makes 3", "ends");
                assertThat(probe.elsewhere).isEmpty();
            }
        });
    }

    @Test
    void aCancelClosesTheGenerator() {
        test.runMain(() -> {
            for (Flux<String> flux : List.of(Fluxes.<String>from(plain()), Fluxes.<String>from(waiting()))) {
                trail.clear();
                assertThat(Monos.await(flux.take(1).collectList())).containsExactly("value 1");
                turns();
                assertThat(trail).containsExactly("makes 1", "ends");
            }
        });
    }

    @Test
    void aCancelReachesWhatTheBodyWaitsFor() {
        test.runMain(() -> {
            var generator = waiting();
            var subscriber = Fluxes.from(generator).subscribe();
            turns();
            subscriber.dispose();
            turns();
            assertThat(generator.isEnded()).isTrue();
            assertThat(test.elapsed()).isLessThan(Duration.ofSeconds(1));
        });
        assertThat(trail).containsExactly("ends");
    }

    @Test
    void aFailureIsTheError() {
        test.runMain(() -> {
            Flux<String> failing = Fluxes.from(AsyncGenerator.<String>yielding(out -> {
                out.yield("a");
                throw new IOException("reset");
            }));
            assertThat(Monos.await(failing.onErrorResume(e -> Flux.just(e.getMessage()))
                            .collectList()))
                    .containsExactly("a", "reset");
            Flux<String> boom = Fluxes.from(Generator.<String>yielding(_ -> {
                throw new IllegalStateException("boom");
            }));
            assertThat(Monos.await(
                            boom.onErrorResume(e -> Flux.just(e.getMessage())).collectList()))
                    .containsExactly("boom");
        });
    }

    @Test
    void whatTheCloseThrowsIsDropped() {
        Hooks.onErrorDropped(e -> trail.add("dropped " + e.getMessage()));
        try {
            test.runMain(() -> {
                Flux<String> rude = Fluxes.from(Generator.<String>yielding(out -> {
                    try {
                        out.yield("a");
                    } finally {
                        throwIllegalState();
                    }
                }));
                assertThat(Monos.await(rude.next())).isEqualTo("a");
                turns();
            });
        } finally {
            Hooks.resetOnErrorDropped();
        }
        assertThat(trail).containsExactly("dropped late");
    }

    private static void throwIllegalState() {
        throw new IllegalStateException("late");
    }

    @Test
    void aSubscriberThatCancelsFromInsideOfTheBodyClosesItAfterThat() {
        test.runMain(() -> {
            var probe = new Probe<String>(loop);
            Fluxes.<String>from(Generator.<String>yielding(out -> {
                        try {
                            probe.cancel();
                            out.yield("nobody wants it");
                        } finally {
                            trail.add("ends");
                        }
                    }))
                    .subscribe(probe);
            turns();
            probe.request(1);
            turns();
            assertThat(probe.signals).containsExactly("subscribe");
        });
        assertThat(trail).containsExactly("ends");
    }
}

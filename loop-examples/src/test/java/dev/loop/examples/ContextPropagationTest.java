package dev.loop.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.ContextAccessor;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.Runner;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.queue.Queue;
import dev.loop.reactor.Fluxes;
import dev.loop.reactor.LoopScheduler;
import dev.loop.reactor.Monos;
import io.micrometer.context.ContextRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Reactor's automatic context propagation, with the jar that it needs: a registered ThreadLocal goes with tasks and with operators, next
 * to what the loop carries itself. Without that jar, which is how the tests of the core run, nothing of it is there.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContextPropagationTest {

    private static final String KEY = "tenant";
    private static final ThreadLocal<@Nullable String> TENANT = new ThreadLocal<>();
    private static final ContextVar<String> USER = ContextVar.of("user", "nobody");
    private static final Duration SHORT = Duration.ofMillis(2);

    @BeforeEach
    void on() {
        ContextRegistry.getInstance().registerThreadLocalAccessor(KEY, TENANT);
        Hooks.enableAutomaticContextPropagation();
    }

    @AfterEach
    void off() {
        Hooks.disableAutomaticContextPropagation();
        ContextRegistry.getInstance().removeThreadLocalAccessor(KEY);
        TENANT.remove();
    }

    private static void run(VoidBody<? extends Exception> main) {
        try (var runner = Runner.create(EventLoop::create)) {
            runner.run(main);
        }
    }

    /** On a loop that carries the variable, so that tasks have it too. */
    private static void runCarrying(VoidBody<? extends Exception> main) {
        try (var runner = Runner.create(
                () -> EventLoop.builder().carry(ContextAccessor.of(TENANT)).build())) {
            runner.run(main);
        }
    }

    private static String both() {
        return TENANT.get() + " " + USER.get();
    }

    private static Mono<String> inATask(EventLoop loop) {
        return Monos.task(loop, () -> {
                    Async.sleep(SHORT).await();
                    return both();
                })
                .map(s -> s + ", behind it " + TENANT.get());
    }

    @Test
    void operatorsOfAMonoThatATaskAwaitsHaveItWhoeverSignals() {
        run(() -> {
            EventLoop loop = EventLoop.current();
            TENANT.set("t1");
            List<Mono<Long>> sources = List.of(
                    Mono.just(0L),
                    Mono.delay(SHORT), // Reactor's thread
                    Mono.delay(SHORT, LoopScheduler.of(loop)),
                    Monos.sleep(SHORT).thenReturn(0L),
                    Monos.from(() -> loop.completed(0L)),
                    Monos.from(loop.completed(0L)),
                    Monos.task(loop, () -> 0L),
                    Mono.just(0L).publishOn(Schedulers.single()),
                    Mono.create(sink -> Thread.ofPlatform().start(() -> sink.success(0L)))); // knows of nothing
            for (Mono<Long> source : sources) {
                assertThat(Monos.<String>await(source.map(_ -> "" + TENANT.get())))
                        .isEqualTo("t1");
            }
            assertThat(TENANT.get()).isEqualTo("t1");
        });
    }

    @Test
    void operatorsOfAFluxThatATaskStepsThroughHaveIt() {
        run(() -> {
            EventLoop loop = EventLoop.current();
            TENANT.set("t1");
            var queue = new Queue<String>();
            queue.put("a").await();
            List<Flux<String>> sources = List.of(
                    Flux.just("a"),
                    Flux.just("a").delayElements(SHORT),
                    Fluxes.from(queue).take(1),
                    Fluxes.task(loop, out -> out.emit("a").await()));
            for (Flux<String> source : sources) {
                List<String> seen = new ArrayList<>();
                try (var items = Fluxes.iterate(source.map(s -> s + " " + TENANT.get()))) {
                    items.forEach(seen::add);
                }
                assertThat(seen).containsExactly("a t1");
            }
        });
    }

    @Test
    void aTaskOfASubscriberHasItOnALoopThatCarriesIt() {
        runCarrying(() -> {
            EventLoop loop = EventLoop.current();
            String outside = Async.toThread(() ->
                            inATask(loop).contextWrite(c -> c.put(KEY, "t1")).block())
                    .await();
            assertThat(outside).isEqualTo("t1 nobody, behind it t1");
            TENANT.set("t2");
            USER.set("ada");
            assertThat(Monos.await(inATask(loop))).isEqualTo("t2 ada, behind it t2");
        });
    }

    @Test
    void onOneThatDoesNotOnlyTheOperatorsHaveIt() {
        run(() -> {
            EventLoop loop = EventLoop.current();
            TENANT.set("t1");
            USER.set("ada");
            assertThat(Monos.await(inATask(loop))).isEqualTo("null ada, behind it t1");
        });
    }

    @Test
    void blockOnAnotherThreadBringsItAlong() {
        runCarrying(() -> {
            EventLoop loop = EventLoop.current();
            String value = Async.toThread(() -> {
                        TENANT.set("t1");
                        return inATask(loop).block();
                    })
                    .await();
            assertThat(value).isEqualTo("t1 nobody, behind it t1");
        });
    }

    @Test
    void subscribeBringsItAlongOnlyIfItIsToldTo() {
        runCarrying(() -> {
            EventLoop loop = EventLoop.current();
            TENANT.set("t1");
            var bare = loop.<String>promise();
            inATask(loop).subscribe(bare::complete);
            var captured = loop.<String>promise();
            inATask(loop).contextCapture().subscribe(captured::complete);
            assertThat(bare.await())
                    .isEqualTo("t1 nobody, behind it null"); // Reactor takes it away behind what is not its own
            assertThat(captured.await()).isEqualTo("t1 nobody, behind it t1");
        });
    }

    @Test
    void workOfTheSchedulerHasThatOfTheCallAndLeavesNothingBehind() {
        run(() -> {
            EventLoop loop = EventLoop.current();
            var scheduled = loop.<String>promise();
            var after = loop.<String>promise();
            TENANT.set("t1");
            USER.set("ada");
            LoopScheduler.of(loop).schedule(() -> scheduled.complete(both()));
            USER.set("nobody");
            loop.callSoon(() -> after.complete(both()));
            assertThat(scheduled.await()).isEqualTo("t1 ada");
            assertThat(after.await()).isEqualTo("null nobody");
        });
    }

    @Test
    void twoTasksNeverSeeEachOthersValues() {
        runCarrying(() -> {
            EventLoop loop = EventLoop.current();
            var tasks = new ArrayList<Task<String>>();
            for (int i = 0; i < 50; i++) {
                String own = "t" + i;
                tasks.add(Async.spawn(() -> {
                    TENANT.set(own);
                    USER.set(own);
                    var wrong = new ArrayList<String>();
                    for (int round = 0; round < 5; round++) {
                        String seen =
                                Monos.await(inATask(loop).delayElement(SHORT).map(s -> s + ", then " + TENANT.get()));
                        String right = own + " " + own + ", behind it " + own + ", then " + own;
                        if (!right.equals(seen) || !(own + " " + own).equals(both())) {
                            wrong.add(own + " saw " + seen + " and has " + both());
                        }
                    }
                    return wrong.toString();
                }));
            }
            for (Task<String> task : tasks) {
                assertThat(task.await()).isEqualTo("[]");
            }
        });
    }

    @Test
    void switchedOffAgainNothingGoesAlong() {
        Hooks.disableAutomaticContextPropagation();
        run(() -> {
            TENANT.set("t1");
            assertThat(Monos.<String>await(Mono.delay(SHORT).map(_ -> "" + TENANT.get())))
                    .isEqualTo("null");
        });
    }
}

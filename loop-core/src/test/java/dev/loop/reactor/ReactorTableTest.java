package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.LoopPortal;
import dev.loop.TaskGroup;
import dev.loop.WaitCondition;
import dev.loop.generator.AsyncGenerator;
import dev.loop.generator.Generator;
import dev.loop.queue.Channel;
import dev.loop.queue.Queue;
import dev.loop.sync.Barrier;
import dev.loop.sync.Condition;
import dev.loop.sync.Event;
import dev.loop.sync.Lock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Every row of the table in docs/reactor.md, in direct style and in Reactor's, compiled and run. */
@Tag("both-engines")
class ReactorTableTest {

    private static final Path PAGE = Path.of("..", "docs", "reactor.md");
    private static final Path SOURCE = Path.of("src/test/java/dev/loop/reactor/ReactorTableTest.java");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final LoopScheduler scheduler = LoopScheduler.of(loop);
    private final Mono<String> mono = Mono.just("a");
    private final Flux<String> flux = Flux.just("a", "b", "c");
    private final Callable<String> body = () -> {
        Async.sleep(SECOND).await();
        return "a";
    };
    private final List<String> got = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    private <T> T await(Mono<T> reactor) {
        return Monos.await(reactor);
    }

    private <T> List<T> list(Flux<T> reactor) {
        return Monos.await(reactor.collectList());
    }

    @Test
    void everyCellOfTheTableIsCodeOfThisTest() throws IOException {
        String source = Files.readString(SOURCE).replaceAll("\\s+", "");
        var rows = 0;
        var missing = new ArrayList<String>();
        for (String line : Files.readAllLines(PAGE)) {
            String[] cells = line.split(" \\| ");
            if (!line.startsWith("| ") || cells.length < 3) {
                continue;
            }
            for (int i = 1; i < 3; i++) {
                var code = CODE.matcher(cells[i]);
                while (code.find()) {
                    rows++;
                    if (!source.contains(code.group(1).replaceAll("\\s+", ""))) {
                        missing.add(code.group(1));
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(rows).isGreaterThan(50);
    }

    @Test
    void futuresAndTasks() {
        test.runMain(() -> {
            Async.sleep(SECOND).await();
            await(Monos.sleep(SECOND));
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));

            Future<String> future = loop.completed("a");
            assertThat(future.await()).isEqualTo("a");
            assertThat(await(Monos.from(future))).isEqualTo("a");

            assertThat(Async.spawn(body).await()).isEqualTo("a");
            assertThat(await(Monos.task(loop, body))).isEqualTo("a");

            assertThat(Monos.await(mono)).isEqualTo("a");
            assertThat(await(mono)).isEqualTo("a");
            for (String item : Fluxes.iterate(flux)) {
                got.add(item);
            }
            assertThat(list(flux)).isEqualTo(got);
        });
    }

    @Test
    void combinators() {
        test.runMain(() -> {
            Future<String> a = loop.completed("a");
            Future<String> b = Async.spawn(body);
            List<Future<String>> all = List.of(a, b);
            Mono<String> ma = Monos.from(a);
            Mono<String> mb = Monos.task(loop, body);

            assertThat(Async.gather(a, b).await()).containsExactly("a", "a");
            assertThat(await(Monos.gather(ma, mb))).containsExactly("a", "a");

            assertThat(Async.gatherResults(a, b).await()).hasSize(2);
            assertThat(await(Monos.gatherDelayError(ma, mb))).hasSize(2);

            assertThat(Async.waitFor(a, SECOND).await()).isEqualTo("a");
            assertThat(await(Monos.waitFor(ma, SECOND))).isEqualTo("a");

            String inTime = Async.timeout(SECOND, () -> a.await());
            assertThat(inTime).isEqualTo("a");
            assertThat(await(ma.timeout(SECOND, scheduler))).isEqualTo("a");

            assertThat(Async.shield(a).await()).isEqualTo("a");
            assertThat(await(Monos.shield(ma))).isEqualTo("a");

            var waited = Async.waitOn(all, WaitCondition.FIRST_COMPLETED).await();
            assertThat(waited.done()).isNotEmpty();
            assertThat(await(Monos.from(() -> Async.waitOn(all, WaitCondition.FIRST_COMPLETED)))
                            .done())
                    .isNotEmpty();

            for (Future<String> done : Async.asCompleted(all)) {
                got.add(done.result());
            }
            assertThat(list(Fluxes.asCompleted(all).map(Future::result))).isEqualTo(got);

            assertThat(Async.staggeredRace(List.of(body, body), SECOND).await()).isEqualTo("a");
            assertThat(await(Monos.race(ma, mb))).isEqualTo("a");

            Callable<Boolean> group = () -> {
                TaskGroup.run(g -> {
                    g.spawn(body);
                });
                return true;
            };
            assertThat(group.call()).isTrue();
            assertThat(await(Monos.task(loop, group))).isTrue();
        });
    }

    @Test
    void threads() {
        EventLoop.run(() -> {
            EventLoop real = EventLoop.current();
            Callable<String> blocking = () -> Thread.currentThread().getName();
            assertThat(Async.toThread(blocking).await()).isNotNull();
            assertThat(await(Monos.from(() -> Async.toThread(blocking)))).isNotNull();

            java.util.concurrent.Executor executor = Runnable::run;
            assertThat(real.runInExecutor(executor, blocking).await()).isNotNull();
            assertThat(await(Mono.fromCallable(blocking).subscribeOn(Schedulers.boundedElastic())))
                    .isNotNull();

            try (LoopPortal portal = real.portal()) {
                assertThat(Async.toThread(() -> portal.call(() -> "a")).await()).isEqualTo("a");
            }
            assertThat(Async.toThread(() -> Monos.task(real, () -> "a").block()).await())
                    .isEqualTo("a");
            real.shutdownDefaultExecutor(SECOND).await();
            await(Monos.from(() -> real.shutdownDefaultExecutor(SECOND)));
        });
    }

    @Test
    void primitives() {
        test.runMain(() -> {
            var lock = new Lock();
            try (var held = lock.acquire().await()) {
                assertThat(held).isNotNull();
            }
            assertThat(await(Monos.withLock(lock, mono))).isEqualTo("a");

            var event = new Event();
            event.set();
            event.whenSet().await();
            await(Monos.from(event::whenSet));

            var condition = new Condition();
            var ready = true;
            Callable<Boolean> waiting = () -> {
                try (var held = condition.acquire().await()) {
                    condition.until(() -> ready);
                    return true;
                }
            };
            assertThat(waiting.call()).isTrue();
            assertThat(await(Monos.task(loop, waiting))).isTrue();

            var semaphore = new Semaphore(2);
            try (var permit = semaphore.acquire().await()) {
                assertThat(permit).isNotNull();
            }
            assertThat(await(Monos.withPermit(semaphore, mono))).isEqualTo("a");

            var barrier = new Barrier(1);
            assertThat(barrier.arrive().await()).isZero();
            assertThat(await(Monos.from(barrier::arrive))).isZero();
        });
    }

    @Test
    void queuesAndChannels() {
        test.runMain(() -> {
            var queue = new Queue<String>(2);
            queue.put("a").await();
            await(Monos.from(() -> queue.put("b")));
            assertThat(queue.get().await()).isEqualTo("a");
            assertThat(await(Monos.from(queue::get))).isEqualTo("b");
            queue.taskDone();
            queue.taskDone();
            queue.join().await();
            await(Monos.from(queue::join));

            Future<Void> filling = Monos.toFuture(Fluxes.intoAndShutdown(flux, queue));
            for (String item : queue) {
                got.add(item);
            }
            filling.await();
            assertThat(got).containsExactly("a", "b", "c");
            var other = new Queue<String>(2);
            Mono<Void> filled = Fluxes.intoAndShutdown(flux, other);
            assertThat(list(Fluxes.from(other).mergeWith(filled.cast(String.class))))
                    .isEqualTo(got);
            var third = new Queue<String>();
            for (String item : Fluxes.iterate(flux)) {
                third.put(item).await();
            }
            await(Fluxes.into(flux, third));
            assertThat(third.size()).isEqualTo(6);

            var channel = new Channel<String>(2);
            channel.send("a").await();
            await(Monos.from(() -> channel.send("b")));
            assertThat(channel.receive().await()).isEqualTo("a");
            channel.close();
            assertThat(list(Fluxes.from(channel))).containsExactly("b");
        });
    }

    @Test
    void generators() {
        test.runMain(() -> {
            AsyncGenerator<String, ?> ticks = ticks();
            for (String tick : ticks) {
                got.add(tick);
            }
            assertThat(list(Fluxes.from(ticks()))).isEqualTo(got);
            ticks.aclose().await();
            await(Monos.from(ticks::aclose));

            Generator<String, ?, ?> plain = Generator.<String>yielding(out -> out.yield("a"));
            assertThat(list(Fluxes.from(plain))).containsExactly("a");

            Flux<String> emitted = Fluxes.task(loop, out -> out.emit("a").await());
            assertThat(list(emitted)).containsExactly("a");
        });
    }

    private static AsyncGenerator<String, ?> ticks() {
        return AsyncGenerator.<String>yielding(out -> {
            Async.sleep(SECOND).await();
            out.yield("tick");
        });
    }
}

package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.Context;
import dev.loop.ContextAccessor;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Runner;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The context of tasks and that of subscribers, each seen from the other side. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReactorContextsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ContextVar<String> USER = ContextVar.of("user", "nobody");

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> seen = new ArrayList<>();

    @AfterEach
    void close() {
        MDC.clear();
        test.close();
    }

    private void turns() {
        test.advance(Duration.ofMillis(1));
    }

    private void see(String who) {
        seen.add(who + " " + USER.get());
    }

    // --- from a task to Reactor

    @Test
    void aMonoThatATaskAwaitsCanReadTheTasksContext() {
        test.runMain(() -> {
            USER.set("ada");
            // @start region="await"
            Mono<String> greeting = Mono.deferContextual(
                    view -> Mono.just("Hello " + view.get(Context.class).get(USER)));
            assertThat(Monos.await(greeting)).isEqualTo("Hello ada");
            // @end
            assertThat(Monos.await(Monos.gather(greeting, Monos.shield(greeting))))
                    .containsExactly("Hello ada", "Hello ada");
            assertThat(Monos.toFuture(Monos.waitFor(greeting, LIMIT)).await()).isEqualTo("Hello ada");
        });
    }

    @Test
    void itCanDoSoOnAnotherThread() {
        Mono<String> greeting = Mono.deferContextual(
                        view -> Mono.just("Hello " + view.get(Context.class).get(USER)))
                .subscribeOn(Schedulers.single());
        EventLoop.run(() -> {
            USER.set("ada");
            assertThat(Monos.await(greeting)).isEqualTo("Hello ada");
        });
    }

    @Test
    void aMonoThatATaskAwaitsHasTheKeysThatTheTaskHasPutThere() {
        Mono<String> trace = Mono.deferContextual(view -> Mono.just(view.getOrDefault("trace", "none")));
        test.runMain(() -> {
            assertThat(Monos.await(trace)).isEqualTo("none");
            assertThat(ReactorContexts.VIEW
                            .where(reactor.util.context.Context.of("trace", "t1"))
                            .call(() -> Monos.await(trace)))
                    .isEqualTo("t1");
            assertThat(Monos.await(trace)).isEqualTo("none");
        });
    }

    // --- from Reactor to a task

    @Test
    void aTaskOfASubscriberHasTheContextThatItBringsAlong() {
        Mono<String> mono = Monos.task(loop, () -> {
            Async.sleep(Duration.ofSeconds(1)).await();
            return USER.get() + " " + ReactorContexts.VIEW.get().getOrDefault("trace", "none");
        });
        var bare = StepVerifier.create(mono).expectNext("nobody none").expectComplete();
        var withKeys = StepVerifier.create(mono.contextWrite(c -> c.put("trace", "t1")))
                .expectNext("nobody t1")
                .expectComplete();
        var withContext = StepVerifier.create(mono.contextWrite(c ->
                        c.put("trace", "t2").put(Context.class, Context.empty().with(USER, "ada"))))
                .expectNext("ada t2")
                .expectComplete();
        for (var verifier : List.of(bare, withKeys, withContext)) {
            var later = verifier.verifyLater();
            test.advance(Duration.ofSeconds(2));
            later.verify(LIMIT);
        }
    }

    @Test
    void withoutSuchAKeyItIsThatOfTheCodeThatSubscribes() {
        Mono<String> mono = Monos.task(loop, USER::get);
        var verifier = USER.where("subscriber")
                .call(() -> StepVerifier.create(mono)
                        .expectNext("subscriber")
                        .expectComplete()
                        .verifyLater());
        turns();
        verifier.verify(LIMIT);
    }

    @Test
    void aSubscriberThatRequestsElsewhereStillHasItsOwn() {
        var probe = new Probe<String>(loop);
        USER.where("subscriber").run(() -> Monos.task(loop, USER::get).subscribe(probe));
        turns();
        USER.where("requester").run(() -> probe.request(1));
        turns();
        assertThat(probe.signals).containsExactly("subscribe", "next subscriber", "complete");
    }

    @Test
    void signalsComeInTheContextOfTheSubscriber() {
        Promise<String> promise = loop.promise();
        USER.where("first").run(() -> Monos.from(promise).subscribe(_ -> see("shared")));
        USER.where("second").run(() -> Monos.from(loop, () -> promise).subscribe(_ -> see("wait")));
        Mono.from(Monos.from(promise))
                .doOnNext(_ -> see("with a key"))
                .contextWrite(c -> c.put(Context.class, Context.empty().with(USER, "third")))
                .subscribe();
        turns();
        USER.where("completer").run(() -> promise.complete("x"));
        turns();
        assertThat(seen).containsExactlyInAnyOrder("shared first", "wait second", "with a key third");
    }

    @Test
    void bothGoRoundAndBack() {
        Mono<String> innermost = Mono.deferContextual(view ->
                Mono.just(view.get("trace") + " " + view.get(Context.class).get(USER)));
        Mono<String> task = Monos.task(loop, () -> {
            USER.set(USER.get() + "'s task");
            return Monos.await(innermost);
        });
        test.runMain(() -> {
            USER.set("ada");
            Mono<String> outer = task.map(s -> "outer: " + s).contextWrite(c -> c.put("trace", "t1"));
            assertThat(Monos.await(outer)).isEqualTo("outer: t1 ada's task");
            assertThat(USER.get()).isEqualTo("ada");
        });
    }

    @Test
    void twoSubscribersNeverSeeEachOthersValues() {
        Mono<String> mono = Monos.task(loop, () -> {
            String user = ReactorContexts.VIEW.get().get("user");
            USER.set(user);
            Async.sleep(Duration.ofSeconds(1)).await();
            return user + "=" + USER.get();
        });
        var verifier = StepVerifier.create(Flux.range(0, 10)
                        .flatMap(i -> mono.contextWrite(c -> c.put("user", "u" + i)))
                        .filter(s -> s.split("=")[0].equals(s.split("=")[1]))
                        .count())
                .expectNext(10L)
                .expectComplete()
                .verifyLater();
        test.advance(Duration.ofSeconds(2));
        verifier.verify(LIMIT);
    }

    // --- the scheduler

    @Test
    void workRunsInTheContextOfTheCallThatScheduledIt() {
        Scheduler scheduler = LoopScheduler.of(loop);
        Scheduler.Worker worker = scheduler.createWorker();
        test.runMain(() -> {
            USER.set("ada");
            scheduler.schedule(() -> see("scheduler"));
            worker.schedule(() -> see("worker"));
            USER.set("bob");
            worker.schedule(() -> see("worker"), 1, TimeUnit.SECONDS);
            Async.sleep(Duration.ofSeconds(2)).await();
        });
        assertThat(seen).containsExactly("scheduler ada", "worker ada", "worker bob");
    }

    @Test
    void periodicWorkBeginsEachTimeWithThatOfTheCall() {
        var runs = new AtomicInteger();
        test.runMain(() -> {
            USER.set("ada");
            Disposable periodic = LoopScheduler.of(loop)
                    .schedulePeriodically(
                            () -> {
                                see("run");
                                USER.set("run " + runs.incrementAndGet());
                            },
                            1,
                            1,
                            TimeUnit.SECONDS);
            Async.sleep(Duration.ofMillis(3500)).await();
            periodic.dispose();
        });
        assertThat(seen).containsExactly("run ada", "run ada", "run ada");
    }

    @Test
    void workOfTwoThreadsInOneWorkerKeepsItsContextAndItsMdc() {
        List<String> lines = new ArrayList<>();
        try (var runner = Runner.create(
                () -> EventLoop.builder().carry(ContextAccessor.mdc()).build())) {
            runner.run(() -> {
                EventLoop current = EventLoop.current();
                Scheduler.Worker worker = LoopScheduler.of(current).createWorker();
                Runnable work = () -> lines.add(USER.get() + " " + MDC.get("user"));
                USER.set("task");
                MDC.put("user", "task");
                // the thread's callbacks come out of the inbox after the task's: each runs what is first in the worker
                Async.toThread(() -> Thread.ofPlatform()
                                .start(() -> {
                                    worker.schedule(work);
                                    USER.set("thread");
                                    worker.schedule(work);
                                })
                                .join(LIMIT))
                        .await();
                worker.schedule(work);
                while (lines.size() < 3) {
                    Async.yieldNow();
                }
            });
        }
        assertThat(lines).containsExactly("nobody null", "thread null", "task task");
    }

    @Test
    void theMdcOfATaskReachesTheTaskOfAMonoThatItAwaits() {
        List<String> lines = new ArrayList<>();
        try (var runner = Runner.create(
                () -> EventLoop.builder().carry(ContextAccessor.mdc()).build())) {
            runner.run(() -> {
                MDC.put("user", "ada");
                Mono<String> mono = Monos.task(EventLoop.current(), () -> lines.add("task " + MDC.get("user")))
                        .subscribeOn(Schedulers.single())
                        .map(_ -> "signal " + MDC.get("user"));
                lines.add(Monos.await(mono));
                assertThat(MDC.get("user")).isEqualTo("ada");
            });
        }
        assertThat(lines).containsExactly("task ada", "signal ada");
    }
}

package dev.loop.thread;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static dev.loop.thread.Gate.assertFigures;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.ContextAccessor;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.LoopPortal;
import dev.loop.Promise;
import dev.loop.Runner;
import dev.loop.Task;
import dev.loop.sync.CapacityLimiter;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;

/** Blocking calls on worker threads: where they run, how many, in which order. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadsTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void itRunsOnADaemonThreadThatShowsWhatItWorksOn() {
        try (var runner = Runner.create(() -> EventLoop.builder().name("mine").build())) {
            Thread worker = runner.run(() -> {
                Future<List<Object>> seen = spawn(
                        "reader",
                        () -> Threads.run(() -> {
                                    Thread t = Thread.currentThread();
                                    return List.<Object>of(t.getName(), t.isDaemon(), t.isVirtual(), t);
                                })
                                .await());
                var facts = seen.await();
                assertThat(facts.subList(0, 3)).containsExactly("mine-worker-1 (reader)", true, false);
                String named = Threads.options()
                        .name("parse")
                        .run(() -> Thread.currentThread().getName())
                        .await();
                assertThat(named).isEqualTo("mine-worker-1 (parse)");
                assertThat(Threads.run(EventLoop::currentOrNull).await()).isNull();
                return (Thread) facts.get(3);
            });
            assertThat(worker.isAlive()).isTrue();
            runner.close();
            assertThat(joined(worker)).as("ended by the loop's close").isTrue();
            assertThat(worker.getName()).isEqualTo("mine-worker-1");
        }
    }

    private static boolean joined(Thread thread) {
        try {
            return thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void failuresAndNullsArriveAsFromATask() {
        TestLoop.run(() -> {
            Callable<String> checked = () -> {
                throw new IOException("io");
            };
            assertThatThrownBy(Threads.run(checked)::await)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(Threads.run(() -> null).await()).isNull();
            assertThat(Threads.run(() -> {
                                order.add("ran");
                            })
                            .await())
                    .isNull();
            assertThat(order).containsExactly("ran");
        });
    }

    @Test
    void callsOneAfterAnotherShareOneThread() {
        TestLoop.run(() -> {
            Thread first = Threads.run(Thread::currentThread).await();
            for (int i = 0; i < 100; i++) {
                assertThat(Threads.run(Thread::currentThread).await()).isSameAs(first);
            }
        });
    }

    @Test
    void noMoreThanTheLimitRunAndTheOthersComeInTheirOrder() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(2);
            var now = new AtomicInteger();
            var most = new AtomicInteger();
            var threads = Workers.of(EventLoop.current());
            var calls = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 200; i++) {
                int n = i;
                calls.add(Threads.options().limiter(limiter).run(() -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    Thread.yield();
                    now.decrementAndGet();
                    return n;
                }));
            }
            assertFigures(limiter, 2, 2, 198);
            assertThat(gather(calls).await()).hasSize(200).isSorted();
            assertThat(most.get()).isLessThanOrEqualTo(2);
            assertThat(threads.alive()).isLessThanOrEqualTo(2);
            assertFigures(limiter, 2, 0, 0);
        });
    }

    @Test
    void oneAtATimeTheyComeInTheirOrder() {
        TestLoop.run(() -> {
            var options = Threads.options().limiter(new CapacityLimiter(1));
            var calls = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < 100; i++) {
                String n = "" + i;
                calls.add(options.run(() -> order.add(n))); // the limiter is all that keeps them apart
            }
            gather(calls).await();
            assertThat(order).hasSize(100).isSortedAccordingTo(Comparator.comparingInt(Integer::parseInt));
        });
    }

    @Test
    void theDefaultLimiterIsTheLoopsAndCanBeChanged() {
        TestLoop.run(() -> {
            assertThat(Threads.limiter()).isSameAs(Threads.limiter(EventLoop.current()));
            assertThat(Threads.limiter().total()).isEqualTo(40);
            Threads.limiter().setTotal(1);
            var gate = new Gate();
            Future<String> first = Threads.run(gate.value("first"));
            Future<String> second = Threads.run(() -> "second");
            Future<String> third = Threads.run(() -> "third");
            gate.begun().await();
            assertFigures(Threads.limiter(), 1, 1, 2);
            Threads.limiter().setTotal(2);
            assertThat(gather(second, third).await()).containsExactly("second", "third");
            Threads.limiter().setTotal(1);
            gate.open();
            assertThat(first.await()).isEqualTo("first");
            assertFigures(Threads.limiter(), 1, 0, 0);
        });
    }

    @Test
    void aLimiterOfAnotherLoopIsRefused() {
        TestLoop.run(() -> {
            try (var other = EventLoop.builder().name("other").build()) {
                var limiter = new CapacityLimiter(other, 3);
                assertThatThrownBy(() -> Threads.options().limiter(limiter).run(() -> 1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("other");
            }
        });
    }

    @Test
    void theContextAndWhatTheLoopCarriesComeAlong() {
        ContextVar<String> user = ContextVar.of("user");
        EventLoop loop = EventLoop.builder().carry(ContextAccessor.mdc()).build();
        try (var runner = Runner.create(() -> loop)) {
            runner.run(() -> {
                user.set("ada");
                MDC.put("request", "7");
                var one = new CapacityLimiter(1);
                Callable<String> seen = () -> {
                    String s = user.get() + MDC.get("request");
                    user.set("changed"); // seen by nobody else
                    MDC.put("request", "changed");
                    return s;
                };
                for (var options : List.of(
                        Threads.options(),
                        Threads.options().virtual(),
                        Threads.options().limiter(one))) {
                    Future<String> first = options.run(seen);
                    Future<String> second = options.run(seen); // with the last options it waits for a place
                    user.set("bob"); // too late for both
                    MDC.put("request", "8");
                    assertThat(List.of(first.await(), second.await())).containsExactly("ada7", "ada7");
                    user.set("ada");
                    MDC.put("request", "7");
                }
                user.set("gone");
                MDC.clear();
                assertThat(Threads.run(() -> user.get() + MDC.get("request")).await())
                        .isEqualTo("gonenull");
            });
        }
    }

    @Test
    void virtualThreadsAreOnesOfTheJdkThatRunNoLoop() {
        TestLoop.run(() -> {
            List<Object> seen = Threads.options()
                    .virtual()
                    .name("many")
                    .run(() -> List.<Object>of(
                            Thread.currentThread().isVirtual(),
                            Thread.currentThread().getName(),
                            EventLoop.currentOrNull() == null,
                            Threads.isCancelled()))
                    .await();
            assertThat(seen).containsExactly(true, "virtual (many)", true, false);
        });
    }

    @Test
    void timeDoesNotJumpWhileACallRuns() {
        TestLoop.run(() -> {
            var gate = new Gate();
            Task<?> hour = spawn(() -> {
                sleep(Duration.ofHours(1)).await();
                order.add("an hour");
            });
            Future<String> call = Threads.run(gate.value("value"));
            gate.begun().await();
            yieldNow();
            gate.open();
            order.add(call.await());
            hour.await();
            assertThat(order).containsExactly("value", "an hour");
        });
    }

    @Test
    void whoWaitsForAPlaceIsNoWorkOutsideOfTheLoop() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(1);
            var permit = limiter.acquire(this).await(); // a task has the only place
            Future<String> call = Threads.options().limiter(limiter).run(() -> "ran");
            yieldNow();
            assertThat(EventLoop.current().externalWork()).isZero();
            sleep(Duration.ofHours(5)).await(); // so time jumps
            permit.close();
            assertThat(call.await()).isEqualTo("ran");
        });
    }

    @Test
    void manyCallsDoNotMakeManyThreads() {
        TestLoop.run(() -> {
            var calls = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 20_000; i++) {
                int n = i;
                calls.add(Threads.run(() -> n));
            }
            assertThat(gather(calls).await()).hasSize(20_000).isSorted();
            assertThat(Workers.of(EventLoop.current()).alive()).isLessThanOrEqualTo(Threads.DEFAULT_LIMIT);
            assertThat(Threads.limiter().borrowed()).isZero();
        });
    }

    @Test
    void anIdleThreadEndsAfterAWhile() throws InterruptedException {
        var workers = new Workers("short-", Duration.ofMillis(1));
        var ran = new CountDownLatch(1);
        var thread = new Thread[1];
        workers.execute(() -> {
            thread[0] = Thread.currentThread();
            ran.countDown();
        });
        ran.await();
        assertThat(thread[0].join(Duration.ofSeconds(30))).isTrue();
        assertThat(workers.alive()).isZero();
        var again = new CountDownLatch(1);
        workers.execute(again::countDown); // a new one
        again.await();
    }

    @Test
    void outsideOfALoopItSaysWhatIsMissing() {
        assertThatThrownBy(() -> Threads.run(() -> 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no event loop runs");
        assertThatThrownBy(Threads::portal)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Threads.run");
        TestLoop.run(() -> {
            assertThatThrownBy(Threads::checkCancelled)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("runs a loop");
        });
    }

    @Test
    void aCallbackMayCall() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<Future<String>> made = loop.promise();
            loop.callSoon(
                    () -> made.complete(Threads.run(() -> Thread.currentThread().getName())));
            assertThat(made.await().await()).endsWith("(a callback)");
        });
    }

    // --- the way back

    @Test
    void aCallReachesItsLoopWhileItsTaskWaits() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var kept = new ArrayList<Object>();
            int sum = Threads.run(() -> {
                        int total = 0;
                        for (int i = 1; i <= 3; i++) {
                            int n = i;
                            total += Threads.portal().call(() -> {
                                yieldNow();
                                assertThat(EventLoop.current()).isSameAs(loop);
                                order.add("step " + n);
                                return n;
                            });
                        }
                        kept.add(Threads.portal());
                        return total;
                    })
                    .await();
            assertThat(sum).isEqualTo(6);
            assertThat(order).containsExactly("step 1", "step 2", "step 3");
            assertThat(((LoopPortal) kept.getFirst()).isClosed()).isTrue();
        });
    }

    @Test
    void aCancelReachesWhatTheCallDoesOnTheLoop() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> inside = loop.promise();
            Promise<Object> never = loop.promise();
            Task<String> task = spawn(() -> Threads.run(() -> {
                        try {
                            Threads.portal().call(() -> {
                                inside.complete("inside");
                                return never.await();
                            });
                            return "not cancelled";
                        } catch (CancelledException e) {
                            assertThatThrownBy(Threads::portal).isInstanceOf(CancelledException.class);
                            return "ended by " + e.reason();
                        }
                    })
                    .await());
            inside.await();
            task.cancel("enough");
            assertThat(task.await()).isEqualTo("ended by enough");
        });
    }
}

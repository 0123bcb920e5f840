package dev.loop.thread;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static dev.loop.thread.Gate.assertFigures;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.sync.CapacityLimiter;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cancel makes of a blocking call, under each of the policies. */
@Tag("both-engines")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadsCancelTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void whoWaitsForAPlaceNeverRunsAndTheNextOneDoes() {
        TestLoop.run(() -> {
            for (OnCancel policy : OnCancel.values()) {
                var options = Threads.options().limiter(new CapacityLimiter(1)).onCancel(policy);
                var gate = new Gate();
                Future<String> first = options.run(gate.value("first"));
                Future<?> second = options.run(() -> order.add("second"));
                Future<String> third = options.run(() -> "third");
                assertThat(second.cancel("too late")).isTrue();
                assertThatThrownBy(second::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("too late");
                gate.open();
                assertThat(gather(first, third).await()).containsExactly("first", "third");
            }
            assertThat(order).isEmpty();
        });
    }

    // --- WAIT

    @Test
    void underWaitTheCancelIsHeldAndTheValueKept() {
        TestLoop.run(() -> {
            for (boolean queued : new boolean[] {false, true}) {
                var limiter = new CapacityLimiter(1);
                var permit = queued ? limiter.tryAcquire(order) : null;
                var gate = new Gate();
                Task<String> task = spawn(() -> {
                    order.add(Threads.options()
                            .limiter(limiter)
                            .run(gate.value("value"))
                            .await());
                    yieldNow(); // here the cancel arrives
                    return "not cancelled";
                });
                yieldNow();
                if (permit != null) {
                    permit.close();
                }
                gate.begun().await();
                task.cancel("enough");
                for (int i = 0; i < 5; i++) {
                    yieldNow();
                }
                assertThat(task.isDone()).isFalse();
                gate.open();
                assertThatThrownBy(task::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("enough");
                assertThat(limiter.borrowed()).isZero();
            }
            assertThat(order).containsExactly("value", "value");
        });
    }

    @Test
    void aTimeOutOfAHeldCallTakesLongerAndKeepsTheValue() {
        TestLoop.run(() -> {
            var gate = new Gate();
            Future<String> call = Threads.run(gate.value("value"));
            gate.begun().await();
            Future<String> wait = waitFor(call, Duration.ZERO);
            yieldNow();
            assertThat(wait.isDone()).isFalse();
            gate.open();
            assertThat(wait.await()).isEqualTo("value");
        });
    }

    @Test
    void aCallThatLooksEndsAsCancelled() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> begun = loop.promise();
            Future<String> call = Threads.run(() -> {
                begun.completeThreadsafe("begun");
                while (true) {
                    Threads.checkCancelled();
                    LockSupport.parkNanos(100_000);
                }
            });
            begun.await();
            assertThat(call.cancel("enough")).as("refused for now").isFalse();
            assertThatThrownBy(call::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("enough");
        });
    }

    // --- ABANDON

    @Test
    void underAbandonTheWaitEndsAtOnceAndThePlaceStaysTaken() {
        TestLoop.run(() -> {
            var limiter = new CapacityLimiter(1);
            var options = Threads.options().limiter(limiter).onCancel(OnCancel.ABANDON);
            var gate = new Gate();
            Task<?> task = spawn(() -> options.run(gate.value("dropped")).await());
            gate.begun().await();
            task.cancel("enough");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("enough");
            assertThat(limiter.borrowed()).isEqualTo(1);
            assertThat(EventLoop.current().externalWork()).isEqualTo(1);
            Future<String> next = options.run(() -> "next");
            assertThat(limiter.statistics().waiting()).isEqualTo(1);
            gate.open();
            assertThat(next.await()).isEqualTo("next");
            assertThat(limiter.borrowed()).isZero();
        });
    }

    @Test
    void theLaterFailureOfAnAbandonedCallIsReportedAndItsCancelIsNot() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var options = Threads.options().onCancel(OnCancel.ABANDON).name("look-up");
                var gate = new Gate();
                Future<?> call = options.run(gate.then(() -> {
                    throw new IOException("no such host");
                }));
                var ended = new Gate();
                Future<?> obedient = options.run(ended.then(() -> {
                    Threads.checkCancelled();
                    return "not reached";
                }));
                gate.begun().await();
                ended.begun().await();
                call.cancel();
                obedient.cancel();
                assertThat(call.isCancelled() && obedient.isCancelled()).isTrue();
                gate.open();
                ended.open();
                while (Threads.limiter().borrowed() > 0) {
                    Threads.run(() -> {}).await(); // a way to wait for threads
                }
                yieldNow();
            });
            assertThat(test.reports()).singleElement().satisfies(report -> {
                assertThat(report.message()).contains("abandoned").contains("look-up");
                assertThat(report.exception()).isInstanceOf(IOException.class);
            });
            test.reports().clear();
        }
    }

    @Test
    void theLoopsCloseDoesNotWaitForAnAbandonedCall() throws InterruptedException {
        var open = new CountDownLatch(1);
        var worker = new Thread[1];
        EventLoop.run(() -> {
            var begun = EventLoop.current().<String>promise();
            spawn(() -> Threads.options()
                    .onCancel(OnCancel.ABANDON)
                    .run(() -> {
                        worker[0] = Thread.currentThread();
                        begun.completeThreadsafe("begun");
                        open.await();
                    })
                    .await());
            begun.await();
        });
        assertThat(worker[0].isAlive()).isTrue();
        open.countDown();
        assertThat(worker[0].join(Duration.ofSeconds(20)))
                .as("it ends with its call")
                .isTrue();
    }

    // --- INTERRUPT

    @Test
    void underInterruptTheCallIsInterruptedAndEndsAsCancelled() {
        TestLoop.run(() -> {
            for (var kind : List.of(Threads.options(), Threads.options().virtual())) {
                var gate = new Gate(); // never opened
                Task<?> task = spawn(() -> kind.onCancel(OnCancel.INTERRUPT)
                        .run(gate.value("value"))
                        .await());
                gate.begun().await();
                task.cancel("enough");
                assertThatThrownBy(task::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("enough");
            }
        });
    }

    @Test
    void theCancelArrivesOnceAndCleaningUpMayWait() {
        TestLoop.run(() -> {
            for (boolean queued : new boolean[] {false, true}) {
                var limiter = new CapacityLimiter(1);
                var place = queued ? limiter.tryAcquire(order) : null;
                var gate = new Gate(); // never opened
                Task<String> task = spawn(() -> {
                    try {
                        return Threads.options()
                                .limiter(limiter)
                                .onCancel(OnCancel.INTERRUPT)
                                .run(gate.value("value"))
                                .await();
                    } catch (CancelledException e) {
                        return Threads.run(() -> "cleaned up").await();
                    }
                });
                yieldNow();
                if (place != null) {
                    place.close();
                }
                gate.begun().await();
                task.cancel();
                assertThat(task.await()).isEqualTo("cleaned up");
            }
        });
    }

    @Test
    void anInterruptThatTheCallDoesNotAnswerIsHeld() {
        TestLoop.run(() -> {
            var gate = new Gate();
            Future<String> call = Threads.options().onCancel(OnCancel.INTERRUPT).run(gate.stubborn("value"));
            gate.begun().await();
            call.cancel();
            yieldNow();
            assertThat(call.isDone()).isFalse();
            gate.open();
            assertThat(call.await()).isEqualTo("value");
        });
    }

    @Test
    void anInterruptNeverReachesTheNextCall() {
        TestLoop.run(() -> {
            var options = Threads.options().limiter(new CapacityLimiter(1)).onCancel(OnCancel.INTERRUPT);
            for (int i = 0; i < 300; i++) {
                Future<Integer> first = options.run(() -> 1); // ends about when it is interrupted
                Future<Boolean> second = options.run(() -> {
                    Thread.onSpinWait();
                    return Thread.currentThread().isInterrupted();
                });
                if (ThreadLocalRandom.current().nextBoolean()) {
                    yieldNow();
                }
                first.cancel();
                assertThat(second.await()).isFalse();
                assertThat(options.run(Thread.currentThread()::isInterrupted).await())
                        .isFalse();
            }
            // nor does one that the call has made itself
            options.run(() -> Thread.currentThread().interrupt()).await();
            assertThat(options.run(() -> Thread.currentThread().isInterrupted()).await())
                    .isFalse();
        });
    }

    // --- all of it

    /** Random calls and cancels: no place is lost, never more run than the limit, and every call ends in a way its policy knows. */
    @Test
    @Tag("scaled")
    void chaos() {
        int rounds = Boolean.getBoolean("loop.stress") ? 300 : 20;
        for (int seed = 0; seed < rounds; seed++) {
            var random = new Random(seed);
            TestLoop.run(() -> new Chaos(random).run());
        }
    }

    private static final class Chaos {
        private final Random random;
        private final int total;
        private final CapacityLimiter limiter;
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private final AtomicInteger leaked = new AtomicInteger();

        Chaos(Random random) {
            this.random = random;
            total = 1 + random.nextInt(4);
            limiter = new CapacityLimiter(total);
        }

        void run() {
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 60; i++) {
                OnCancel policy = OnCancel.values()[random.nextInt(3)];
                int kind = random.nextInt(4);
                boolean virtual = random.nextInt(5) == 0;
                tasks.add(spawn(() -> one(policy, kind, virtual)));
                for (int c = random.nextInt(3); c > 0; c--) {
                    tasks.get(random.nextInt(tasks.size())).cancel("chaos");
                }
                if (random.nextInt(3) == 0) {
                    yieldNow();
                }
            }
            for (int c = 0; c < 30; c++) {
                tasks.get(random.nextInt(tasks.size())).cancel("chaos");
                yieldNow();
            }
            tasks.forEach(task -> task.join().await());
            while (limiter.borrowed() > 0) {
                Threads.run(() -> {}).await(); // abandoned calls end by themselves
            }
            assertFigures(limiter, total, 0, 0);
            assertThat(most.get()).isLessThanOrEqualTo(total);
            assertThat(running.get()).isZero();
            assertThat(leaked.get()).as("interrupts of others").isZero();
            assertThat(EventLoop.current().externalWork()).isZero();
        }

        private void one(OnCancel policy, int kind, boolean virtual) {
            var options = Threads.options().limiter(limiter).onCancel(policy);
            int value = (virtual ? options.virtual() : options)
                    .run(() -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        try {
                            return work(policy, kind);
                        } finally {
                            running.decrementAndGet();
                        }
                    })
                    .await();
            assertThat(value).isEqualTo(kind);
        }

        private int work(OnCancel policy, int kind) throws InterruptedException {
            if (Thread.currentThread().isInterrupted() && policy != OnCancel.INTERRUPT) {
                leaked.incrementAndGet();
            }
            switch (kind) {
                case 0 -> Thread.yield();
                case 1 -> Thread.sleep(0, 50_000);
                case 2 -> {
                    for (int i = 0; i < 10; i++) {
                        LockSupport.parkNanos(5_000);
                        Threads.checkCancelled();
                    }
                }
                default -> Threads.portal().call(() -> yieldNow());
            }
            return kind;
        }
    }
}

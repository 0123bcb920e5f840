package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.gatherResults;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.reactor.Monos;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits that let go of a lock and take it again. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConditionTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    void theHeldOfTheCallerIsTheSameAndValidAfterTheWait() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var condition = new Condition(lock);
            try (var held = lock.acquire().await()) {
                spawn("signaller", () -> {
                    try (var _ = lock.acquire().await()) {
                        assertThat(lock.holders()).containsExactly(currentTask());
                        sleep(SECOND).await();
                        condition.signal();
                    }
                });
                condition.whenSignalled().await();
                assertThat(lock.holder()).isSameAs(held);
                assertThat(lock.holders()).containsExactly(currentTask());
                assertThat(lock.statistics().held().since()).isEqualTo(SECOND.toNanos());
            }
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void itWorksWithinEveryCombinator() {
        TestLoop.run(() -> {
            var condition = new Condition();
            EventLoop.current().callLater(SECOND, () -> signal(condition));
            try (var _ = condition.acquire().await()) {
                Future<@Nullable Void> wait = condition.whenSignalled();
                gather(shield(waitFor(wait, SECOND.multipliedBy(2))), sleep(Duration.ZERO))
                        .await();
                assertThat(condition.lock().isLocked()).isTrue();
            }
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    private static void signal(Condition condition) {
        try (var _ = condition.lock().tryAcquire()) {
            condition.signal();
        }
    }

    @Test
    void aLimitOfTheFutureTakesTheLockBeforeItIsOver() {
        TestLoop.run(() -> {
            var condition = new Condition();
            try (var _ = condition.acquire().await()) {
                Task<?> other = spawn(() -> {
                    try (var _ = condition.acquire().await()) {
                        sleep(SECOND.multipliedBy(3)).await();
                    }
                });
                yieldNow();
                assertThatThrownBy(
                                () -> waitFor(condition.whenSignalled(), SECOND).await())
                        .isInstanceOf(TimeoutException.class);
                assertThat(EventLoop.current().time())
                        .isEqualTo(Duration.ofSeconds(3).toNanos());
                assertThat(condition.lock().isLocked()).isTrue();
                other.await();
            }
        });
    }

    @Test
    void aCancelledCombinatorEndsWhenTheLockIsHeldAgain() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var held = condition.acquire().await();
            var results = gatherResults(condition.whenSignalled());
            var other = condition.lock().tryAcquire();
            assertThat(other).isNotNull();
            assertThat(results.cancel("all of it")).isTrue();
            yieldNow();
            assertThat(results.isDone()).isFalse();
            other.close();
            assertThatThrownBy(results::await).isInstanceOf(CancelledException.class);
            assertThat(condition.lock().holder()).isSameAs(held);
            held.close();
        });
    }

    @Test
    void asAMonoItsCancelPassesTheSignalOn() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var held = condition.acquire().await();
            var subscription = Monos.from(() -> condition.whenSignalled()).subscribe();
            yieldNow();
            yieldNow();
            Task<?> other = spawn(() -> {
                try (var _ = condition.acquire().await()) {
                    condition.whenSignalled().await();
                    order.add("other");
                }
            });
            yieldNow();
            assertThat(condition.statistics().waiting()).isEqualTo(2);
            try (var _ = condition.acquire().await()) {
                condition.signal();
                subscription.dispose();
                yieldNow();
            }
            yieldNow();
            assertThat(condition.lock().holder()).isSameAs(held);
            held.close();
            other.await();
            assertThat(order).containsExactly("other");
        });
    }

    @Test
    void closingTheHeldEndsTheWaitAndTakesNothing() {
        TestLoop.run(() -> {
            for (boolean signalled : new boolean[] {false, true}) {
                order.clear();
                var condition = new Condition();
                var held = condition.acquire().await();
                Future<?> wait = condition.whenSignalled();
                Task<?> next = spawn(() -> {
                    try (var _ = condition.acquire().await()) {
                        condition.whenSignalled().await();
                        order.add("next");
                    }
                });
                yieldNow();
                var other = condition.lock().tryAcquire();
                assertThat(other).isNotNull();
                if (signalled) {
                    condition.signal();
                }
                held.close();
                assertThat(wait.isCancelled()).isTrue();
                assertThat(condition.lock().holder()).isSameAs(other);
                other.close();
                yieldNow();
                yieldNow();
                assertThat(order.isEmpty()).as("the signal goes on").isNotEqualTo(signalled);
                next.cancel();
                next.join().await();
                assertThat(condition.statistics()).isEqualTo(new Condition.Statistics(0, new Lock.Statistics(null, 0)));
            }
        });
    }

    @Test
    void aFailingPredicateLeavesTheLockWithTheCaller() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var asked = new int[1];
            Task<?> task = spawn("waits", () -> {
                try (var held = condition.acquire().await()) {
                    assertThatThrownBy(() -> condition.until(() -> {
                                assertThat(currentTask().name()).isEqualTo("waits");
                                if (++asked[0] == 2) {
                                    throw new IllegalArgumentException("boom");
                                }
                                return false;
                            }))
                            .hasMessage("boom");
                    assertThat(condition.lock().holder()).isSameAs(held);
                }
            });
            yieldNow();
            signal(condition);
            task.await();
            assertThat(asked[0]).isEqualTo(2);
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    @Test
    void anInterruptOfTheWaitIsACancelThatTakesTheLockFirst() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var threads = new ArrayList<Thread>();
            Task<?> task = spawn(() -> {
                threads.add(Thread.currentThread());
                try (var held = condition.acquire().await()) {
                    try {
                        condition.whenSignalled().await();
                    } finally {
                        assertThat(condition.lock().holder()).isSameAs(held);
                    }
                }
            });
            yieldNow();
            var other = condition.acquire().await();
            threads.getFirst().interrupt();
            sleep(SECOND).await();
            assertThat(task.isDone()).isFalse();
            other.close();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    @Test
    void atTheLoopsCloseEveryWaitHoldsTheLockWhenItEnds() {
        var ended = new ArrayList<Integer>();
        var inside = new int[1];
        try (EventLoop loop = EventLoop.create()) {
            var condition = new Condition(new Lock(loop));
            for (int i = 0; i < 5; i++) {
                int number = i;
                loop.spawn(() -> {
                    try (var _ = condition.acquire().await()) {
                        try {
                            condition.whenSignalled().await();
                        } finally {
                            assertThat(++inside[0]).isOne();
                            inside[0]--;
                            ended.add(number);
                        }
                    }
                });
            }
            loop.runUntilComplete(loop.sleep(Duration.ofMillis(1)));
            assertThat(condition.statistics().waiting()).isEqualTo(5);
        }
        assertThat(ended).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void signalAllWakesAHundredThousand() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var futures = new ArrayList<Future<?>>();
            var helds = new ArrayList<Lock.Held>();
            for (int i = 0; i < 100_000; i++) {
                Lock.Held held = condition.acquire().await();
                helds.add(held);
                futures.add(condition.whenSignalled());
            }
            try (var _ = condition.acquire().await()) {
                condition.signalAll();
            }
            for (int i = 0; i < futures.size(); i++) {
                assertThat(futures.get(i).isDone()).isTrue();
                helds.get(i).close();
            }
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            var condition = new Condition();
            assertThat(condition).hasToString("Condition[0 waiting, lock free on test-loop]");
            var held = condition.acquire().await();
            assertThat(condition).hasToString("Condition[0 waiting, lock held by main, 0 waiting on test-loop]");
            assertThat(condition.holders()).isEmpty();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> condition.signal(-1))
                    .withMessageContaining("signal(-1)");
            held.close();
        });
    }

    @Test
    void whatAWaiterWaitsForChangesWithTheSignal() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var held = condition.acquire().await();
            Future<?> wait = condition.whenSignalled();
            assertThat(wait.resource()).isSameAs(condition);
            var other = condition.acquire().await();
            condition.signal();
            assertThat(wait.resource()).isSameAs(condition.lock());
            other.close();
            assertThat(wait.resource()).isNull();
            held.close();
        });
    }

    @Test
    void inACallbackUntilIsRefusedBeforeTheLockIsLetGo() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var errors = new ArrayList<Throwable>();
            try (var _ = condition.acquire().await()) {
                EventLoop.current().callSoon(() -> {
                    try {
                        condition.until(() -> false);
                    } catch (IllegalStateException e) {
                        errors.add(e);
                    }
                });
                yieldNow();
                assertThat(errors)
                        .singleElement()
                        .satisfies(error -> assertThat(error).hasMessageContaining("which only a task can"));
                assertThat(condition.lock().isLocked()).isTrue();
                assertThat(condition.statistics().waiting()).isZero();
            }
        });
    }
}

package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A lock that a task owns. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReentrantLockTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    void theOwnerMayAcquireItAgainAndOthersWaitUntilItHasReleasedAll() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            Task<?> other;
            try (var _ = lock.acquire().await()) {
                other = spawn("other", () -> {
                    try (var _ = lock.acquire().await()) {
                        order.add("other");
                    }
                });
                yieldNow();
                try (var _ = lock.acquire().await()) {
                    assertThat(lock.holdCount()).isEqualTo(2);
                    assertThat(lock).hasToString("ReentrantLock[held 2 times by main, 1 waiting on test-loop]");
                }
                yieldNow();
                assertThat(order).isEmpty();
                assertThat(lock.isHeldByCurrentTask()).isTrue();
                assertThat(lock.owner()).isSameAs(currentTask());
                var again = lock.tryAcquire();
                assertThat(again).isNotNull();
                again.close();
                again.close();
                assertThat(lock.holdCount()).isOne();
            }
            other.await();
            assertThat(lock.statistics()).isEqualTo(new ReentrantLock.Statistics(null, 0, 0));
        });
    }

    @Test
    void anotherTaskCannotReleaseItAndTheErrorNamesBoth() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            try (var held = lock.acquire().await()) {
                assertThatThrownBy(() -> spawn("thief", held::close).await())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("owned by the task main, and the task thief cannot release it");
                var failures = new ArrayList<Throwable>();
                EventLoop.current().callSoon(() -> {
                    try {
                        held.close();
                    } catch (IllegalStateException e) {
                        failures.add(e);
                    }
                });
                yieldNow();
                assertThat(failures.getFirst()).hasMessageContaining("code outside of a task cannot release it");
                assertThat(lock.isHeldByCurrentTask()).isTrue();
            }
            assertThat(lock.owner()).isNull();
        });
    }

    @Test
    void outsideOfATaskItIsOfNoUse() {
        try (EventLoop loop = EventLoop.create()) {
            var lock = new ReentrantLock(loop);
            assertThatIllegalStateException()
                    .isThrownBy(lock::tryAcquire)
                    .withMessageContaining("spawn one, or use a Lock");
            assertThat(lock.isHeldByCurrentTask()).isFalse();
        }
    }

    @Test
    void aTaskThatEndsAndHoldsItIsReportedAndTheNextGetsIt() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var lock = new ReentrantLock();
                spawn("careless", () -> {
                    var _ = lock.acquire().await();
                    var _ = lock.acquire().await();
                    sleep(SECOND).await();
                });
                yieldNow();
                Task<?> next = spawn("next", () -> {
                    try (var _ = lock.acquire().await()) {
                        order.add("next");
                    }
                });
                next.await();
                assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
                assertThat(lock.owner()).isNull();
            });
            assertThat(test.reports()).singleElement().satisfies(report -> {
                assertThat(report.message())
                        .contains("the task careless has ended and still holds ReentrantLock[held 2");
                assertThat(report.future()).hasToString("Task[careless, done]");
            });
            test.reports().clear();
        }
    }

    @Test
    void whereNobodyWaitsThatIsFoundByWhoComesNext() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var lock = new ReentrantLock();
                var left = new ArrayList<ReentrantLock.Held>();
                spawn("careless", () -> left.add(lock.acquire().await())).await();
                try (var held = lock.tryAcquire()) {
                    assertThat(held).isNotNull();
                    left.getFirst().close(); // too late, and of no effect
                    assertThat(lock.isHeldByCurrentTask()).isTrue();
                }
                yieldNow();
            });
            assertThat(test.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.message()).contains("careless"));
            test.reports().clear();
        }
    }

    @Test
    void aTaskThatEndsWhileItWaitsGetsItAndIsReported() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var lock = new ReentrantLock();
                var held = lock.acquire().await();
                spawn("gone", () -> {
                            var _ = lock.acquire(); // nobody awaits it
                        })
                        .await();
                Task<?> next = spawn("next", () -> lock.acquire().await().close());
                yieldNow();
                held.close();
                next.await();
            });
            assertThat(test.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.message()).contains("gone"));
            test.reports().clear();
        }
    }

    @Test
    void cancelsGiveBackWhatNobodyHasRead() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            Future<ReentrantLock.Held> unread = lock.acquire();
            assertThat(unread.cancel()).isTrue();
            assertThat(lock.owner()).isNull();
            var held = lock.acquire().await();
            Task<?> waits = spawn(() -> lock.acquire().await());
            yieldNow();
            waits.cancel();
            assertThatThrownBy(waits::await).isInstanceOf(CancelledException.class);
            held.close();
            assertThat(lock.statistics().waiting()).isZero();
        });
    }

    @Test
    void manyHandOversLeaveNothingOnATaskThatLives() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            var tasks = new ArrayList<Task<?>>();
            for (int t = 0; t < 3; t++) {
                tasks.add(spawn(() -> {
                    for (int i = 0; i < 1_000; i++) {
                        try (var _ = lock.acquire().await()) {
                            yieldNow();
                        }
                    }
                }));
            }
            dev.loop.Async.gather(tasks).await();
            assertThat(lock.statistics()).isEqualTo(new ReentrantLock.Statistics(null, 0, 0));
        });
    }

    @Test
    void whoHasAskedTwiceBeforeItWasTheOwnerDoesNotWaitForItself() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            Task<?> twice;
            try (var _ = lock.acquire().await()) {
                twice = spawn("twice", () -> {
                    List<ReentrantLock.Held> both =
                            gather(lock.acquire(), lock.acquire()).await();
                    assertThat(lock.holdCount()).isEqualTo(2);
                    both.forEach(ReentrantLock.Held::close);
                });
                spawn("behind", () -> {
                    try (var _ = lock.acquire().await()) {
                        order.add("behind");
                    }
                });
                yieldNow();
            }
            assertThat(lock.holdCount()).isEqualTo(2);
            assertThat(lock.statistics().waiting()).isEqualTo(1);
            twice.await();
            yieldNow();
            assertThat(order).containsExactly("behind");
        });
    }
}

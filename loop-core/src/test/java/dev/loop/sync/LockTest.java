package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mutual exclusion over waits. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private Task<?> holder(Lock lock, String name, Duration time) {
        return spawn(name, () -> {
            try (var _ = lock.acquire().await()) {
                order.add(name + " in");
                sleep(time).await();
                order.add(name + " out");
            }
        });
    }

    // --- the plain case

    @Test
    void oneAtATimeInTheOrderInWhichTheyCame() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var tasks = new ArrayList<Task<?>>();
            for (String name : List.of("a", "b", "c")) {
                tasks.add(holder(lock, name, SECOND));
            }
            Async.gather(tasks).await();
            assertThat(order).containsExactly("a in", "a out", "b in", "b out", "c in", "c out");
            assertThat(EventLoop.current().time()).isEqualTo(3 * SECOND.toNanos());
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void aFreeLockIsTakenWithoutGivingWay() {
        TestLoop.run(() -> {
            var lock = new Lock();
            EventLoop.current().callSoon(() -> order.add("other"));
            try (var _ = lock.acquire().await()) {
                assertThat(lock.isLocked()).isTrue();
                assertThat(order).isEmpty();
            }
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void tryAcquireTakesOnlyAFreeLock() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held held = lock.tryAcquire();
            assertThat(held).isNotNull();
            assertThat(lock.tryAcquire()).isNull();
            held.close();
            try (var again = lock.tryAcquire()) {
                assertThat(again).isNotNull();
            }
        });
    }

    @Test
    void closingTwiceReleasesOnce() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held first = lock.acquire().await();
            first.close();
            Lock.Held second = lock.acquire().await();
            first.close();
            assertThat(lock.isLocked()).isTrue();
            second.close();
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void itIsNotReentrantAndHasNoOwner() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held held = lock.acquire().await();
            assertThatThrownBy(() -> timeout(SECOND, () -> lock.acquire().await()))
                    .isInstanceOf(TimeoutException.class);
            spawn(held::close).await(); // another task may release it
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void aFailureInsideReleasesIt() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Task<?> task = spawn(() -> {
                try (var _ = lock.acquire().await()) {
                    throw new IllegalArgumentException("boom");
                }
            });
            assertThatThrownBy(task::await).hasMessage("boom");
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            var lock = new Lock();
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
            assertThat(lock).hasToString("Lock[free on test-loop]");
            try (var _ = lock.acquire().await()) {
                Future<Lock.Held> waiting = lock.acquire();
                assertThat(lock.statistics())
                        .isEqualTo(new Lock.Statistics(new Resource.Hold(currentTask(), 0, List.of()), 1));
                assertThat(lock).hasToString("Lock[held by main, 1 waiting on test-loop]");
                waiting.cancel();
            }
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
        });
    }

    @Test
    void outsideOfALoopItNeedsOne() {
        assertThatIllegalStateException().isThrownBy(Lock::new).withMessageContaining("no event loop");
        try (EventLoop loop = EventLoop.create()) {
            var lock = new Lock(loop);
            assertThat(lock.tryAcquire()).isNotNull();
        }
    }

    // --- fairness

    @Test
    void nobodyOvertakesATaskThatWaits() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held held = lock.acquire().await();
            Task<?> waiting = holder(lock, "waiting", Duration.ZERO);
            yieldNow();
            held.close();
            // it is the waiting task's already, though that has not run yet
            assertThat(lock.isLocked()).isTrue();
            assertThat(lock.tryAcquire()).isNull();
            try (var _ = lock.acquire().await()) {
                assertThat(order).containsExactly("waiting in", "waiting out");
            }
            waiting.await();
        });
    }

    // --- cancels

    @Test
    void aWaitThatIsCancelledLeavesTheQueue() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held held = lock.acquire().await();
            Task<?> one = holder(lock, "one", Duration.ZERO);
            Task<?> two = holder(lock, "two", Duration.ZERO);
            yieldNow();
            one.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
            held.close();
            two.await();
            assertThat(order).containsExactly("two in", "two out");
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void aTaskCancelledRightAfterItWasHandedTheLockPassesItOn() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Lock.Held held = lock.acquire().await();
            Task<?> one = holder(lock, "one", SECOND);
            Task<?> two = holder(lock, "two", Duration.ZERO);
            yieldNow();
            held.close();
            one.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
            two.await();
            assertThat(order).containsExactly("one in", "two in", "two out");
            assertThat(EventLoop.current().time()).isZero();
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void aReleaseAndACancelInTheSameTurnWakeExactlyOne() {
        TestLoop.run(() -> {
            for (boolean releaseFirst : new boolean[] {true, false}) {
                order.clear();
                var lock = new Lock();
                Lock.Held held = lock.acquire().await();
                Future<Lock.Held> one = lock.acquire();
                Future<Lock.Held> two = lock.acquire();
                if (releaseFirst) {
                    held.close();
                    assertThat(one.cancel()).isTrue();
                } else {
                    assertThat(one.cancel()).isTrue();
                    held.close();
                }
                assertThat(two.isDone()).isTrue();
                two.await().close();
                assertThat(lock.isLocked()).isFalse();
            }
        });
    }

    @Test
    void anUnreadLockIsGivenBackByACancelAndAReadOneIsNot() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Future<Lock.Held> unread = lock.acquire();
            assertThat(unread.cancel()).isTrue();
            assertThat(lock.isLocked()).isFalse();
            Future<Lock.Held> read = lock.acquire();
            Lock.Held held = read.await();
            assertThat(read.cancel()).isFalse();
            assertThat(lock.isLocked()).isTrue();
            held.close();
        });
    }

    @Test
    void aLimitAtTheInstantOfTheReleaseLosesNoLock() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Task<?> holder = holder(lock, "holder", SECOND);
            yieldNow();
            Task<?> late = spawn(() -> timeout(SECOND, () -> {
                try (var _ = lock.acquire().await()) {
                    sleep(Duration.ofHours(1)).await();
                }
            }));
            assertThatThrownBy(late::await).isInstanceOf(TimeoutException.class);
            holder.await();
            assertThat(lock.isLocked()).isFalse();
        });
    }
}

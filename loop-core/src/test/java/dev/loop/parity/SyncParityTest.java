package dev.loop.parity;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.sync.Barrier;
import dev.loop.sync.BoundedSemaphore;
import dev.loop.sync.BrokenBarrierException;
import dev.loop.sync.Condition;
import dev.loop.sync.Event;
import dev.loop.sync.Lock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's locks: behaviours 68 to 74. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SyncParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertCancelled(Future<?> future, String reason) {
        assertThatThrownBy(future::await)
                .isInstanceOfSatisfying(
                        CancelledException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    /** A task that takes the lock for some time. */
    private Task<?> holder(Lock lock, String name, Duration time) {
        return spawn(name, () -> {
            try (var _ = lock.acquire().await()) {
                order.add(name);
                sleep(time).await();
            }
        });
    }

    /** A task that waits for the condition once; it says when it is in the wait's end, and holds the lock for no time then. */
    private Task<?> waiter(Condition condition, String name) {
        return spawn(name, () -> {
            try (var _ = condition.acquire().await()) {
                try {
                    condition.whenSignalled().await();
                    order.add(name);
                } finally {
                    assertThat(condition.lock().isLocked()).isTrue();
                }
            }
        });
    }

    private static void signal(Condition condition, int count) {
        try (var _ = condition.acquire().await()) {
            condition.signal(count);
        }
    }

    // --- 68

    @Test
    void aLockIsFifo_68() {
        TestLoop.run(() -> {
            var lock = new Lock();
            gather(holder(lock, "a", SECOND), holder(lock, "b", SECOND), holder(lock, "c", SECOND))
                    .await();
            assertThat(order).containsExactly("a", "b", "c");
            assertNow(Duration.ofSeconds(3));
        });
    }

    @Test
    void aTaskCannotBargePastALiveWaiter_68() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            Task<?> waiting = holder(lock, "waiting", SECOND);
            yieldNow();
            held.close();
            Task<?> barging = holder(lock, "barging", SECOND);
            gather(waiting, barging).await();
            assertThat(order).containsExactly("waiting", "barging");
        });
    }

    @Test
    void whereEveryWaiterIsCancelledTheNextGetsTheLockAtOnce_68() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            Task<?> one = holder(lock, "one", SECOND);
            yieldNow();
            one.cancel();
            held.close();
            assertThat(lock.acquire().isDone()).isTrue();
        });
    }

    // --- 69

    @Test
    void cancellingAWaiterThatHasJustBeenHandedTheLockPassesItOn_69() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            Task<?> one = holder(lock, "one", SECOND);
            Task<?> two = holder(lock, "two", Duration.ZERO);
            yieldNow();
            held.close();
            one.cancel("foo"); // it has the lock, and meets the cancel at its next wait
            assertCancelled(one, "foo");
            two.await();
            assertThat(order).containsExactly("one", "two");
            assertNow(Duration.ZERO);
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void aGrantThatNobodyReadsGoesToTheNext_69() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            Future<Lock.Held> one = lock.acquire();
            Future<Lock.Held> two = lock.acquire();
            held.close();
            assertThat(one.isDone()).isTrue();
            assertThat(one.cancel()).isTrue();
            assertThat(two.isDone()).isTrue();
        });
    }

    @Test
    void releaseAndCancelInOneTurnWakeExactlyOne_69() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            var tasks = List.of(holder(lock, "1", SECOND), holder(lock, "2", SECOND), holder(lock, "3", SECOND));
            yieldNow();
            EventLoop.current().callSoon(() -> {
                tasks.getFirst().cancel();
                held.close();
            });
            assertThatThrownBy(tasks.getFirst()::await).isInstanceOf(CancelledException.class);
            yieldNow();
            assertThat(order).containsExactly("2");
            assertThat(lock.statistics().waiting()).isOne();
            tasks.get(2).cancel();
            tasks.get(1).await();
            assertThat(order).containsExactly("2");
        });
    }

    @Test
    void releasingALockThatIsNotHeldCannotBeSaid_69() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var held = lock.acquire().await();
            held.close();
            held.close(); // only who has a Held can release, and the second time it is nothing
            assertThat(lock.isLocked()).isFalse();
        });
    }

    // --- 70

    @Test
    void whoWaitsForAnEventGoesOnEvenIfItIsClearedBeforeThat_70() {
        TestLoop.run(() -> {
            var event = new Event();
            Task<?> one = spawn(() -> event.whenSet().await());
            Task<?> two = spawn(() -> event.whenSet().await());
            yieldNow();
            event.set();
            event.clear();
            gather(one, two).await();
            assertThat(event.isSet()).isFalse();
            assertThat(event.whenSet().isDone()).isFalse();
        });
    }

    @Test
    void settingTwiceIsSettingOnceAndASetEventLetsEverybodyThrough_70() {
        TestLoop.run(() -> {
            var event = new Event();
            Task<?> one = spawn(() -> event.whenSet().await());
            yieldNow();
            event.set();
            event.set();
            one.await();
            assertThat(event.whenSet()).isSameAs(EventLoop.current().done());
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aCancelledWaitLeavesTheEventAlone_70() {
        TestLoop.run(() -> {
            var event = new Event();
            Task<?> one = spawn(() -> event.whenSet().await());
            yieldNow();
            one.cancel("enough");
            assertCancelled(one, "enough");
            assertThat(event.statistics()).isEqualTo(new Event.Statistics(false, 0));
        });
    }

    // --- 71

    @Test
    void aCancelledWaitForAConditionHoldsTheLockAgainFirst_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            Task<?> waiter = waiter(condition, "waiter"); // asserts that it holds the lock
            yieldNow();
            var held = condition.acquire().await();
            waiter.cancel("foo");
            sleep(SECOND).await();
            assertThat(waiter.isDone()).isFalse();
            held.close();
            assertCancelled(waiter, "foo");
            assertNow(SECOND);
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    @Test
    void severalCancelsWhileItTakesTheLockAgainAreOneAndTheLastReasonCounts_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            Task<?> waiter = waiter(condition, "waiter");
            yieldNow();
            var held = condition.acquire().await();
            for (String reason : List.of("first", "second", "last")) {
                assertThat(waiter.cancel(reason)).isTrue();
                yieldNow();
                assertThat(waiter.isDone()).isFalse();
            }
            held.close();
            assertCancelled(waiter, "last");
            assertThat(waiter.cancelling()).isEqualTo(3);
        });
    }

    @Test
    void aCancelThatComesAfterTheSignalIsRaisedWithTheLockHeld_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            Task<?> waiter = waiter(condition, "waiter");
            yieldNow();
            var held = condition.acquire().await();
            condition.signal();
            yieldNow();
            waiter.cancel("foo");
            held.close();
            assertCancelled(waiter, "foo");
            assertThat(order).isEmpty();
        });
    }

    @Test
    void aTimeoutAroundTheWaitEndsWithTheLockHeld_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            try (var held = condition.acquire().await()) {
                assertThatThrownBy(() -> timeout(SECOND, () -> condition.until(() -> false)))
                        .isInstanceOf(TimeoutException.class);
                assertThat(condition.lock().isLocked()).isTrue();
                assertThat(held).isNotNull();
            }
            assertThat(condition.lock().isLocked()).isFalse();
        });
    }

    @Test
    void waitAndSignalNeedTheLock_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            assertThatIllegalStateException()
                    .isThrownBy(() -> condition.whenSignalled().await())
                    .withMessageContaining("acquire it first");
            assertThatIllegalStateException().isThrownBy(condition::signal);
            assertThatIllegalStateException().isThrownBy(condition::signalAll);
            condition.until(() -> true); // no wait, no need
            assertThatIllegalStateException().isThrownBy(() -> condition.until(() -> false));
        });
    }

    @Test
    void signalsWakeInOrderAndEachHasTheLockForItself_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var tasks = List.of(
                    waiter(condition, "1"), waiter(condition, "2"), waiter(condition, "3"), waiter(condition, "4"));
            yieldNow();
            signal(condition, 1);
            yieldNow();
            assertThat(order).containsExactly("1");
            signal(condition, 2);
            yieldNow();
            yieldNow();
            assertThat(order).containsExactly("1", "2", "3");
            signal(condition, 2048);
            gather(tasks).await();
            assertThat(order).containsExactly("1", "2", "3", "4");
        });
    }

    @Test
    void untilLooksAgainAfterEachSignal_71() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var ready = new boolean[1];
            Task<?> waiter = spawn(() -> {
                try (var _ = condition.acquire().await()) {
                    condition.until(() -> ready[0]);
                }
            });
            yieldNow();
            signal(condition, 1);
            yieldNow();
            yieldNow();
            assertThat(waiter.isDone()).isFalse();
            ready[0] = true;
            signal(condition, 1);
            waiter.await();
        });
    }

    // --- 72

    @Test
    void aSignalConsumedByACancelledWaiterIsPassedOn_72() {
        TestLoop.run(() -> {
            for (boolean settled : new boolean[] {false, true}) {
                order.clear();
                var condition = new Condition();
                Task<?> one = waiter(condition, "one");
                Task<?> two = waiter(condition, "two");
                yieldNow();
                try (var _ = condition.acquire().await()) {
                    condition.signal();
                    if (settled) {
                        yieldNow(); // it is in the queue of the lock
                    }
                    one.cancel();
                }
                two.await();
                assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
                assertThat(order).containsExactly("two");
            }
        });
    }

    @Test
    void aSignalOfAWaitThatNobodyReadsIsPassedOn_72() {
        TestLoop.run(() -> {
            var condition = new Condition();
            var held = condition.acquire().await();
            Future<?> unread = condition.whenSignalled();
            Task<?> two = waiter(condition, "two");
            yieldNow();
            signal(condition, 1);
            assertThat(unread.isDone()).isTrue();
            assertThat(unread.cancel()).isTrue();
            assertThat(condition.lock().isLocked())
                    .as("it is the caller's still")
                    .isTrue();
            held.close();
            two.await();
            assertThat(order).containsExactly("two");
        });
    }

    // --- 73

    @Test
    void aSemaphoreCountsAndKeepsFirstComeFirstServed_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(1);
            for (int i = 1; i <= 3; i++) {
                String name = "c" + i;
                spawn(name, () -> {
                    for (int round = 1; round <= 2; round++) {
                        var _ = semaphore.acquire().await();
                        order.add(name + "_" + round);
                        sleep(Duration.ofMillis(10)).await();
                        semaphore.release();
                    }
                });
            }
            sleep(SECOND).await();
            assertThat(order).containsExactly("c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2");
            assertThat(semaphore.available()).isOne();
        });
    }

    @Test
    void whoWaitsHasItsPermitBeforeTheReleaserAsksAgain_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0);
            Future<?> two = semaphore.acquire();
            Future<?> three = semaphore.acquire();
            semaphore.release();
            Future<?> again = semaphore.acquire();
            assertThat(two.isDone()).isTrue();
            assertThat(again.isDone()).as("behind three").isFalse();
            semaphore.release();
            assertThat(three.isDone()).isTrue();
            assertThat(again.isDone()).isFalse();
            semaphore.release();
            assertThat(again.isDone()).isTrue();
            assertThat(semaphore.available()).isZero();
        });
    }

    @Test
    void cancelledWaitersAreSkippedAndNoPermitIsLost_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0);
            var tasks = IntStream.range(0, 4)
                    .mapToObj(_ -> spawn(() -> semaphore.acquire().await()))
                    .toList();
            yieldNow();
            tasks.get(0).cancel();
            tasks.get(1).cancel();
            semaphore.release();
            yieldNow();
            yieldNow();
            assertThat(tasks.get(2).isDone()).isTrue();
            assertThat(tasks.get(3).isDone()).isFalse();
            semaphore.release();
            tasks.get(3).await();
            assertThat(semaphore.available()).isZero();
        });
    }

    @Test
    void aReleaseWakesTheNextWhenTheFirstWasCancelledInTheSameTurn_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0); // cpython's test_acquire_hang
            Task<?> one = spawn(() -> semaphore.acquire().await());
            Task<?> two = spawn(() -> semaphore.acquire().await());
            yieldNow();
            one.cancel();
            semaphore.release();
            yieldNow();
            yieldNow();
            assertThat(semaphore.isLocked()).isTrue();
            assertThat(two.isDone()).isTrue();
        });
    }

    @Test
    void aWaiterCancelledByTheOneThatReleasedHoldsNothingUp_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(1); // cpython's test_acquire_no_hang
            var tasks = new ArrayList<Task<?>>();
            tasks.add(spawn(() -> {
                try (var _ = semaphore.acquire().await()) {
                    yieldNow();
                }
                tasks.get(1).cancel();
            }));
            tasks.add(spawn(() -> {
                try (var _ = semaphore.acquire().await()) {
                    order.add("two");
                    sleep(SECOND).await();
                }
            }));
            waitOn(tasks).await();
            assertThat(tasks.get(1).isCancelled()).isTrue();
            timeout(SECOND, () -> semaphore.acquire().await());
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void releasesInOneTurnWakeInOrderAndNewcomersStandBehind_73() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0); // cpython's test_acquire_fifo_order_4
            var fourth = new ArrayList<Task<?>>();
            var one = spawn(() -> {
                var _ = semaphore.acquire().await();
                fourth.add(spawn(() -> order.add("4")));
                order.add("1");
            });
            var two = spawn(() -> {
                semaphore.release();
                semaphore.release();
                semaphore.release();
                var _ = semaphore.acquire().await();
                order.add("2");
            });
            var three = spawn(() -> {
                var _ = semaphore.acquire().await();
                order.add("3");
            });
            gather(one, two, three).await();
            fourth.getFirst().await();
            assertThat(order).containsExactlyInAnyOrder("1", "2", "3", "4").endsWith("4");
            assertThat(semaphore.available()).isZero();
        });
    }

    @Test
    void itsValueIsNeverNegativeAndABoundedOneRefusesAReleaseTooMany_73() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Semaphore(-1))
                    .withMessageContaining("-1");
            assertThat(new Semaphore(0).isLocked()).isTrue();
            var bounded = new BoundedSemaphore(1);
            assertThatIllegalStateException()
                    .isThrownBy(bounded::release)
                    .withMessageContaining("BoundedSemaphore[1 of 1 free, 0 waiting on test-loop]");
            assertThat(bounded.available()).isOne();
            var open = new Semaphore(1);
            open.release();
            assertThat(open.available()).isEqualTo(2);
        });
    }

    // --- 74

    private Task<?> party(Barrier barrier, String name) {
        return spawn(name, () -> {
            try {
                order.add(name + " " + barrier.arrive().await());
            } catch (BrokenBarrierException e) {
                order.add(name + " broken");
            }
        });
    }

    @Test
    void aBarrierReleasesExactlyNWithTheirIndices_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(3);
            for (String name : List.of("a", "b", "c", "d")) {
                party(barrier, name);
            }
            yieldNow();
            yieldNow();
            assertThat(order).containsExactly("c 2", "a 0", "b 1"); // the last one does not wait
            assertThat(barrier.waiting()).isOne();
            barrier.reset();
        });
    }

    @Test
    void lateArrivalsAreOfTheNextRoundAndRunAfterThoseOfTheFirst_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(2);
            for (String name : List.of("a", "b", "c", "d", "e")) {
                party(barrier, name);
            }
            yieldNow();
            yieldNow();
            yieldNow();
            assertThat(order.indexOf("a 0")).isLessThan(order.indexOf("c 0"));
            assertThat(order).containsExactlyInAnyOrder("b 1", "a 0", "d 1", "c 0");
            assertThat(barrier.statistics()).isEqualTo(new Barrier.Statistics(2, 1, 2, false));
            barrier.reset();
        });
    }

    @Test
    void oneTaskCanComeAgainAndAgain_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(2);
            for (String name : List.of("a", "b")) {
                spawn(() -> {
                    for (int round = 0; round < 3; round++) {
                        sleep(name.equals("a") ? SECOND : Duration.ZERO).await();
                        barrier.arrive().await();
                        order.add(name + round);
                    }
                });
            }
            sleep(SECOND.multipliedBy(3)).await();
            yieldNow();
            yieldNow();
            assertThat(order).containsExactly("a0", "b0", "a1", "b1", "a2", "b2");
        });
    }

    @Test
    void aCancelOfOneWaiterDoesNotBreakIt_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(3);
            Task<?> one = party(barrier, "one");
            Task<?> two = party(barrier, "two");
            yieldNow();
            one.cancel("foo");
            assertCancelled(one, "foo");
            assertThat(barrier.waiting()).isOne();
            assertThat(barrier.isBroken()).isFalse();
            Task<?> three = party(barrier, "three");
            Task<?> four = party(barrier, "four");
            gather(two, three, four).await();
            assertThat(order).containsExactlyInAnyOrder("two 0", "three 1", "four 2");
        });
    }

    @Test
    void resetBreaksWhoWaitsAndThenItIsNew_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(2);
            Task<?> one = party(barrier, "one");
            yieldNow();
            barrier.reset();
            one.await();
            assertThat(order).containsExactly("one broken");
            assertThat(barrier.isBroken()).isFalse();
            gather(party(barrier, "a"), party(barrier, "b")).await();
            assertThat(order).containsExactly("one broken", "b 1", "a 0");
        });
    }

    @Test
    void abortBreaksWhoWaitsAndWhoComesUntilAReset_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(2);
            Task<?> one = party(barrier, "one");
            yieldNow();
            barrier.abort();
            Task<?> late = party(barrier, "late");
            gather(one, late).await();
            assertThat(order).containsExactlyInAnyOrder("one broken", "late broken");
            assertThat(barrier.isBroken()).isTrue();
            assertThat(barrier.waiting()).isZero();
            barrier.reset();
            assertThat(barrier.isBroken()).isFalse();
            gather(party(barrier, "a"), party(barrier, "b")).await();
            assertThat(order).endsWith("b 1", "a 0");
        });
    }

    @Test
    void whatWasReleasedStaysSo_74() {
        TestLoop.run(() -> {
            var barrier = new Barrier(2); // asyncio breaks those that have not run yet: we do not take a value back
            Task<?> one = party(barrier, "one");
            Future<Integer> unread = null;
            yieldNow();
            unread = barrier.arrive();
            barrier.abort();
            one.await();
            assertThat(order).containsExactly("one 0");
            assertThat(unread.cancel()).isFalse();
            assertThat(unread.await()).isOne();
        });
    }

    @Test
    void aBarrierNeedsAtLeastOneParty_74() {
        TestLoop.run(() -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Barrier(0))
                    .withMessageContaining("0 parties");
            var alone = new Barrier(1);
            assertThat(alone.arrive().await()).isZero();
            assertThat(alone.arrive().await()).isZero();
            assertThat(alone.parties()).isOne();
        });
    }
}

package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.sync.RwLock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first of several waits: one is granted something, the others have never been. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FirstWaitTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> back = new ArrayList<>();

    private WaitQueue<String, @Nullable Void> queue() {
        return new WaitQueue<>(EventLoop.current(), (value, _, ticket) -> back.add(value + ticket));
    }

    private static Future<String> first(
            List<? extends Future<? extends @Nullable Object>> waits, Future<?>... watched) {
        return WaitQueue.first(EventLoop.current(), waits, List.of(watched), (index, value) -> index + ":" + value);
    }

    @Test
    void theOneThatIsGrantedFirstWithdrawsTheOthersInTheSameMoment() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            WaitQueue<String, @Nullable Void> two = queue();
            Future<String> wait = first(List.of(one.park(null), two.park(null), sleep(SECOND)));
            assertThat(two.grant("b")).isTrue();
            assertThat(one.isEmpty()).isTrue(); // before anything else has run
            assertThat(one.grant("a")).isFalse();
            assertThat(wait.await()).isEqualTo("1:b");
            assertThat(wait.await()).isEqualTo("1:b");
            assertThat(back).isEmpty();
            assertThat(EventLoop.current().time()).isZero();
        });
    }

    @Test
    void nobodyElseLosesItsPlace() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            WaitQueue<String, @Nullable Void> two = queue();
            Future<String> before = two.park(null);
            Future<String> wait = first(List.of(one.park(null), two.park(null)));
            Future<String> after = two.park(null);
            one.grant("a");
            two.grant("b");
            two.grant("c");
            assertThat(gather(before, wait, after).await()).containsExactly("b", "0:a", "c");
        });
    }

    @Test
    void aTimeCanComeFirst() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            assertThat(first(List.of(one.park(null), sleep(SECOND, "late"))).await())
                    .isEqualTo("1:late");
            assertThat(one.isEmpty()).isTrue();
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void oneQueueMayStandThereTwice() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> wait = first(List.of(one.park(null), one.park(null)));
            assertThat(one.size()).isEqualTo(2);
            one.grant("a");
            assertThat(one.isEmpty()).isTrue();
            assertThat(wait.await()).isEqualTo("0:a");
        });
    }

    @Test
    void oneFutureMayStandThereTwice() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> park = one.park(null);
            Future<String> wait = first(List.of(park, park));
            one.grant("a");
            assertThat(wait.await()).isEqualTo("0:a");
            assertThat(back).isEmpty();
        });
    }

    @Test
    void ofThoseThatAreDoneTheFirstHasComeFirst() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> wait = first(List.of(one.park(null), one.granted("a", null), one.granted("b", null)));
            assertThat(back).containsExactly("b1");
            assertThat(one.isEmpty()).isTrue();
            assertThat(wait.await()).isEqualTo("1:a");
        });
    }

    // --- cancels

    @Test
    void aCancelWithdrawsThemAll() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            WaitQueue<String, @Nullable Void> two = queue();
            Future<String> wait = first(List.of(one.park(null), two.park(null)));
            assertThat(wait.cancel("enough")).isTrue();
            assertThat(wait.cancel()).isFalse();
            assertThat(one.grant("a") || two.grant("b")).isFalse();
            assertThatThrownBy(wait::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("enough");
        });
    }

    @Test
    void whatNobodyHasReadGoesBackAsItWas() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> wait = first(List.of(one.park(null), sleep(SECOND)));
            one.grant("a", 42);
            assertThat(wait.cancel()).isTrue();
            assertThat(back).containsExactly("a42");
            assertThat(wait.isCancelled()).isTrue();
            assertThat(wait.cancel()).isFalse();
        });
    }

    @Test
    void whatWasReadStays() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> wait = first(List.of(one.park(null)));
            one.grant("a");
            assertThat(wait.result()).isEqualTo("0:a");
            assertThat(wait.cancel()).isFalse();
            assertThat(back).isEmpty();
        });
    }

    @Test
    void whatCannotBeUndoneRefusesACancel() {
        TestLoop.run(() -> {
            var one = new WaitQueue<String, @Nullable Void>(EventLoop.current(), null);
            Future<String> wait = first(List.of(one.park(null)));
            one.grant("final");
            assertThat(wait.cancel()).isFalse();
            assertThat(wait.await()).isEqualTo("0:final");
        });
    }

    @Test
    void combinatorsPassACancelOn() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<?> gathered = gather(first(List.of(one.park(null))), first(List.of(one.park(null))));
            one.grant("a");
            one.grant("b");
            assertThat(gathered.cancel()).isTrue();
            assertThat(back).containsExactly("a0", "b1");
            Future<String> limited = waitFor(first(List.of(one.park(null))), SECOND);
            one.grant("c");
            assertThat(limited.cancel()).isTrue();
            assertThat(back).containsExactly("a0", "b1", "c2");
            Future<String> shielded = shield(first(List.of(one.park(null))));
            one.grant("d");
            assertThat(shielded.cancel()).isFalse();
            assertThat(shielded.await()).isEqualTo("0:d");
        });
    }

    @Test
    void aTaskThatIsCancelledInTheTurnOfTheGrantHasIt() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Task<String> task =
                    spawn(() -> first(List.of(one.park(null), sleep(SECOND))).await());
            yieldNow();
            one.grant("a");
            task.cancel();
            assertThat(task.await()).isEqualTo("0:a");
            Task<String> other =
                    spawn(() -> first(List.of(one.park(null), sleep(SECOND))).await());
            yieldNow();
            other.cancel();
            assertThat(one.grant("b")).isFalse();
            assertThatThrownBy(other::await).isInstanceOf(CancelledException.class);
            assertThat(back).isEmpty();
        });
    }

    // --- what belongs to others

    @Test
    void whatIsOnlyWatchedGoesOnWhenItLoses() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Promise<String> theirs = EventLoop.current().promise();
            Future<String> wait = first(List.of(one.park(null), theirs), theirs);
            assertThat(wait.dependencies()).contains(theirs);
            one.grant("a");
            assertThat(theirs.isDone()).isFalse();
            assertThat(theirs.removeDoneCallback(_ -> {})).isZero();
            theirs.complete("late");
            assertThat(wait.await()).isEqualTo("0:a");
            Promise<String> more = EventLoop.current().promise();
            Future<String> cancelled = first(List.of(more), more);
            assertThat(cancelled.cancel()).isTrue();
            assertThat(more.isDone()).isFalse();
        });
    }

    @Test
    void whatIsOnlyWatchedKeepsItsValueWhenItWins() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> theirs = one.park(null);
            Future<String> wait = first(List.of(theirs, sleep(SECOND)), theirs);
            one.grant("a");
            assertThat(wait.cancel()).isTrue();
            assertThat(back).isEmpty();
            assertThat(theirs.await()).isEqualTo("a");
        });
    }

    // --- failures

    @Test
    void theFailureOfTheFirstIsTheFailureOfAll() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            WaitQueue<String, @Nullable Void> two = queue();
            Future<String> wait = first(List.of(one.park(null), two.park(null)));
            two.fail(new IllegalArgumentException("boom"));
            assertThat(one.isEmpty()).isTrue();
            assertThat(wait.cancel()).isFalse();
            assertThatThrownBy(wait::await).hasMessage("boom");
        });
    }

    @Test
    void aFailureCanStandForAValue() {
        TestLoop.run(() -> {
            WaitQueue<String, @Nullable Void> one = queue();
            Future<String> wait = WaitQueue.first(
                    EventLoop.current(), List.of(one.park(null)), List.of(), new WaitQueue.Reading<String, String>() {
                        @Override
                        public String value(int index, String value) {
                            return value;
                        }

                        @Override
                        public String failure(int index, Throwable error) {
                            return index + " failed: " + error.getMessage();
                        }
                    });
            one.fail(new IllegalArgumentException("boom"));
            assertThat(wait.await()).isEqualTo("0 failed: boom");
        });
    }

    @Test
    void theCancelOfTheFirstIsTheCancelOfAll() {
        TestLoop.run(() -> {
            Promise<String> theirs = EventLoop.current().promise();
            Future<String> wait = first(List.of(theirs, sleep(SECOND)), theirs);
            theirs.cancel("theirs");
            assertThat(wait.isCancelled()).isTrue();
            assertThatThrownBy(wait::await).hasMessageContaining("theirs");
        });
    }

    @Test
    void aCircleOfWaitsCanBeBroken() {
        TestLoop.run(() -> {
            Promise<Future<?>> self = EventLoop.current().promise();
            Task<String> task = spawn(() -> {
                Future<?> me = self.await();
                return first(List.of(me), me).await();
            });
            self.complete(task);
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void badInputIsRefused() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            Promise<String> foreign = other.promise();
            TestLoop.run(() -> {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> first(List.of()).isDone());
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> first(List.of(foreign)).isDone())
                        .withMessageContaining("other");
            });
        }
    }

    @Test
    void aCancelLeavesWholeWhatItsOwnWithdrawalGrants() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(1);
            List<Future<Semaphore.Permit>> waits = List.of(semaphore.acquire(5), semaphore.acquire(1));
            assertThat(first(waits).cancel("enough")).isTrue();
            assertThat(semaphore.statistics().waiting()).isZero();
            assertThat(semaphore.available()).isEqualTo(1);
            assertThat(waits).allMatch(Future::isCancelled);
            Future<Semaphore.Permit> next = semaphore.acquire(2);
            semaphore.release();
            assertThat(next.isDone()).isTrue();

            var lock = new RwLock();
            try (var _ = lock.read().await()) {
                assertThat(first(List.of(lock.write(), lock.read())).cancel("enough"))
                        .isTrue();
                assertThat(lock.statistics().waitingWriters()
                                + lock.statistics().waitingReaders())
                        .isZero();
                assertThat(lock.readers()).isEqualTo(1);
            }
        });
    }
}

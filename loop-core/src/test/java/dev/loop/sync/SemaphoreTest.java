package dev.loop.sync;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Resource;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Permits; asyncio's own behaviour is in {@code SyncParityTest}. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("both-engines")
class SemaphoreTest {

    private static final List<Resource.Hold> NONE = List.of();

    @Test
    void whoWantsManyIsNotOvertakenByWhoWantsFew() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(2);
            Semaphore.Permit one = semaphore.acquire().await();
            Future<Semaphore.Permit> two = semaphore.acquire(2);
            Future<Semaphore.Permit> late = semaphore.acquire();
            assertThat(semaphore.available()).isOne();
            assertThat(late.isDone()).isFalse();
            assertThat(semaphore.tryAcquire()).isNull();
            assertThat(semaphore.isLocked()).isTrue();
            one.close();
            assertThat(two.await().count()).isEqualTo(2);
            assertThat(late.isDone()).isFalse();
            two.result().close();
            assertThat(late.isDone()).isTrue();
        });
    }

    @Test
    void whereTheFirstGivesUpThoseBehindItAreServed() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(2);
            Future<Semaphore.Permit> three = semaphore.acquire(3);
            Future<Semaphore.Permit> one = semaphore.acquire();
            Future<Semaphore.Permit> another = semaphore.acquire();
            assertThat(one.isDone()).isFalse();
            three.cancel();
            assertThat(one.isDone()).isTrue();
            assertThat(another.isDone()).isTrue();
            assertThat(semaphore.statistics().available()).isZero();
        });
    }

    @Test
    void aPermitIsGivenBackOnce() {
        TestLoop.run(() -> {
            var semaphore = new BoundedSemaphore(2);
            Semaphore.Permit permit = semaphore.acquire(2).await();
            permit.close();
            permit.close();
            assertThat(semaphore.statistics()).isEqualTo(new Semaphore.Statistics(2, 0, NONE));
            assertThat(semaphore.bound()).isEqualTo(2);
        });
    }

    @Test
    void aPermitThatSomebodyElseHasReleasedAsWellIsNotGivenBackTwice() {
        TestLoop.run(() -> {
            var bounded = new BoundedSemaphore(1);
            Semaphore.Permit permit = bounded.acquire().await();
            bounded.release();
            assertThatIllegalStateException()
                    .isThrownBy(permit::close)
                    .withMessageContaining("released more often than acquired: BoundedSemaphore[1 of 1 free");
            Future<Semaphore.Permit> unread = bounded.acquire();
            bounded.release();
            assertThat(unread.cancel()).as("inside a cancel it is no error").isTrue();
            assertThat(bounded.available()).isOne();
        });
    }

    @Test
    void badCountsAreRefusedByName() {
        TestLoop.run(() -> {
            var bounded = new BoundedSemaphore(2);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bounded.acquire(0))
                    .withMessageContaining("acquire(0)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> bounded.tryAcquire(3))
                    .withMessageContaining("would wait for ever: ask for 2 at most");
            assertThat(new Semaphore(2).acquire(3).isDone())
                    .as("others may add")
                    .isFalse();
            var full = new Semaphore(Integer.MAX_VALUE);
            assertThatIllegalStateException().isThrownBy(full::release);
        });
    }

    @Test
    void itKnowsWhoHasItsPermits() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(3);
            var task = spawn("worker", () -> {
                var _ = semaphore.acquire().await();
                yieldNow();
                yieldNow();
                semaphore.release(); // without the permit, as in asyncio
                yieldNow();
            });
            yieldNow();
            assertThat(semaphore.holders()).containsExactly(task);
            Semaphore.Permit mine = semaphore.tryAcquire();
            assertThat(mine).isNotNull();
            assertThat(semaphore.statistics().held()).hasSize(2);
            yieldNow();
            mine.close();
            yieldNow();
            assertThat(semaphore.holds()).isEmpty();
            assertThat(semaphore.available()).isEqualTo(3);
            task.await();
        });
    }

    @Test
    void permitsThatAreNeverClosedFillNoMemory() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0);
            var consumer = spawn("consumer", () -> {
                for (int i = 0; i < 5_000; i++) {
                    var _ = semaphore.acquire().await();
                }
            });
            for (int i = 0; i < 5_000; i++) {
                semaphore.release();
            }
            consumer.await();
            assertThat(semaphore.holds()).hasSize(Grants.MOST);
            assertThat(semaphore.available()).isZero();
        });
    }

    @Test
    void aHundredThousandWaitersAreServedInOrder() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(0);
            var waits = new ArrayList<Future<Semaphore.Permit>>();
            for (int i = 0; i < 100_000; i++) {
                waits.add(semaphore.acquire());
            }
            for (int i = 0; i < 100_000; i += 2) {
                waits.get(i).cancel();
            }
            for (int i = 1; i < 100_000; i += 2) {
                assertThat(waits.get(i).isDone()).isFalse();
                semaphore.release();
                assertThat(waits.get(i).isDone()).isTrue();
            }
        });
    }

    @Test
    void anotherThreadIsRefused() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(1);
            var lock = new Lock();
            var event = new Event();
            var barrier = new Barrier(2);
            for (Runnable misuse : List.<Runnable>of(
                    semaphore::release, semaphore::acquire, lock::acquire, event::set, barrier::arrive)) {
                assertThatThrownBy(() ->
                                Future.from(CompletableFuture.runAsync(misuse)).await())
                        .isInstanceOfAny(WrongThreadException.class, CompletionException.class)
                        .hasStackTraceContaining("WrongThreadException");
            }
            assertThat(semaphore.available()).isOne();
        });
    }

    @Test
    void whatWaitsWhenTheLoopClosesEndsWithIt() {
        var ended = new ArrayList<String>();
        Semaphore semaphore;
        try (EventLoop loop = EventLoop.create()) {
            semaphore = new Semaphore(loop, 1);
            loop.spawn(() -> {
                try (var _ = semaphore.acquire().await()) {
                    loop.sleep(java.time.Duration.ofDays(1)).await();
                } finally {
                    ended.add("holder");
                }
            });
            loop.spawn(() -> {
                try (var _ = semaphore.acquire().await()) {
                    ended.add("never");
                } finally {
                    ended.add("waiter");
                }
            });
            loop.runUntilComplete(loop.sleep(java.time.Duration.ofMillis(1)));
        }
        assertThat(ended).containsExactlyInAnyOrder("holder", "waiter");
        assertThat(semaphore.available()).isOne();
    }

    @Test
    void whoReleasesWithoutThePermitHoldsItNoMoreAlsoIfOthersHaveAcquiredSince() {
        TestLoop.run(() -> {
            var semaphore = new Semaphore(2);
            for (int i = 0; i < 2; i++) {
                int more = i;
                spawn(() -> {
                    var _ = semaphore.acquire().await();
                    for (int turn = 0; turn <= more; turn++) {
                        yieldNow();
                    }
                    semaphore.release();
                    yieldNow();
                    yieldNow();
                });
            }
            yieldNow();
            assertThat(semaphore.holders()).hasSize(2);
            yieldNow();
            yieldNow();
            assertThat(semaphore.available()).isEqualTo(2);
            assertThat(semaphore.holders()).isEmpty();
        });
    }
}

package dev.loop.flow;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RateLimiterTest {

    private static long now() {
        return EventLoop.current().time();
    }

    /** Starts waits whose instants are written down. */
    private static List<Long> instants(RateLimiter limiter, int count) {
        var instants = new ArrayList<Long>();
        for (int i = 0; i < count; i++) {
            limiter.acquire().addDoneCallback(_ -> instants.add(now()));
        }
        return instants;
    }

    @Test
    void aBurstIsThereAtOnceAndTheRestComesAtTheRate() {
        TestLoop.run(() -> {
            var instants = instants(new RateLimiter(2, ofSeconds(1), 3), 7);
            sleep(ofDays(1)).await();
            assertThat(instants)
                    .containsExactly(0L, 0L, 0L, 500_000_000L, 1_000_000_000L, 1_500_000_000L, 2_000_000_000L);
        });
    }

    @Test
    void aThirdOfASecondDoesNotDrift() {
        TestLoop.run(() -> {
            var instants = instants(new RateLimiter(3, ofSeconds(1), 1), 30_001);
            sleep(ofDays(30)).await();
            assertThat(instants.subList(0, 5))
                    .containsExactly(0L, 333_333_334L, 666_666_667L, 1_000_000_000L, 1_333_333_334L);
            assertThat(instants.getLast()).isEqualTo(10_000L * 1_000_000_000L);
        });
    }

    @Test
    void aRateOfSevenInElevenNanosecondsIsExact() {
        TestLoop.run(() -> {
            var instants = instants(new RateLimiter(7, ofNanos(11), 1), 701);
            sleep(ofSeconds(1)).await();
            for (int i = 0; i < instants.size(); i++) {
                assertThat(instants.get(i)).as("permit %d", i).isEqualTo((i * 11L + 6) / 7);
            }
        });
    }

    @Test
    void whatNobodyWantsIsSavedUpToTheBurst() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(10, ofSeconds(1));
            assertThat(limiter.statistics().available()).isEqualTo(10);
            limiter.acquire(10).await();
            assertThat(limiter.tryAcquire()).isFalse();
            sleep(ofMillis(250)).await();
            assertThat(limiter.statistics().available()).isEqualTo(2);
            sleep(ofDays(365)).await();
            assertThat(limiter.statistics().available()).isEqualTo(10);
            assertThat(limiter.tryAcquire(10)).isTrue();
            assertThat(limiter.tryAcquire()).isFalse();
        });
    }

    @Test
    void aPermitThatIsThereCostsNoObject() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(2, ofSeconds(1));
            assertThat(limiter.acquire()).isSameAs(EventLoop.current().done());
            assertThat(limiter.acquire(1)).isSameAs(EventLoop.current().done());
            assertThat(limiter.acquire().isDone()).isFalse();
        });
    }

    @Test
    void nobodyOvertakesWhoWaitsForMore() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 5);
            limiter.acquire(5).await();
            var order = new ArrayList<String>();
            limiter.acquire(4).addDoneCallback(_ -> order.add("four at " + now() / 1_000_000_000));
            limiter.acquire().addDoneCallback(_ -> order.add("one at " + now() / 1_000_000_000));
            sleep(ofMillis(3500)).await(); // three are there
            assertThat(limiter.tryAcquire()).isFalse();
            sleep(ofSeconds(10)).await();
            assertThat(order).containsExactly("four at 4", "one at 5");
        });
    }

    @Test
    void whoIsBehindACancelledWaiterIsEarlier() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 5);
            limiter.acquire(5).await();
            var big = limiter.acquire(5);
            var small = limiter.acquire(2);
            var last = limiter.acquire();
            sleep(ofMillis(1500)).await();
            assertThat(big.cancel()).isTrue();
            small.await();
            assertThat(now()).isEqualTo(2_000_000_000L);
            last.await();
            assertThat(now()).isEqualTo(3_000_000_000L);
            assertThat(limiter.statistics().granted()).isEqualTo(8);
        });
    }

    @Test
    void aCancelInTheMiddleLetsTheNextGoAtOnce() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 5);
            limiter.acquire(5).await();
            var big = limiter.acquire(5);
            var small = limiter.acquire(2);
            sleep(ofSeconds(3)).await();
            big.cancel();
            assertThat(small.isDone()).isTrue();
            small.await();
            assertThat(limiter.statistics().available()).isEqualTo(1);
        });
    }

    @Test
    void aGrantThatNobodyReadsComesBack() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 2);
            limiter.acquire(2).await();
            var first = limiter.acquire(2);
            var second = limiter.acquire(2);
            sleep(ofSeconds(2)).await();
            assertThat(first.isDone()).isTrue();
            assertThat(second.isDone()).isFalse();
            assertThat(first.cancel("not needed")).isTrue();
            assertThat(second.isDone()).isTrue();
            second.await();
            assertThat(second.cancel()).isFalse(); // it was read
            assertThat(limiter.statistics().granted()).isEqualTo(4);
            assertThatThrownBy(first::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void aGrantThatIsLeftForLongComesBackLessWhatCameSince() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 3);
            limiter.acquire(3).await();
            var hot = limiter.acquire(3); // granted at 3 s
            sleep(ofMillis(4500)).await();
            assertThat(limiter.statistics().available()).isEqualTo(1);
            hot.cancel(); // one and a half have come, and as much might have spilled without it
            assertThat(limiter.statistics().available()).isEqualTo(3);
            assertThat(limiter.tryAcquire(3)).isTrue();
            assertThat(limiter.statistics().untilNext()).isEqualTo(ofSeconds(1));
        });
    }

    @Test
    void aLateLoopMakesUpForABurstOnly() throws Exception {
        try (var test = new TestLoop()) {
            var limiter = new RateLimiter(test.loop(), 1, ofSeconds(1), 2);
            var instants = new ArrayList<Long>();
            for (int i = 0; i < 7; i++) {
                limiter.acquire().addDoneCallback(_ -> instants.add(test.loop().time() / 1_000_000_000L));
            }
            test.runUntilIdle();
            test.clock().advance(ofSeconds(10)); // a laptop that slept
            test.advance(ofSeconds(10));
            assertThat(instants).containsExactly(0L, 0L, 10L, 10L, 11L, 12L, 13L);
        }
    }

    @Test
    void aLimitThatComesAtTheInstantOfTheGrantLosesNothing() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 1);
            limiter.acquire().await();
            int got = 0;
            for (int i = 0; i < 3; i++) {
                try {
                    waitFor(limiter.acquire(), ofSeconds(1)).await();
                    got++;
                } catch (TimeoutException e) {
                    // the limit was first: the permit has to be there still
                    assertThat(limiter.tryAcquire()).isTrue();
                }
                assertThat(limiter.tryAcquire()).isFalse();
                assertThat(now()).isEqualTo((i + 1) * 1_000_000_000L);
            }
            assertThat(limiter.statistics().granted()).isEqualTo(4);
            assertThat(got).isBetween(0, 3);
        });
    }

    @Test
    void aThousandWaitersHaveOneTimer() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 1);
            int before = EventLoop.current().statistics().timers();
            var waits = new ArrayList<Future<?>>();
            for (int i = 0; i < 1000; i++) {
                waits.add(limiter.acquire());
            }
            assertThat(EventLoop.current().statistics().timers()).isEqualTo(before + 1);
            assertThat(limiter.statistics().waiting()).isEqualTo(999);
            gather(waits).await();
            assertThat(now()).isEqualTo(999_000_000_000L);
            assertThat(EventLoop.current().statistics().timers()).isEqualTo(before);
        });
    }

    @Test
    void withoutWaitersThereIsNoTimer() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 1);
            limiter.acquire().await();
            int before = EventLoop.current().statistics().timers();
            var wait = limiter.acquire();
            wait.cancel();
            assertThat(EventLoop.current().statistics().timers()).isEqualTo(before);
        });
    }

    @Test
    void aFasterRateServesWhoWaitsEarlier() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(10), 2);
            limiter.acquire(2).await();
            var wait = limiter.acquire(2);
            sleep(ofSeconds(5)).await(); // half a permit is there
            limiter.setRate(1, ofSeconds(2));
            assertThat(limiter.statistics().untilNext()).isEqualTo(ofSeconds(3));
            wait.await();
            assertThat(now()).isEqualTo(8_000_000_000L);
            assertThat(limiter.statistics())
                    .isEqualTo(new RateLimiter.Statistics(1, ofSeconds(2), 2, 0, 0, 4, ofSeconds(2)));
        });
    }

    @Test
    void aSlowerRateKeepsWhatIsThere() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(10, ofSeconds(1), 10);
            limiter.acquire(4).await();
            limiter.setRate(1, ofDays(1));
            assertThat(limiter.statistics().available()).isEqualTo(6);
            limiter.acquire(6).await();
            assertThat(now()).isZero();
            assertThat(limiter.statistics().untilNext()).isEqualTo(ofDays(1));
        });
    }

    @Test
    void aFullBucketStaysFullWhenTheRateChanges() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(10, ofSeconds(1), 4);
            sleep(ofDays(100)).await();
            limiter.setRate(7, ofSeconds(13));
            assertThat(limiter.statistics().available()).isEqualTo(4);
        });
    }

    @Test
    void aRequestAboveTheBurstIsRefusedByName() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(10, ofSeconds(1), 5);
            assertThatThrownBy(() -> discard(limiter.acquire(6)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("6 permits are more than the burst of 5,");
            assertThatThrownBy(() -> limiter.tryAcquire(6)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> discard(limiter.acquire(0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("one asks for at least 1 permit, not 0");
            assertThat(limiter.statistics().available()).isEqualTo(5);
        });
    }

    private static void discard(Future<@Nullable Void> wait) {
        throw new AssertionError("not refused: " + wait);
    }

    @Test
    void ratesThatCannotBeAreRefusedByName() {
        TestLoop.run(() -> {
            assertThatThrownBy(() -> new RateLimiter(0, ofSeconds(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("burst is at least 1 permit, not 0");
            assertThatThrownBy(() -> new RateLimiter(0, ofSeconds(1), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 1 permit in a period, not 0");
            assertThatThrownBy(() -> new RateLimiter(1, Duration.ZERO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not PT0S");
            assertThatThrownBy(() -> new RateLimiter(1, ofDays(30_000), 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a burst of 2 at 1 permits in PT720000H takes too long");
            var limiter = new RateLimiter(1, ofSeconds(1), 1);
            assertThatThrownBy(() -> limiter.setRate(-1, ofSeconds(1))).isInstanceOf(IllegalArgumentException.class);
            assertThat(limiter.statistics().permits()).isEqualTo(1);
        });
    }

    @Test
    void theLargestNumbersAreExact() {
        TestLoop.run(() -> {
            int most = Integer.MAX_VALUE;
            var fast = new RateLimiter(most, ofNanos(1), most);
            fast.acquire(most).await();
            assertThat(fast.statistics().available()).isZero();
            fast.acquire(most).await();
            assertThat(now()).isEqualTo(1);

            var slow = new RateLimiter(most, ofDays(10_000), most);
            slow.acquire(most).await();
            long begin = now();
            slow.acquire(most - 1).await();
            slow.acquire(1).await();
            assertThat(now() - begin).isEqualTo(ofDays(10_000).toNanos());
        });
    }

    @Test
    void aTaskThatIsCancelledWhileItWaitsGivesUpItsPlace() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 1);
            limiter.acquire().await();
            var first = spawn(() -> limiter.acquire().await());
            var second = spawn(() -> limiter.acquire().await());
            sleep(ofMillis(1)).await();
            first.cancelAndJoin().await();
            second.await();
            assertThat(now()).isEqualTo(1_000_000_000L);
        });
    }

    @Test
    void manyWaitersThatAreCancelledFromTheFrontAreNoBurden() {
        TestLoop.run(() -> {
            var limiter = new RateLimiter(1, ofSeconds(1), 100);
            limiter.acquire(100).await();
            var waits = new ArrayList<Future<?>>();
            for (int i = 0; i < 100_000; i++) {
                waits.add(limiter.acquire(100));
            }
            var last = limiter.acquire();
            waits.forEach(Future::cancel);
            last.await();
            assertThat(now()).isEqualTo(1_000_000_000L);
        });
    }

    @Test
    void anotherThreadIsRefused() throws Exception {
        try (var test = new TestLoop()) {
            var limiter = new RateLimiter(test.loop(), 1, ofSeconds(1), 1);
            test.runMain(() -> {
                var refused = new ArrayList<Throwable>();
                var thread = Thread.ofPlatform().start(() -> {
                    try {
                        limiter.tryAcquire();
                    } catch (RuntimeException e) {
                        refused.add(e);
                    }
                });
                EventLoop.current()
                        .runInExecutor(() -> thread.join(ofSeconds(10)))
                        .await();
                assertThat(refused).singleElement().isInstanceOf(WrongThreadException.class);
            });
            assertThat(limiter).hasToString("RateLimiter[1 in PT1S, burst 1, 0 waiting on test-loop]");
        }
    }
}

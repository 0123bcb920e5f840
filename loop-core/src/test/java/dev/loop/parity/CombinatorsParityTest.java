package dev.loop.parity;

import static dev.loop.Async.asCompleted;
import static dev.loop.Async.gather;
import static dev.loop.Async.gatherResults;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static dev.loop.WaitCondition.ALL_COMPLETED;
import static dev.loop.WaitCondition.FIRST_COMPLETED;
import static dev.loop.WaitCondition.FIRST_EXCEPTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Result;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.Waited;
import dev.loop.testing.DeadlockError;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's gather, wait, as_completed, shield, wait_for and sleep: behaviours 37 to 51. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CombinatorsParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertCancelled(Future<?> future, String reason) {
        assertThatThrownBy(future::await)
                .isInstanceOfSatisfying(
                        CancelledException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    /** A task that has a value, or fails, after some seconds. */
    private static Task<String> after(int seconds, String value) {
        return spawn(() -> sleep(SECOND.multipliedBy(seconds), value).await());
    }

    private static Task<String> failsAfter(int seconds, RuntimeException failure) {
        return spawn(() -> {
            sleep(SECOND.multipliedBy(seconds)).await();
            throw failure;
        });
    }

    // --- gather

    @Test
    void gatherKeepsTheOrderOfTheArgumentsAndRunsOneThatStandsTwiceOnce_37() {
        TestLoop.run(() -> {
            Task<String> twice = spawn(() -> {
                order.add("ran");
                return sleep(SECOND, "twice").await();
            });
            assertThat(gather(after(3, "slow"), twice, after(2, "quick"), twice).await())
                    .containsExactly("slow", "twice", "quick", "twice");
            assertThat(order).containsExactly("ran");
            assertNow(SECOND.multipliedBy(3));
        });
    }

    @Test
    void theFirstFailureOfAGatherLeavesTheOthersRunningAndTheirFailuresAreNotReported_38() {
        TestLoop.run(() -> {
            Task<String> other = after(3, "still here");
            Future<List<String>> all = gather(failsAfter(1, BOOM), failsAfter(2, new IllegalStateException()), other);
            assertThatThrownBy(all::await).isSameAs(BOOM);
            assertNow(SECOND);
            assertThat(other.await()).isEqualTo("still here");
        }); // the end of a TestLoop fails on a report
    }

    @Test
    void aCancelOfAGatherCancelsItsChildrenAndRaisesEvenWhereResultsAreAskedFor_39() {
        TestLoop.run(() -> {
            for (boolean results : new boolean[] {false, true}) {
                Task<String> one = after(100, "never");
                Task<String> two = after(100, "never");
                Future<?> all = results ? gatherResults(one, two) : gather(one, two);
                yieldNow();
                assertThat(all.cancel("all of you")).isTrue();
                assertCancelled(all, "all of you");
                assertThat(one.isCancelled() && two.isCancelled()).isTrue();
            }
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aChildCancelledFromOutsideIsACancelOfTheGatherOrAResultAndTheOthersKeepTheirs_40() {
        TestLoop.run(() -> {
            Task<String> cancelled = after(100, "never");
            Task<String> other = after(1, "untouched");
            Future<List<String>> all = gather(cancelled, other);
            Future<List<Result<String>>> results = gatherResults(cancelled, other);
            yieldNow();
            cancelled.cancel("only this one");
            assertCancelled(all, "only this one");
            assertThat(results.await())
                    .containsExactly(new Result.Cancelled<>("only this one"), new Result.Value<>("untouched"));
        });
    }

    @Test
    void gatherOfNothingIsDoneAndShieldsAroundAndInsideOfItHold_41() {
        TestLoop.run(() -> {
            assertThat(gather().await()).isEmpty();
            assertThat(gatherResults().await()).isEmpty();

            Promise<String> inside = EventLoop.current().promise();
            Future<?> overShield = gather(shield(inside), EventLoop.current().promise());
            overShield.cancel();
            assertThatThrownBy(overShield::await).isInstanceOf(CancelledException.class);
            assertThat(inside.isDone()).isFalse();

            Future<List<String>> all = gather(inside);
            Future<?> around = shield(all);
            around.cancel();
            assertThatThrownBy(around::await).isInstanceOf(CancelledException.class);
            inside.complete("value");
            assertThat(all.await()).containsExactly("value");
        });
    }

    // --- wait

    @Test
    void waitReturnsTheRightPartitionForEachCondition_42() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> value = loop.promise();
            Promise<String> cancelled = loop.promise();
            Promise<String> failed = loop.promise();
            Promise<String> last = loop.promise();
            var all = List.of(value, cancelled, failed, last);
            Future<Waited<Promise<String>>> first = waitOn(all, FIRST_COMPLETED);
            Future<Waited<Promise<String>>> exception = waitOn(all, FIRST_EXCEPTION);
            Future<Waited<Promise<String>>> every = waitOn(all, ALL_COMPLETED);
            loop.callLater(SECOND, () -> {
                cancelled.cancel();
                value.complete("at the same time");
            });
            loop.callLater(SECOND.multipliedBy(2), () -> failed.fail(BOOM));
            loop.callLater(SECOND.multipliedBy(3), () -> last.complete("last"));
            assertThat(first.await().done()).containsExactly(value, cancelled);
            assertThat(first.await().pending()).containsExactly(failed, last);
            assertThat(exception.await().done()).containsExactly(value, cancelled, failed);
            assertNow(SECOND.multipliedBy(2));
            assertThat(every.await().done()).containsExactlyElementsOf(all);
            assertThat(every.await().pending()).isEmpty();
            assertThat(failed.exception()).isSameAs(BOOM);
        });
    }

    @Test
    void aWaitThatTimesOutOrIsCancelledCancelsNothingAndLeavesNothingBehind_43() {
        TestLoop.run(() -> {
            Task<String> quick = after(1, "quick");
            Task<String> slow = after(5, "slow");
            Waited<Task<String>> waited =
                    waitOn(List.of(slow, quick), SECOND.multipliedBy(2)).await();
            assertThat(waited.done()).containsExactly(quick);
            assertThat(waited.pending()).containsExactly(slow);

            Task<?> waits = spawn(() -> waitOn(List.of(slow), HOUR).await());
            Task<String> awaits = spawn(() -> slow.await());
            yieldNow();
            waits.cancel("reason");
            assertCancelled(waits, "reason");
            assertThat(slow.cancelling()).isZero();
            awaits.cancel(); // nobody else waits for it any more: it is cancelled too
            assertThatThrownBy(awaits::await).isInstanceOf(CancelledException.class);
            assertThat(slow.isCancelled()).isTrue();
            assertNow(SECOND.multipliedBy(2));
        });
    }

    // --- as_completed

    @Test
    void asCompletedYieldsTheOriginalFuturesAsTheyEndAndTimesOutForTheUnfinishedAlone_44() {
        TestLoop.run(() -> {
            Task<String> first = after(1, "first");
            Task<String> second = after(2, "second");
            Task<String> third = after(5, "third");
            var ended = new ArrayList<Future<String>>();
            assertThatThrownBy(() -> {
                        for (Future<String> future :
                                asCompleted(List.of(third, second, first), SECOND.multipliedBy(3))) {
                            ended.add(future);
                        }
                    })
                    .isInstanceOf(TimeoutException.class);
            assertThat(ended).containsExactly(first, second);
            assertNow(SECOND.multipliedBy(3));
            assertThat(third.await()).isEqualTo("third");
        });
    }

    // --- shield

    @Test
    void aCancelledShieldLetsTheInnerGoOnAndItsLaterFailureIsReportedOnce_45() {
        var test = new TestLoop();
        test.runMain(() -> {
            Task<String> value = after(1, "value");
            Task<String> failing = failsAfter(1, BOOM);
            Future<?> one = shield(value);
            Future<?> two = shield(failing);
            one.cancel("reason");
            two.cancel("reason");
            assertCancelled(one, "reason");
            assertCancelled(two, "reason");
            sleep(SECOND.multipliedBy(2)).await();
            assertThat(value.result()).isEqualTo("value");
        });
        assertThat(test.reports()).singleElement().satisfies(report -> {
            assertThat(report.exception()).isSameAs(BOOM);
            assertThat(report.message()).contains("shielded");
        });
        test.reports().clear();
        test.close();
    }

    @Test
    void aCancelOfTheInnerReachesTheShieldAndAShieldOfADoneFutureIsDone_46() {
        TestLoop.run(() -> {
            Task<String> inner = after(100, "never");
            Future<String> shield = shield(inner);
            yieldNow();
            inner.cancel("the inner one");
            assertCancelled(shield, "the inner one");
            Future<String> done = shield(EventLoop.current().completed("value"));
            assertThat(done.isDone()).isTrue();
            assertThat(done.result()).isEqualTo("value");
        });
    }

    // --- wait_for

    /** cpython#86296; where asyncio loses the value we deliver it, and the cancel comes at the next wait. */
    @Test
    void aCancelOfWaitForThatRacesWithTheInnersEndIsDeliveredAfterTheValue_47() {
        TestLoop.run(() -> {
            Promise<String> inner = EventLoop.current().promise();
            Task<?> task = spawn(() -> {
                order.add(waitFor(inner, HOUR).await());
                sleep(HOUR).await();
            });
            yieldNow();
            inner.complete("value");
            task.cancel("at the same time");
            assertCancelled(task, "at the same time");
            assertThat(order).containsExactly("value");
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aWaitForThatTimesOutWaitsForTheInnersEndAndAFailureOfItWins_48() {
        TestLoop.run(() -> {
            Task<?> slowToEnd = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    sleep(SECOND).await();
                }
            });
            assertThatThrownBy(waitFor(slowToEnd, SECOND)::await).isInstanceOf(TimeoutException.class);
            assertNow(SECOND.multipliedBy(2));
            Task<?> fails = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    throw BOOM;
                }
            });
            assertThatThrownBy(waitFor(fails, SECOND)::await).isSameAs(BOOM);
        });
    }

    @Test
    void aWaitForWithoutTimeNeverStartsTheBodyButReturnsWhatIsDone_49() {
        TestLoop.run(() -> {
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                Future<Boolean> wait = waitFor(() -> order.add("ran"), none);
                assertThatThrownBy(wait::await).isInstanceOf(TimeoutException.class);
                assertThat(waitFor(EventLoop.current().completed("value"), none).await())
                        .isEqualTo("value");
            }
            assertThat(order).isEmpty();
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aWaitForReturnsTheValueOfAnInnerThatSuppressesTheCancel_50() {
        TestLoop.run(() -> {
            Task<String> refuses = spawn(() -> {
                try {
                    return sleep(HOUR, "slept").await();
                } catch (CancelledException e) {
                    return "all the same";
                }
            });
            assertThat(waitFor(refuses, SECOND).await()).isEqualTo("all the same");
            assertNow(SECOND);
        });
    }

    // --- sleep

    /** No number but a Duration: there is no NaN, and none at all is refused. */
    @Test
    void aSleepOfNothingGivesWayOnceAndACancelledSleepFreesItsTimer_51() {
        TestLoop.run(() -> {
            spawn(() -> {
                order.add("other 1");
                sleep(Duration.ZERO).await();
                order.add("other 2");
            });
            order.add("before");
            sleep(Duration.ZERO).await();
            order.add("after");
            sleep(Duration.ofSeconds(-1)).await();
            assertThat(order).containsExactly("before", "other 1", "after", "other 2");

            assertNow(Duration.ZERO);
            assertThatNullPointerException().isThrownBy(() -> sleep(null).isDone());
        });

        var test = new TestLoop();
        assertThatThrownBy(() -> test.runMain(() -> {
                    Future<?> wait = sleep(HOUR);
                    wait.cancel("reason");
                    assertCancelled(wait, "reason");
                    EventLoop.current().promise().await(); // nothing is left that time could wake
                }))
                .isInstanceOf(DeadlockError.class);
        assertThat(test.elapsed()).isZero();
        test.close();
    }
}

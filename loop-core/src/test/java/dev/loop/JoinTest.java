package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for the end of a task, not for its outcome. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JoinTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static Task<String> failsAfter(Duration delay) {
        return spawn("failing", () -> {
            sleep(delay).await();
            throw BOOM;
        });
    }

    // --- join

    @Test
    void itEndsWithTheTaskWhateverTheOutcome() {
        TestLoop.run(() -> {
            Task<String> value = spawn(() -> {
                sleep(SECOND).await();
                return "value";
            });
            Task<String> failing = failsAfter(SECOND.multipliedBy(2));
            Task<?> cancelled = spawn(() -> sleep(HOUR).await());
            assertThat(value.join().await()).isNull();
            assertNow(SECOND);
            assertThat(failing.join().await()).isNull();
            assertNow(SECOND.multipliedBy(2));
            cancelled.cancel("reason");
            assertThat(cancelled.join().await()).isNull();
            assertThat(failing.exception()).isSameAs(BOOM);
        });
    }

    @Test
    void aTaskThatIsDoneIsJoinedWithoutAWait() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> "value");
            yieldNow();
            assertThat(task.join().isDone()).isTrue();
            assertThat(task.join()).isSameAs(EventLoop.current().done());
        });
    }

    @Test
    void aFailureThatWasOnlyJoinedIsReported() {
        var test = new TestLoop();
        test.runMain(() -> {
            failsAfter(SECOND).join().await();
            Task<String> failed = failsAfter(Duration.ZERO);
            sleep(SECOND).await();
            failed.join().await();
        });
        test.loop().close();
        assertThat(test.reports())
                .hasSize(2)
                .allSatisfy(report -> assertThat(report.exception()).isSameAs(BOOM));
        test.reports().clear();
        test.close();
    }

    @Test
    void aCancelOfTheJoinLeavesTheTaskAloneAndNoListenerBehind() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                sleep(SECOND).await();
                return "value";
            });
            Task<?> joiner = spawn(() -> task.join().await());
            yieldNow();
            assertThat(task.hasListeners()).isTrue();
            joiner.cancel("reason");
            assertThatThrownBy(joiner::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(task.hasListeners()).isFalse();
            assertThat(task.cancelling()).isZero();
            assertThat(task.await()).isEqualTo("value");
            assertNow(SECOND);
        });
    }

    @Test
    void aJoinWithALimitLeavesTheTaskAlone() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                sleep(SECOND.multipliedBy(2)).await();
                return "value";
            });
            assertThatThrownBy(waitFor(task.join(), SECOND)::await).isInstanceOf(TimeoutException.class);
            assertThat(task.await()).isEqualTo("value");
        });
    }

    @Test
    void aJoinDoesNotKeepTheTaskFromACancelOfWhoAwaitsIt() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(HOUR).await());
            Task<?> awaits = spawn(() -> task.await());
            Future<?> join = task.join();
            yieldNow();
            awaits.cancel();
            join.await();
            assertThat(task.isCancelled()).isTrue();
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void aTaskThatEndsAndAJoinThatIsCancelledAtTheSameInstant() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<String> task = spawn(() -> promise.await());
            Task<String> joiner = spawn(() -> {
                task.join().await();
                return "joined";
            });
            yieldNow();
            promise.complete("value");
            yieldNow(); // the task has ended, the joiner has not run yet
            assertThat(task.isDone()).isTrue();
            joiner.cancel();
            assertThat(joiner.await()).isEqualTo("joined");
        });
    }

    @Test
    void aTaskCannotJoinItself() {
        TestLoop.run(() -> {
            assertThatIllegalStateException()
                    .isThrownBy(() -> currentTask().join().isDone())
                    .withMessageContaining("cannot join itself")
                    .withMessageContaining("main");
            assertThatIllegalStateException()
                    .isThrownBy(() -> currentTask().cancelAndJoin().isDone())
                    .withMessageContaining("cannot join itself");
            sleep(SECOND).await(); // and was not cancelled
        });
    }

    @Test
    void itNamesTheTaskAsWhatItWaitsFor() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(SECOND).await());
            Future<?> join = task.join();
            assertThat(join.dependencies()).containsExactly(task);
            join.await();
        });
    }

    // --- cancelAndJoin

    @Test
    void aTaskThatIsEndedForGoodCannotSwallowIt() {
        TestLoop.run(() -> {
            Task<?> stubborn = spawn(() -> {
                for (int i = 0; i < 3; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add(i + " " + e.reason());
                    }
                }
                sleep(HOUR).await();
            });
            yieldNow();
            stubborn.cancelAndJoin("enough").await();
            assertThat(stubborn.isCancelled()).isTrue();
            assertThat(stubborn.cancelling()).isZero();
            assertThat(order).containsExactly("0 enough", "1 enough", "2 enough");
            assertNow(Duration.ZERO);
        });
    }

    @Test
    void itWaitsForTheCleanUp() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    order.add("cleaned up");
                }
            });
            yieldNow();
            Future<?> end = task.cancelAndJoin();
            assertThat(end.isDone()).isFalse();
            assertThat(order).isEmpty();
            end.await();
            assertThat(order).containsExactly("cleaned up");
        });
    }

    @Test
    void theBodyOfATaskThatHasNotBegunNeverRuns() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> order.add("ran"));
            task.cancelAndJoin("too late").await();
            assertThat(task.isCancelled()).isTrue();
            assertThat(order).isEmpty();
        });
    }

    @Test
    void whatATaskThrowsInsteadIsItsOwnOutcome() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    throw BOOM;
                }
            });
            yieldNow();
            task.cancelAndJoin().await();
            assertThat(task.exception()).isSameAs(BOOM);
        });
    }

    @Test
    void twoMayEndTheSameTask() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(HOUR).await());
            yieldNow();
            gather(task.cancelAndJoin("one"), task.cancelAndJoin("two")).await();
            assertThatThrownBy(task::await).hasMessageContaining("one");
            task.cancelAndJoin().await(); // and once more when it is done
        });
    }

    @Test
    void whoIsCancelledMeanwhileLeavesTheTaskToItsEnd() {
        TestLoop.run(() -> {
            Promise<String> work = EventLoop.current().promise((_, _) -> false); // ends when it likes
            Task<String> task = spawn(() -> work.await());
            Task<?> joiner = spawn(() -> task.cancelAndJoin().await());
            yieldNow();
            joiner.cancel();
            assertThatThrownBy(joiner::await).isInstanceOf(CancelledException.class);
            assertThat(task.isDone()).isFalse();
            work.complete("value");
            assertThat(task.await()).isEqualTo("value");
        });
    }
}

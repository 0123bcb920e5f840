package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static dev.loop.WaitCondition.ALL_COMPLETED;
import static dev.loop.WaitCondition.FIRST_COMPLETED;
import static dev.loop.WaitCondition.FIRST_EXCEPTION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting until some of several futures are done, without a touch of them. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitOnTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertNothingIsLeft(List<? extends Future<?>> futures) {
        assertThat(futures).noneMatch(Future::hasListeners);
        assertThat(EventLoop.current().timers.size()).isZero();
    }

    private static List<Promise<String>> promises(int count) {
        var promises = new ArrayList<Promise<String>>();
        for (int i = 0; i < count; i++) {
            promises.add(EventLoop.current().promise());
        }
        return promises;
    }

    private static <F extends Future<?>> Waited<F> waited(List<F> done, List<F> pending) {
        return new Waited<>(new LinkedHashSet<>(done), new LinkedHashSet<>(pending));
    }

    // --- the three conditions

    @Test
    void allCompleted() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(3);
            Future<Waited<Promise<String>>> wait = waitOn(p);
            p.get(2).complete("c");
            p.get(0).cancel();
            assertThat(wait.isDone()).isFalse();
            assertThat(wait.dependencies()).containsExactly(p.get(1));
            p.get(1).fail(BOOM);
            assertThat(wait.await()).isEqualTo(waited(p, List.of()));
            assertThat(wait.await().done()).containsExactlyElementsOf(p);
            assertThat(p.get(1).exception()).isSameAs(BOOM);
        });
    }

    @Test
    void firstCompletedTakesAnyEnd() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(3);
            Future<Waited<Promise<String>>> wait = waitOn(p, FIRST_COMPLETED);
            p.get(1).cancel();
            assertThat(wait.await()).isEqualTo(waited(List.of(p.get(1)), List.of(p.get(0), p.get(2))));
            assertNothingIsLeft(p);
        });
    }

    @Test
    void firstExceptionIgnoresValuesAndCancels() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(4);
            Future<Waited<Promise<String>>> wait = waitOn(p, FIRST_EXCEPTION);
            p.get(0).complete("value");
            p.get(1).cancel();
            yieldNow();
            assertThat(wait.isDone()).isFalse();
            p.get(2).fail(BOOM);
            assertThat(wait.await().pending()).containsExactly(p.get(3));
            assertThat(p.get(2).exception()).isSameAs(BOOM);
            assertNothingIsLeft(p);
        });
    }

    @Test
    void firstExceptionWithoutOneWaitsForAll() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            Future<Waited<Promise<String>>> wait = waitOn(p, FIRST_EXCEPTION);
            p.get(0).cancel();
            p.get(1).complete("value");
            assertThat(wait.await().pending()).isEmpty();
        });
    }

    @Test
    void whatIsEnoughAlreadyIsNotWaitedFor() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Future<String> done = loop.completed("value");
            Future<String> failed = loop.failed(BOOM);
            Promise<String> pending = loop.promise();
            assertThat(waitOn(List.of(done)).isDone()).isTrue();
            assertThat(waitOn(List.of(pending, done), FIRST_COMPLETED).isDone()).isTrue();
            assertThat(waitOn(List.of(pending, failed), FIRST_EXCEPTION).isDone())
                    .isTrue();
            assertThat(waitOn(List.of(pending, failed), HOUR, FIRST_COMPLETED).isDone())
                    .isTrue();
            assertThat(waitOn(List.of(pending, done)).isDone()).isFalse();
            assertThat(failed.exception()).isSameAs(BOOM);
            pending.complete("so that the last wait ends");
            assertNothingIsLeft(List.of(pending));
        });
    }

    @Test
    void whatEndsInTheSameTurnIsAmongTheDone() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(3);
            Task<Waited<Promise<String>>> task =
                    spawn(() -> waitOn(p, FIRST_COMPLETED).await());
            yieldNow();
            p.get(2).complete("first");
            p.get(0).complete("second");
            assertThat(task.await().done()).containsExactly(p.get(0), p.get(2));
        });
    }

    @Test
    void oneThatStandsTwiceIsOne() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(1);
            Future<Waited<Promise<String>>> wait = waitOn(List.of(p.get(0), p.get(0)));
            p.get(0).complete("value");
            assertThat(wait.await().done()).hasSize(1);
        });
    }

    // --- time

    @Test
    void theEndOfTheTimeIsNoFailureAndCancelsNothing() {
        TestLoop.run(() -> {
            Task<String> slow =
                    spawn(() -> sleep(SECOND.multipliedBy(3), "slow").await());
            Task<String> quick = spawn(() -> sleep(SECOND, "quick").await());
            Waited<Task<String>> waited =
                    waitOn(List.of(slow, quick), SECOND.multipliedBy(2)).await();
            assertThat(waited).isEqualTo(waited(List.of(quick), List.of(slow)));
            assertNow(SECOND.multipliedBy(2));
            assertThat(slow.hasListeners()).isFalse();
            assertThat(slow.await()).isEqualTo("slow");
        });
    }

    @Test
    void noTimeAtAllLooksInTheNextTurn() {
        TestLoop.run(() -> {
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
                List<Promise<String>> p = promises(2);
                Future<Waited<Promise<String>>> wait = waitOn(p, none, FIRST_EXCEPTION);
                assertThat(wait.isDone()).isFalse();
                p.get(0).complete("value");
                assertThat(wait.await()).isEqualTo(waited(List.of(p.get(0)), List.of(p.get(1))));
                assertNothingIsLeft(p);
            }
            assertNow(Duration.ZERO);
        });
    }

    @Test
    @Tag("unseeded") // two causes at one instant: the callback has to come before the task that waits
    void aFutureThatEndsAtTheInstantOfTheLimitIsDone() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            EventLoop.current().callLater(SECOND, () -> promise.complete("value"));
            Future<Waited<Promise<String>>> wait = waitOn(List.of(promise), SECOND);
            assertThat(wait.await().pending()).isEmpty();
            assertNow(SECOND);
        });
    }

    // --- cancels

    @Test
    void aCancelLeavesTheFuturesAloneAndNothingBehind() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(3);
            for (WaitCondition until : WaitCondition.values()) {
                Task<?> task = spawn(() -> waitOn(p, HOUR, until).await());
                yieldNow();
                task.cancel("reason");
                assertThatThrownBy(task::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("reason");
                assertNothingIsLeft(p);
                assertThat(p).noneMatch(Future::isDone);
            }
        });
    }

    @Test
    void theEndOfAllAndACancelAtTheSameInstant() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(1);
            Task<Waited<Promise<String>>> task = spawn(() -> waitOn(p).await());
            yieldNow();
            p.get(0).complete("value");
            task.cancel("too late");
            assertThat(task.await().done()).hasSize(1);
        });
    }

    @Test
    void aCancelAndThenTheEndAtTheSameInstant() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(1);
            Task<?> task = spawn(() -> waitOn(p).await());
            yieldNow();
            task.cancel();
            p.get(0).complete("value");
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(p.get(0).await()).isEqualTo("value");
        });
    }

    @Test
    void itKeepsWhatItWaitsForFromTheCancelOfAnotherWaiter() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<Waited<Promise<String>>> wait = waitOn(List.of(promise));
            Task<?> other = spawn(() -> promise.await());
            yieldNow();
            other.cancel();
            assertThat(promise.isDone()).isFalse();
            promise.complete("value");
            wait.await();
        });
    }

    @Test
    void aSecondCancelIsRefused() {
        TestLoop.run(() -> {
            Future<?> wait = waitOn(promises(1));
            assertThat(wait.cancel("one")).isTrue();
            assertThat(wait.cancel("two")).isFalse();
        });
    }

    // --- what it does not do

    @Test
    void aFailureThatItHasSeenIsNotLookedAt() {
        var test = new TestLoop();
        test.runMain(() -> {
            List<Promise<String>> p = promises(1);
            EventLoop.current().callLater(SECOND, () -> p.get(0).fail(BOOM));
            waitOn(p).await();
        });
        catchThrowable(test::close);
        assertThat(test.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.exception()).isSameAs(BOOM));
    }

    @Test
    void theSetsCannotBeChanged() {
        TestLoop.run(() -> {
            Waited<Future<@Nullable Void>> waited =
                    waitOn(List.of(EventLoop.current().done())).await();
            assertThatThrownBy(waited.done()::clear).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(waited.pending()::clear).isInstanceOf(UnsupportedOperationException.class);
        });
    }

    @Test
    void badInputIsRefused() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            Promise<String> foreign = other.promise();
            TestLoop.run(() -> {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> waitOn(List.of()).isDone())
                        .withMessageContaining("at least one");
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> waitOn(List.of(foreign)).isDone())
                        .withMessageContaining("other");
                assertThatNullPointerException()
                        .isThrownBy(() -> waitOn(promises(1), (Duration) null).isDone());
                assertThatNullPointerException()
                        .isThrownBy(
                                () -> waitOn(promises(1), (WaitCondition) null).isDone());
                assertThatNullPointerException()
                        .isThrownBy(() -> waitOn(Collections.singletonList(null), ALL_COMPLETED)
                                .isDone());
            });
        }
    }
}

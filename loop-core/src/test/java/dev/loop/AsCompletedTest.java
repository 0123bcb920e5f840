package dev.loop;

import static dev.loop.Async.asCompleted;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several futures in the order in which they end. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AsCompletedTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    private final List<String> order = new ArrayList<>();

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    private static void assertNothingIsLeft(List<? extends Future<?>> futures) {
        assertThat(futures).noneMatch(Future::hasListeners);
        assertThat(EventLoop.current().timers.size()).isZero();
    }

    private static Future<String> after(int seconds) {
        return sleep(SECOND.multipliedBy(seconds), "after " + seconds);
    }

    private static List<Promise<String>> promises(int count) {
        var promises = new ArrayList<Promise<String>>();
        for (int i = 0; i < count; i++) {
            promises.add(EventLoop.current().promise());
        }
        return promises;
    }

    // --- in a for loop

    @Test
    void aForLoopGetsTheFuturesThemselvesAsTheyEnd() {
        TestLoop.run(() -> {
            List<Future<String>> futures = List.of(after(3), after(1), after(2));
            try (var ends = asCompleted(futures)) {
                for (Future<String> future : ends) {
                    assertThat(futures).contains(future);
                    assertThat(future.isDone()).isTrue();
                    order.add(future.result());
                    assertNow(SECOND.multipliedBy(order.size()));
                }
            }
            assertThat(order).containsExactly("after 1", "after 2", "after 3");
            assertNothingIsLeft(futures);
        });
    }

    @Test
    void whatIsDoneAlreadyComesFirstAndInTheOrderOfTheArguments() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (Future<String> future :
                    asCompleted(List.of(after(1), loop.completed("a"), after(0), loop.completed("b")))) {
                order.add(future.result());
            }
            assertThat(order).containsExactly("a", "b", "after 0", "after 1");
        });
    }

    @Test
    void failuresAndCancelsAreFuturesLikeOthers() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            EventLoop.current().callLater(SECOND, () -> p.get(1).fail(BOOM));
            EventLoop.current().callLater(HOUR, () -> p.get(0).cancel());
            var ended = new ArrayList<Future<String>>();
            asCompleted(p).forEach(ended::add);
            assertThat(ended).containsExactly(p.get(1), p.get(0));
            assertThat(p.get(1).exception()).isSameAs(BOOM);
        });
    }

    @Test
    void ofNothingThereIsNoFirst() {
        TestLoop.run(() -> {
            AsCompleted<String> none = asCompleted(List.<Future<String>>of(), HOUR);
            assertThat(none.iterator().hasNext()).isFalse();
            assertThat(none.remaining()).isZero();
            assertThatThrownBy(() -> none.next().isDone()).isInstanceOf(NoSuchElementException.class);
            assertNothingIsLeft(List.of());
        });
    }

    @Test
    void oneThatStandsTwiceIsOne() {
        TestLoop.run(() -> {
            Future<String> one = after(1);
            for (Future<String> future : asCompleted(List.of(one, one))) {
                order.add(future.result());
            }
            assertThat(order).containsExactly("after 1");
        });
    }

    @Test
    void leavingTheLoopEarlyLeavesTheFuturesAloneAndAfterTheCloseNothingBehind() {
        TestLoop.run(() -> {
            List<Future<String>> futures = List.of(after(1), after(2), after(3));
            try (var ends = asCompleted(futures, HOUR)) {
                for (Future<String> future : ends) {
                    order.add(future.result());
                    break;
                }
                assertThat(ends.remaining()).isEqualTo(2);
            }
            assertThat(futures).noneMatch(Future::hasListeners);
            assertThat(futures.get(2).await()).isEqualTo("after 3");
            assertThat(order).containsExactly("after 1");
            assertNothingIsLeft(futures);
        });
    }

    @Test
    void anIteratorCannotWaitInACallback() {
        TestLoop.run(() -> {
            AsCompleted<String> ends = asCompleted(promises(1));
            EventLoop.current()
                    .callSoon(() ->
                            order.add(catchThrowable(ends.iterator()::next).getMessage()));
            yieldNow();
            assertThat(order).singleElement().asString().contains("callback");
            ends.close();
        });
    }

    // --- by hand

    @Test
    void severalWaitsAreServedInTheirOrder() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            AsCompleted<String> ends = asCompleted(p);
            Future<Future<String>> first = ends.next();
            Future<Future<String>> second = ends.next();
            assertThat(first.dependencies()).containsExactlyElementsOf(p);
            assertThatThrownBy(() -> ends.next().isDone())
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessageContaining("waited for");
            p.get(1).complete("value");
            assertThat(first.result()).isSameAs(p.get(1));
            assertThat(second.isDone()).isFalse();
            p.get(0).complete("value");
            assertThat(second.await()).isSameAs(p.get(0));
        });
    }

    @Test
    void aCancelledWaitLeavesItsFutureToTheNextOne() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(1);
            AsCompleted<String> ends = asCompleted(p);
            Task<?> task = spawn(() -> ends.next().await());
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(ends.remaining()).isEqualTo(1);
            p.get(0).complete("value");
            assertThat(ends.next().await()).isSameAs(p.get(0));
        });
    }

    @Test
    void aWaitThatIsCancelledUnreadGivesItsFutureBackToTheFront() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(4);
            AsCompleted<String> ends = asCompleted(p);
            Future<Future<String>> first = ends.next();
            Future<Future<String>> second = ends.next();
            for (Promise<String> promise : p.subList(0, 3)) {
                promise.complete("value");
            }
            assertThat(second.cancel()).isTrue();
            assertThat(first.cancel()).isTrue();
            assertThat(ends.remaining()).isEqualTo(4);
            for (int i = 0; i < 3; i++) {
                assertThat(ends.next().await()).isSameAs(p.get(i));
            }
            Future<Future<String>> parked = ends.next();
            p.get(3).complete("value");
            assertThat(parked.cancel()).isTrue();
            assertThat(ends.next().await()).isSameAs(p.get(3));
            assertThat(ends.remaining()).isZero();
        });
    }

    @Test
    void aFutureThatComesBackTwiceDoesNotFallBehindAYoungerOne() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            try (AsCompleted<String> ends = asCompleted(p)) {
                p.get(0).complete("first");
                p.get(1).complete("second");
                Future<Future<String>> one = ends.next();
                Future<Future<String>> two = ends.next();
                assertThat(one.cancel()).isTrue();
                Future<Future<String>> again = ends.next();
                assertThat(two.cancel()).isTrue();
                assertThat(again.cancel()).isTrue();
                assertThat(ends.next().await()).isSameAs(p.get(0));
                assertThat(ends.next().await()).isSameAs(p.get(1));
            }
        });
    }

    @Test
    void anEndAndACancelAtTheSameInstant() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(1);
            AsCompleted<String> ends = asCompleted(p);
            Task<Future<String>> task = spawn(() -> ends.iterator().next());
            yieldNow();
            p.get(0).complete("value");
            task.cancel("too late");
            assertThat(task.await()).isSameAs(p.get(0));
        });
    }

    // --- time

    @Test
    void theLimitIsForThoseAloneThatAreNotDone() {
        TestLoop.run(() -> {
            List<Future<String>> futures = List.of(after(5), after(1), after(6));
            AsCompleted<String> ends = asCompleted(futures, SECOND.multipliedBy(2));
            sleep(SECOND.multipliedBy(3)).await();
            assertThat(ends.next().await()).isSameAs(futures.get(1));
            for (int i = 0; i < 2; i++) {
                assertThat(ends.iterator().hasNext()).isTrue();
                assertThatThrownBy(ends.iterator()::next)
                        .isInstanceOf(TimeoutException.class)
                        .hasMessageContaining("PT2S");
            }
            assertThat(ends.iterator().hasNext()).isFalse();
            assertThat(futures).noneMatch(Future::isCancelled).noneMatch(Future::hasListeners);
            assertThat(futures.get(2).await()).isEqualTo("after 6");
        });
    }

    @Test
    void theLimitEndsAWaitAtItsInstant() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            AsCompleted<String> ends = asCompleted(p, SECOND);
            Future<Future<String>> next = ends.next();
            assertThatThrownBy(next::await).isInstanceOf(TimeoutException.class);
            assertNow(SECOND);
            assertThatThrownBy(ends.next()::await).isInstanceOf(TimeoutException.class);
            assertThat(ends.remaining()).isZero();
            assertNothingIsLeft(p);
        });
    }

    @Test
    void whenAllHaveEndedTheTimerIsFree() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            AsCompleted<String> ends = asCompleted(p, HOUR);
            p.forEach(promise -> promise.complete("value"));
            assertNothingIsLeft(p);
            sleep(HOUR).await();
            assertThat(ends.next().await()).isSameAs(p.get(0));
        });
    }

    @Test
    void noTimeAtAllGivesWhatIsDone() {
        TestLoop.run(() -> {
            Future<String> done = EventLoop.current().completed("value");
            Promise<String> pending = EventLoop.current().promise();
            AsCompleted<String> ends = asCompleted(List.of(pending, done), Duration.ZERO);
            assertThat(ends.next().await()).isSameAs(done);
            assertThatThrownBy(ends.next()::await).isInstanceOf(TimeoutException.class);
            assertNow(Duration.ZERO);
        });
    }

    // --- the close

    @Test
    void aCloseCancelsWhoWaitsAndRefusesMore() {
        TestLoop.run(() -> {
            List<Promise<String>> p = promises(2);
            AsCompleted<String> ends = asCompleted(p, HOUR);
            Future<Future<String>> next = ends.next();
            ends.close();
            ends.close();
            assertThatThrownBy(next::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("closed");
            assertThatIllegalStateException()
                    .isThrownBy(() -> ends.next().isDone())
                    .withMessageContaining("closed");
            assertThat(ends.iterator().hasNext()).isFalse();
            assertThat(p).noneMatch(Future::isDone);
            assertNothingIsLeft(p);
        });
    }

    // --- what it does not do

    @Test
    void aFailureThatItHasGivenAwayIsNotLookedAt() {
        var test = new TestLoop();
        test.runMain(() -> {
            List<Promise<String>> p = promises(1);
            EventLoop.current().callLater(SECOND, () -> p.get(0).fail(BOOM));
            asCompleted(p).next().await();
        });
        catchThrowable(test::close);
        assertThat(test.reports())
                .singleElement()
                .satisfies(report -> assertThat(report.exception()).isSameAs(BOOM));
    }

    @Test
    void aFutureOfAnotherLoopIsRefused() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            Promise<String> foreign = other.promise();
            TestLoop.run(() -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> asCompleted(List.of(foreign)).close())
                    .withMessageContaining("other"));
        }
    }
}

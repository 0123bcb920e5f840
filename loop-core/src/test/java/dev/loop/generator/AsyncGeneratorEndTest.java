package dev.loop.generator;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Generators that outlive their consumer: closed with the loop, or when they are collected, and reported. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("unseeded") // it waits for the garbage collector
class AsyncGeneratorEndTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = Collections.synchronizedList(new ArrayList<>());

    private AsyncGenerator<Integer, @Nullable Void> open(String name) {
        return AsyncGenerator.of(name, out -> {
            try {
                for (int i = 1; ; i++) {
                    out.yield(i);
                }
            } finally {
                sleep(SECOND).await();
                order.add(name + " closed");
            }
        });
    }

    private void hear(EventLoop loop) {
        loop.setExceptionHandler((_, context) -> order.add("reported: " + context.message()));
    }

    @Test
    @Tag("both-engines")
    void theShutdownOfAsyncGeneratorsClosesAllThatAreAlive() {
        TestLoop.run(() -> {
            var one = open("one");
            var two = open("two");
            var ended = open("ended");
            one.next().await();
            two.next().await();
            ended.next().await();
            ended.aclose().await();
            order.clear();
            EventLoop loop = EventLoop.current();
            long before = loop.time();
            loop.shutdownAsyncGenerators().await();
            assertThat(order).containsExactly("one closed", "two closed");
            assertThat(Duration.ofNanos(loop.time() - before)).isEqualTo(SECOND); // at the same time
            assertThat(one.next().await()).isNull();
            loop.shutdownAsyncGenerators().await();
        });
    }

    @Test
    @Tag("both-engines")
    void aFailureInThatShutdownIsReportedAndTheOthersAreClosed() {
        TestLoop.run(() -> {
            hear(EventLoop.current());
            var fails = AsyncGenerator.<Integer, @Nullable Void>of("fails", out -> {
                try {
                    out.yield(1);
                } finally {
                    order.add("fails now");
                    fail();
                }
            });
            fails.next().await();
            open("other").next().await();
            EventLoop.current().shutdownAsyncGenerators().await();
            assertThat(order)
                    .containsExactly(
                            "fails now", "reported: the close of AsyncGenerator[fails, ended] failed", "other closed");
        });
    }

    private static void fail() {
        throw new ArithmeticException("in the close");
    }

    @Test
    @Tag("both-engines")
    void oneThatBeginsAfterTheShutdownIsReportedAndClosedWithTheLoop() {
        try (var test = new TestLoop()) {
            hear(test.loop());
            test.runMain(() -> {
                EventLoop.current().shutdownAsyncGenerators().await();
                open("late").next().await();
                yieldNow();
                assertThat(order).singleElement().asString().contains("late").contains("has begun after the shutdown");
            });
        }
        assertThat(order).hasSize(2).last().isEqualTo("late closed");
    }

    @Test
    @Tag("both-engines")
    void theCloseOfTheLoopClosesThemAfterTheTasksWereCancelled() {
        TestLoop.run(() -> {
            var values = open("values");
            values.next().await();
            spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } finally {
                    order.add("task ended");
                }
            });
            EventLoop.current().onClose(() -> order.add("hook"));
            yieldNow();
            keep(values);
        });
        assertThat(order).containsExactly("hook", "task ended", "values closed");
    }

    private @Nullable Object kept;

    private void keep(Object object) {
        kept = object;
    }

    @Test
    @Tag("both-engines")
    void aGeneratorThatIsTheOnlyThingLeftIsClosedTooAndItsWaitsAreNotCancelled() {
        var values = open("values");
        EventLoop.run(() -> values.next().await());
        assertThat(order).containsExactly("values closed");
    }

    @Test
    @Tag("both-engines")
    void aCloseThatDoesNotEndIsReportedAfterTheLimit() {
        var cancelled = new CountDownLatch(1);
        try (var test = TestLoop.builder().build()) {
            hear(test.loop());
            var never = AsyncGenerator.<Integer, @Nullable Void>of("never", out -> {
                try {
                    out.yield(1);
                } finally {
                    Promise<String> nobody = EventLoop.current().promise();
                    try {
                        nobody.await();
                    } catch (IllegalStateException e) {
                        cancelled.countDown();
                    }
                }
            });
            test.runMain(() -> never.next().await());
            keep(never);
        }
        assertThat(cancelled.getCount() == 0 || !order.isEmpty()).isTrue();
        assertThat(order).isNotEmpty().allMatch(report -> report.startsWith("reported: "));
    }

    @Test
    @Tag("both-engines")
    void oneThatIsDrivenWhileTheLoopClosesEndsWithItsConsumer() {
        TestLoop.run(() -> {
            spawn(() -> {
                for (int value : AsyncGenerator.<Integer>yielding(out -> {
                    try {
                        out.yield(1);
                        sleep(Duration.ofHours(1)).await();
                    } catch (CancelledException e) {
                        order.add("body cancelled in " + currentTask().name());
                        throw e;
                    }
                })) {
                    order.add("took " + value);
                }
            });
            yieldNow();
            yieldNow();
        });
        assertThat(order).hasSize(2).first().isEqualTo("took 1");
        assertThat(order.getLast()).startsWith("body cancelled in task-");
    }

    // --- abandoned

    /** Begins something and forgets it. */
    private void abandon(String name) {
        open(name).next().await();
    }

    @Test
    void oneThatIsAbandonedIsReportedAndClosedOnItsLoopWhenItIsCollected() {
        EventLoop.run(() -> {
            hear(EventLoop.current());
            abandon("forgotten");
            while (order.size() < 2) {
                System.gc();
                sleep(Duration.ofMillis(1)).await();
            }
            assertThat(order.getFirst()).contains("AsyncGenerator[forgotten").contains("was abandoned");
            assertThat(order.getLast()).isEqualTo("forgotten closed");
        });
    }

    @Test
    void aPlainOneThatIsAbandonedIsClosedWithoutALoop() {
        forget();
        while (order.isEmpty()) {
            System.gc();
            Thread.onSpinWait();
        }
        assertThat(order).containsExactly("closed without a loop");
    }

    private void forget() {
        Generator.<Integer>yielding(out -> {
                    try {
                        out.yield(1);
                    } finally {
                        order.add(EventLoop.currentOrNull() == null ? "closed without a loop" : "closed in a loop");
                    }
                })
                .next();
    }

    @Test
    void aPlainOneThatIsAbandonedInATaskIsClosedOnThatLoopAndReported() {
        EventLoop.run(() -> {
            hear(EventLoop.current());
            forget();
            while (order.size() < 2) {
                System.gc();
                sleep(Duration.ofMillis(1)).await();
            }
            assertThat(order)
                    .hasSize(2)
                    .contains("closed in a loop")
                    .anyMatch(report -> report.contains("was abandoned"));
        });
    }

    @Test
    void oneThatIsIteratedIsNotAbandonedHoweverLongThatTakes() {
        var values = new ArrayList<Integer>();
        for (int value : Generator.<Integer>yielding(out -> {
            for (int i = 0; i < 8; i++) {
                out.yield(i);
            }
        })) {
            System.gc();
            values.add(value);
        }
        assertThat(values).hasSize(8);
    }

    @Test
    void oneThatHasEndedOrNeverBegunIsNotReported() {
        EventLoop.run(() -> {
            hear(EventLoop.current());
            for (int i = 0; i < 100; i++) {
                var unused = open("never begun");
                assertThat(unused.isEnded()).isFalse();
                assertThat(Place.all(Generator.<Integer>yielding(out -> out.yield(1))))
                        .hasSize(1);
            }
            abandon("marker");
            while (order.size() < 2) {
                System.gc();
                sleep(Duration.ofMillis(1)).await();
            }
            assertThat(order.getFirst()).contains("marker");
            assertThat(order.getLast()).isEqualTo("marker closed");
        });
    }
}

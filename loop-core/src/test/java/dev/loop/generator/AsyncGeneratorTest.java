package dev.loop.generator;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TaskGroup;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Generators whose body awaits. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AsyncGeneratorTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static AsyncGenerator<Integer, @Nullable Void> ticks(int count) {
        return AsyncGenerator.yielding(out -> {
            for (int i = 1; i <= count; i++) {
                sleep(SECOND).await();
                out.yield(i);
            }
        });
    }

    private static long seconds() {
        return EventLoop.current().time() / 1_000_000_000;
    }

    @Test
    void aForLoopWaitsWithTheBody() {
        var ticks = ticks(3); // made without a loop
        TestLoop.run(() -> {
            spawn(() -> {
                sleep(Duration.ofMillis(1500)).await();
                order.add("another task");
            });
            for (int tick : ticks) {
                assertThat(seconds()).isEqualTo(tick);
                order.add("tick " + tick);
            }
            assertThat(order).containsExactly("tick 1", "another task", "tick 2", "tick 3");
            assertThat(ticks.isEnded()).isTrue();
            assertThat(ticks.next().await()).isNull();
        });
    }

    @Test
    void inAForLoopTheBodyIsTheConsumersTaskWithItsContext() {
        var variable = ContextVar.of("variable", "default");
        TestLoop.run(() -> {
            variable.set("of the consumer");
            for (String seen : AsyncGenerator.<String>yielding(out -> {
                sleep(SECOND).await();
                out.yield(currentTask().name() + ", " + variable.get());
            })) {
                assertThat(seen).isEqualTo("main, of the consumer");
            }
            assertThat(currentTask().name()).isEqualTo("main");
        });
    }

    @Test
    void theFutureOfAValueBeginsAtOnceInATaskOfItsOwnWithTheContextOfTheCall() {
        var variable = ContextVar.of("variable", "default");
        TestLoop.run(() -> {
            variable.set("of the call");
            var values = AsyncGenerator.<String, @Nullable Void>of("words", out -> {
                order.add("begun");
                out.yield(currentTask().name() + ", " + variable.get());
                sleep(SECOND).await();
                out.yield("second");
            });
            Future<@Nullable String> first = values.next();
            assertThat(order).containsExactly("begun");
            assertThat(first.isDone()).isTrue();
            assertThat(first.result()).isEqualTo("words.next, of the call");
            Future<@Nullable String> second = values.next();
            assertThat(second.isDone()).isFalse();
            assertThat(second.await()).isEqualTo("second");
            assertThat(seconds()).isEqualTo(1);
            assertThat(values.next().await()).isNull();
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
    }

    @Test
    void aCallbackAsksToo() {
        TestLoop.run(() -> {
            Promise<String> done = EventLoop.current().promise();
            var values = ticks(1);
            EventLoop.current()
                    .callSoon(() -> values.next().addDoneCallback(tick -> done.complete("" + tick.result())));
            assertThat(done.await()).isEqualTo("1");
            EventLoop.current().callSoon(() -> {
                try {
                    values.iterator().hasNext();
                } catch (IllegalStateException e) {
                    order.add("" + e.getMessage());
                }
            });
            yieldNow();
            assertThat(order).singleElement().asString().contains("in a callback");
            values.close();
        });
    }

    @Test
    void valuesAreSentAndThrownIn() {
        TestLoop.run(() -> {
            AsyncGenerator<String, String> echo = AsyncGenerator.of(out -> {
                String answer = "ready";
                while (true) {
                    try {
                        String sent = out.yield(answer);
                        sleep(SECOND).await();
                        if ("fail".equals(sent)) {
                            throw new IOException("never");
                        }
                        answer = "got " + sent;
                    } catch (IOException e) {
                        sleep(SECOND).await();
                        answer = "caught " + e.getMessage();
                    }
                }
            });
            assertThatIllegalStateException().isThrownBy(() -> echo.send("x")).withMessageContaining("has not begun");
            assertThat(echo.next().await()).isEqualTo("ready");
            assertThat(echo.send("one").await()).isEqualTo("got one");
            assertThat(echo.throwInto(new IOException("this")).await()).isEqualTo("caught this");
            assertThat(echo.next().await()).isEqualTo("got null");
            assertThatThrownBy(() -> echo.throwInto(new ArithmeticException("not caught"))
                            .await())
                    .isInstanceOf(ArithmeticException.class);
            assertThat(echo.isEnded()).isTrue();
            assertThatThrownBy(() ->
                            echo.throwInto(new ArithmeticException("late")).await())
                    .hasMessage("late");
            assertThat(seconds()).isEqualTo(3);
        });
    }

    @Test
    void oneThatHasNotBegunNeverRunsIfSomethingIsThrownInOrItIsClosed() {
        TestLoop.run(() -> {
            var never = AsyncGenerator.<Integer>yielding(_ -> order.add("ran"));
            assertThatThrownBy(() ->
                            never.throwInto(new ArithmeticException("early")).await())
                    .hasMessage("early");
            var closed = AsyncGenerator.<Integer>yielding(_ -> order.add("ran"));
            closed.aclose().await();
            assertThat(closed.next().await()).isNull();
            assertThat(order).isEmpty();
        });
        var outside = AsyncGenerator.<Integer>yielding(_ -> order.add("ran"));
        outside.close();
        assertThat(outside.isEnded()).isTrue();
    }

    @Test
    void aFailureOfTheBodyIsTheFailureOfItsValue() {
        TestLoop.run(() -> {
            var fails = AsyncGenerator.<Integer>yielding(out -> {
                out.yield(1);
                sleep(SECOND).await();
                throw new IOException("in the body");
            });
            fails.next().await();
            Future<@Nullable Integer> second = fails.next();
            assertThatThrownBy(second::await)
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("in the body");
            assertThat(fails.next().await()).isNull();
            assertThat(EventLoop.current().time()).isEqualTo(1_000_000_000);
        });
    }

    @Test
    void aSecondRequestWhileOneIsOnItsWayIsRefusedByName() {
        TestLoop.run(() -> {
            AsyncGenerator<Integer, Integer> slow = AsyncGenerator.of("slow", out -> {
                sleep(SECOND).await();
                out.yield(1);
            });
            Future<@Nullable Integer> first = slow.next();
            for (Runnable second : List.<Runnable>of(
                    () -> slow.next().cancel(),
                    () -> slow.send(null).cancel(),
                    () -> slow.throwInto(new ArithmeticException()).cancel(),
                    () -> slow.aclose().cancel(),
                    () -> slow.close(),
                    () -> slow.iterator().hasNext())) {
                assertThatIllegalStateException()
                        .isThrownBy(second::run)
                        .withMessageContaining("AsyncGenerator[slow, running] is already running");
            }
            assertThat(first.await()).isEqualTo(1);
            slow.close();
        });
    }

    @Test
    void aCancelOfTheConsumerEndsTheWaitOfTheBodyWhichCleansUp() {
        TestLoop.run(() -> {
            AsyncGenerator<Integer, @Nullable Void> values = AsyncGenerator.yielding(out -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                    out.yield(1);
                } catch (CancelledException e) {
                    order.add("body: " + e.reason());
                    throw e;
                } finally {
                    order.add("finally");
                }
            });
            Task<?> consumer = spawn(() -> {
                for (int ignored : values) {
                    order.add("never");
                }
            });
            sleep(SECOND).await();
            consumer.cancel("enough");
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(consumer::await)
                    .withMessageContaining("enough");
            assertThat(order).containsExactly("body: enough", "finally");
            assertThat(values.isEnded()).isTrue();
        });
    }

    @Test
    void aTimeoutOfTheConsumerAppliesToTheBodyAndIsAbsorbedOnlyOutside() {
        TestLoop.run(() -> {
            var ticks = ticks(10);
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(() -> timeout(Duration.ofMillis(2500), () -> {
                        for (int tick : ticks) {
                            order.add("tick " + tick);
                        }
                    }));
            assertThat(order).containsExactly("tick 1", "tick 2");
            assertThat(ticks.isEnded()).isTrue();
        });
    }

    @Test
    void aBodyThatCatchesTheCancelGoesOn() {
        TestLoop.run(() -> {
            AsyncGenerator<String, @Nullable Void> values = AsyncGenerator.yielding(out -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    out.yield("instead");
                }
            });
            Future<@Nullable String> value = values.next();
            yieldNow();
            value.cancel("not now");
            assertThat(value.await()).isEqualTo("instead");
            assertThat(values.next().await()).isNull();
        });
    }

    @Test
    void aValueWhoseFutureIsCancelledUnreadGoesToTheNextRequest() {
        TestLoop.run(() -> {
            var ticks = AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 1; ; i++) {
                    out.yield(i);
                }
            });
            Future<@Nullable Integer> one = ticks.next();
            Future<@Nullable Integer> two = ticks.next();
            Future<@Nullable Integer> three = ticks.next();
            assertThat(three.cancel()).isTrue();
            assertThat(one.cancel()).isTrue();
            assertThat(two.await()).isEqualTo(2);
            assertThat(two.cancel()).isFalse();
            assertThat(ticks.next().await()).isEqualTo(1);
            Future<@Nullable Integer> again = ticks.next();
            assertThat(again.cancel()).isTrue();
            for (int tick : ticks) {
                order.add("" + tick);
                if (tick == 4) {
                    break;
                }
            }
            assertThat(order).containsExactly("3", "4");
            ticks.close();
        });
    }

    @Test
    void aRequestThatTimesOutAsItsValueComesLosesNothing() {
        TestLoop.run(() -> {
            var ticks = AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 1; i <= 5; i++) {
                    try {
                        sleep(SECOND).await();
                    } catch (CancelledException e) {
                        order.add("late " + i);
                    }
                    out.yield(i);
                }
            });
            var seen = new ArrayList<@Nullable Integer>();
            while (seen.size() < 5) {
                try {
                    seen.add(waitFor(ticks.next(), SECOND).await());
                } catch (TimeoutException e) {
                    order.add("timed out");
                }
            }
            assertThat(seen).containsExactly(1, 2, 3, 4, 5);
            assertThat(ticks.next().await()).isNull();
        });
    }

    @Test
    void whatHasNextHasFetchedIsThereForEverybody() {
        TestLoop.run(() -> {
            AsyncGenerator<Integer, Integer> values = AsyncGenerator.of(out -> {
                for (int i = 1; i <= 3; i++) {
                    out.yield(i);
                }
            });
            assertThat(values.iterator().hasNext()).isTrue();
            assertThatIllegalStateException().isThrownBy(() -> values.send(1)).withMessageContaining("nobody has read");
            assertThat(values.next().await()).isEqualTo(1);
            var iterator = values.iterator();
            assertThat(iterator.next()).isEqualTo(2);
            assertThat(iterator.next()).isEqualTo(3);
            assertThat(iterator.hasNext()).isFalse();
            assertThatThrownBy(iterator::next).isInstanceOf(java.util.NoSuchElementException.class);
        });
    }

    @Test
    void aScopeOfTheBodyIsNotOpenAtAYield() {
        TestLoop.run(() -> {
            var inTimeout = AsyncGenerator.<Integer>yielding(out -> timeout(SECOND, () -> {
                yieldNow();
                out.yield(1);
            }));
            assertThatIllegalStateException()
                    .isThrownBy(() -> inTimeout.next().await())
                    .withMessageContaining("across a yield");
            var inGroup = AsyncGenerator.<Integer>yielding(out -> TaskGroup.run(group -> {
                group.spawn(() -> sleep(SECOND).await());
                out.yield(1);
            }));
            assertThatThrownBy(() -> inGroup.iterator().hasNext()).hasStackTraceContaining("across a yield");
            var between = AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 1; i <= 3; i++) {
                    int value = i;
                    out.yield(timeout(
                            Duration.ofSeconds(2), () -> sleep(SECOND, value).await()));
                }
            });
            for (int value : between) {
                assertThat(timeout(SECOND, () -> value)).isEqualTo(seconds());
            }
        });
    }

    @Test
    void nullIsRefused() {
        TestLoop.run(() -> {
            var yieldsNull = AsyncGenerator.<Integer>yielding(out -> out.yield(nothing()));
            assertThatThrownBy(() -> yieldsNull.next().await())
                    .isInstanceOf(NullPointerException.class)
                    .hasMessageContaining("does not yield null");
        });
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what a caller without the checker does
    private static <T> T nothing() {
        return null;
    }

    @Test
    void oneOfAnotherLoopIsRefused() {
        var ticks = ticks(3);
        try (var test = new TestLoop()) {
            test.runMain(() -> ticks.next().await());
            TestLoop.run(() -> assertThatIllegalStateException()
                    .isThrownBy(() -> ticks.next().cancel())
                    .withMessageContaining("belongs to it"));
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> ticks.next().cancel())
                .withMessageContaining("no event loop");
    }

    @Test
    void itsCloseRunsTheFinallyBlocksWhichMayAwait() {
        TestLoop.run(() -> {
            var values = AsyncGenerator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    sleep(SECOND).await();
                    order.add("closed at " + seconds());
                }
            });
            values.next().await();
            values.aclose().await();
            values.aclose().await();
            try (var again = AsyncGenerator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                    out.yield(2);
                } finally {
                    sleep(SECOND).await();
                    order.add("closed at " + seconds());
                }
            })) {
                for (int value : again) {
                    order.add("" + value);
                    break;
                }
            }
            assertThat(order).containsExactly("closed at 1", "1", "closed at 2");
        });
    }

    @Test
    void aBodyThatYieldsInItsCloseFailsTheClose() {
        TestLoop.run(() -> {
            var stubborn = AsyncGenerator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    out.yield(2);
                }
            });
            stubborn.next().await();
            assertThatIllegalStateException()
                    .isThrownBy(() -> stubborn.aclose().await())
                    .withMessageContaining("yielded while it was being closed");
            stubborn.aclose().await();
        });
    }

    @Test
    void aCancelOfACloseCancelsWhatTheFinallyBlockWaitsFor() {
        TestLoop.run(() -> {
            var values = AsyncGenerator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                } finally {
                    sleep(Duration.ofHours(1)).await();
                }
            });
            values.next().await();
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(() -> waitFor(values.aclose(), SECOND).await());
            assertThat(values.isEnded()).isTrue();
            assertThat(seconds()).isEqualTo(1);
        });
    }

    @Test
    void manyGeneratorsInManyTasksKeepApart() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<Integer>>();
            for (int t = 0; t < 100; t++) {
                int step = t % 7 + 1;
                tasks.add(spawn(() -> {
                    int sum = 0;
                    for (int value : AsyncGenerator.<Integer>yielding(out -> {
                        for (int i = 0; i < 50; i++) {
                            sleep(Duration.ofMillis(step)).await();
                            for (int j : Generator.<Integer>yielding(inner -> inner.yieldAll(List.of(1, 2)))) {
                                out.yield(j);
                            }
                        }
                    })) {
                        sum += value;
                        yieldNow();
                    }
                    return sum;
                }));
            }
            assertThat(gather(tasks).await()).hasSize(100).containsOnly(150);
        });
    }

    @Test
    void generatorsOverGeneratorsAwaitThroughAllLevels() {
        TestLoop.run(() -> {
            int sum = 0;
            for (int value : nested(200)) {
                sum += value;
            }
            assertThat(sum).isEqualTo(3 * 200 + 6);
            assertThat(seconds()).isEqualTo(3);
        });
    }

    private static AsyncGenerator<Integer, @Nullable Void> nested(int levels) {
        return levels == 0
                ? ticks(3)
                : AsyncGenerator.yielding(out -> {
                    for (int value : nested(levels - 1)) {
                        out.yield(value + 1);
                    }
                });
    }

    @Test
    @Tag("scaled")
    void aHundredThousandValues() {
        TestLoop.run(() -> {
            int count = Place.manyAreQuick() ? 100_000 : 5_000;
            var values = AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 0; i < count; i++) {
                    if (i % 100 == 0) {
                        yieldNow();
                    }
                    out.yield(i);
                }
            });
            int next = 0;
            for (int value : values) {
                assertThat(value).isEqualTo(next++);
                Integer other = values.next().await();
                assertThat(other).isEqualTo(next++);
            }
            assertThat(next).isEqualTo(count);
        });
    }

    @Test
    void anAbandonedRequestIsNoLeakOfItsTask() {
        TestLoop.run(() -> {
            var block = new CountDownLatch(0);
            var values = AsyncGenerator.<Integer>yielding(out -> {
                block.await();
                out.yield(1);
                sleep(SECOND).await();
                out.yield(2);
            });
            values.next().await();
            Future<@Nullable Integer> second = values.next();
            sleep(Duration.ofSeconds(2)).await();
            assertThat(second.result()).isEqualTo(2);
            assertThat(EventLoop.current().allTasks()).hasSize(1);
            values.aclose().await();
        });
    }

    @Test
    void aBodyThatNeverWaitsDoesNotStarveTheOthers() {
        TestLoop.run(() -> {
            spawn(() -> order.add("another task"));
            for (int value : AsyncGenerator.<Integer>yielding(out -> {
                for (int i = 1; i <= 1000; i++) {
                    out.yield(i);
                }
            })) {
                if (value == 100) {
                    assertThat(order).containsExactly("another task");
                }
            }
        });
    }

    @Test
    void oneThatAPlainGeneratorHasBegunMayWaitOutsideOfThat() {
        TestLoop.run(() -> {
            var ticks = AsyncGenerator.<Integer>yielding(out -> {
                out.yield(0);
                sleep(SECOND).await();
                out.yield(1);
            });
            assertThat(Place.all(Generator.<Integer>yielding(
                            out -> out.yield(ticks.iterator().next()))))
                    .containsExactly(0);
            assertThat(ticks.next().await()).isEqualTo(1);
            ticks.close();
        });
    }
}

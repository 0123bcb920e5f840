package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of the ready queue, and running, stopping and closing a loop. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EventLoopTest {

    private final List<String> order = new ArrayList<>();

    // --- order

    @Test
    void callbacksRunInTheOrderOfTheirCalls() {
        var seen = new ArrayList<Integer>();
        try (var test = new TestLoop()) {
            IntStream.range(0, 1000).forEach(i -> test.loop().callSoon(() -> seen.add(i)));
            test.advance(Duration.ZERO);
        }
        assertThat(seen)
                .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
    }

    @Test
    void callbacksAndTasksShareOneOrder() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (int i = 0; i < 3; i++) {
                int n = i;
                loop.callSoon(() -> order.add("callback " + n));
                loop.spawn(() -> order.add("task " + n));
            }
            yieldNow();
        });
        assertThat(order).containsExactly("callback 0", "task 0", "callback 1", "task 1", "callback 2", "task 2");
    }

    @Test
    void whatABatchAddsRunsInTheNextTurn() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                order.add("a");
                loop.callSoon(() -> order.add("c"));
            });
            loop.callSoon(() -> order.add("b"));
            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("a", "b");
            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("a", "b", "c");
        }
    }

    @Test
    void aCallbackThatReschedulesItselfLetsOthersRun() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var again = new Runnable[1];
            again[0] = () -> {
                order.add("greedy");
                if (order.size() < 6) {
                    loop.callSoon(again[0]);
                }
            };
            loop.callSoon(again[0]);
            loop.callSoon(() -> order.add("other"));
            yieldNow();
            assertThat(order).containsExactly("greedy", "other");
            yieldNow();
            assertThat(order).containsExactly("greedy", "other", "greedy");
        });
    }

    @Test
    void aCallbackThatIsNullIsRefused() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            assertThatNullPointerException().isThrownBy(() -> loop.callSoon(null));
            assertThatNullPointerException().isThrownBy(() -> loop.callSoonThreadsafe(null));
            assertThatNullPointerException().isThrownBy(() -> loop.callLater(Duration.ZERO, null));
            assertThatNullPointerException().isThrownBy(() -> loop.callLater(null, () -> {}));
            assertThatNullPointerException().isThrownBy(() -> loop.spawn("name", (VoidBody<Exception>) null));
        }
    }

    // --- stop

    @Test
    void stopBeforeTheRunGivesExactlyOneTurn() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                order.add("first");
                loop.callSoon(() -> order.add("second"));
            });
            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("first");
        }
    }

    @Test
    void stopInABatchLetsTheBatchEnd() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> order.add("a"));
            loop.callSoon(() -> {
                loop.stop();
                loop.callSoon(() -> order.add("next run"));
            });
            loop.callSoon(() -> order.add("b"));
            loop.runForever();
            assertThat(order).containsExactly("a", "b");
        }
    }

    @Test
    void aStoppedLoopRunsAgainFromWhereItWas() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Task<String> task = loop.spawn(() -> {
                loop.sleep(Duration.ofSeconds(2)).await();
                return "value";
            });
            loop.callLater(Duration.ofSeconds(1), loop::stop);
            loop.runForever();
            assertThat(task.isDone()).isFalse();
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(1));
            assertThat(loop.runUntilComplete(task)).isEqualTo("value");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void aLoopThatIsStoppedBeforeItsFutureIsDoneSaysSo() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<String> promise = loop.promise();
            loop.callSoon(loop::stop);
            assertThatIllegalStateException()
                    .isThrownBy(() -> loop.runUntilComplete(promise))
                    .withMessageContaining("stopped before")
                    .withMessageContaining("Promise[pending]");
            loop.callSoon(() -> promise.complete("value"));
            assertThat(loop.runUntilComplete(promise)).isEqualTo("value");
        }
    }

    @Test
    void aStopInTheTurnThatCompletesTheFutureDoesNotStopTheNextRun() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<String> promise = loop.promise();
            loop.callSoon(() -> {
                promise.complete("value");
                loop.stop();
            });
            assertThat(loop.runUntilComplete(promise)).isEqualTo("value");
            assertThatNoException().isThrownBy(() -> loop.runUntilComplete(loop.sleep(Duration.ofSeconds(1))));
        }
    }

    // --- run

    @Test
    void runUntilCompleteGivesTheValueOfAFutureThatIsDoneWithoutATurn() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> order.add("turn"));
            assertThat(loop.runUntilComplete(loop.completed("value"))).isEqualTo("value");
            assertThat(order).isEmpty();
        }
    }

    @Test
    void whatElseWaitsForTheFutureRunsBeforeTheLoopStops() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<String> promise = loop.promise();
            promise.addDoneCallback(f -> order.add("before " + f.result()));
            loop.callSoon(() -> promise.addDoneCallback(f -> order.add("after " + f.result())));
            loop.callSoon(() -> promise.complete("value"));
            loop.runUntilComplete(promise);
            assertThat(order).containsExactly("before value", "after value");
        }
    }

    @Test
    void theFailureOfWhatIsRunIsThrownAndNotReported() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            assertThatThrownBy(() -> loop.runUntilComplete(loop.spawn(() -> {
                        throw new IllegalArgumentException("boom");
                    })))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("boom");
            assertThatThrownBy(() -> loop.runUntilComplete(loop.spawn(() -> {
                        throw new IOException("checked");
                    })))
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFutureOfAnotherLoopIsRefused() {
        try (var one = new TestLoop();
                var two = new TestLoop()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> one.loop().runUntilComplete(two.loop().promise()))
                    .withMessageContaining("belongs to");
        }
    }

    @Test
    void aLoopThatRunsCannotBeRunAgain() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                assertThatIllegalStateException().isThrownBy(loop::runForever).withMessageContaining("runs already");
                assertThatIllegalStateException().isThrownBy(() -> loop.runUntilComplete(loop.promise()));
                order.add("refused");
                loop.stop();
            });
            loop.runForever();
            assertThat(order).containsExactly("refused");
        }
    }

    @Test
    void aLoopCannotRunInsideAnother() {
        TestLoop.run(() -> {
            assertThatIllegalStateException()
                    .isThrownBy(() -> EventLoop.run(() -> 1))
                    .withMessageContaining("already");
            try (EventLoop other = EventLoop.create()) {
                assertThatIllegalStateException()
                        .isThrownBy(other::runForever)
                        .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
            }
            // and nothing of this one is broken by it
            assertThat(spawn(() -> "value").await()).isEqualTo("value");
        });
    }
}

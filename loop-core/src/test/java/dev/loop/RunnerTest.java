package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Running main tasks, and the end of a loop with everything that is left on it. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunnerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    // --- running

    @Test
    @Tag("both-engines")
    void itGivesWhatTheBodyReturned() {
        assertThat(EventLoop.<String>run(() -> "value")).isEqualTo("value");
        Callable<String> failing = () -> {
            throw new IOException("io");
        };
        assertThatThrownBy(() -> EventLoop.run(failing))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(() -> EventLoop.run(() -> {
                    throw new IllegalArgumentException("boom");
                }))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Tag("both-engines")
    void oneLoopServesManyRunsAndTheRestGoesOnInBetween() {
        try (var runner = Runner.create()) {
            EventLoop loop = runner.loop();
            Task<String> rest = runner.run(() -> spawn(() -> {
                sleep(Duration.ofMillis(1)).await();
                return "rest";
            }));
            assertThat(rest.isDone()).isFalse();
            assertThat(runner.<String>run(() -> rest.await())).isEqualTo("rest");
            assertThat(runner.<EventLoop>run(EventLoop::current)).isSameAs(loop);
        }
    }

    @Test
    @Tag("both-engines")
    void closingTwiceIsHarmlessAndAClosedRunnerRunsNothing() {
        var runner = Runner.create();
        runner.close();
        runner.close();
        assertThatIllegalStateException().isThrownBy(() -> runner.run(() -> 1)).withMessageContaining("closed");
        assertThat(runner.loop().isClosed()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void aMainTaskThatStopsTheLoopIsTold() {
        try (var test = new TestLoop()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> test.runMain(() -> {
                        EventLoop.current().stop();
                        sleep(SECOND).await();
                    }))
                    .withMessageContaining("stopped before")
                    .withMessageContaining("main");
        }
    }

    // --- the end

    @Test
    @Tag("both-engines")
    void whatIsLeftIsCancelledAndWaitedFor() {
        var test = new TestLoop();
        test.runMain(() -> {
            for (String name : List.of("a", "b")) {
                spawn(name, () -> {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add(name + ": " + e.reason());
                        throw e;
                    }
                });
            }
            yieldNow();
        });
        test.loop().spawn("never begun", () -> order.add("never"));
        test.close();
        assertThat(order).containsExactlyInAnyOrder("a: the event loop is closing", "b: the event loop is closing");
        assertThat(test.elapsed()).isZero();
        assertThat(test.loop().allTasks()).isEmpty();
    }

    @Test
    @Tag("both-engines")
    void theMainTasksFailureDoesNotKeepTheRestFromBeingCancelled() {
        assertThatThrownBy(() -> EventLoop.run(() -> {
                    spawn(() -> {
                        try {
                            sleep(HOUR).await();
                        } finally {
                            order.add("cancelled");
                        }
                    });
                    yieldNow();
                    throw new IllegalArgumentException("main");
                }))
                .hasMessage("main");
        assertThat(order).containsExactly("cancelled");
    }

    @Test
    @Tag("both-engines")
    void theEndIsALevelAndCannotBeCaught() {
        var test = new TestLoop();
        test.runMain(() -> {
            spawn(() -> {
                for (int i = 0; i < 3; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add("caught " + i);
                    }
                }
            });
            yieldNow();
        });
        test.close();
        assertThat(order).containsExactly("caught 0", "caught 1", "caught 2");
        assertThat(test.elapsed()).isZero();
    }

    @Test
    @Tag("both-engines")
    void theEndIsNoneOfThePublicCancelsAndAsksOnce() {
        var test = new TestLoop();
        test.runMain(() -> {
            Promise<String> slow = EventLoop.current().promise((promise, reason) -> {
                order.add("asked: " + reason);
                promise.loop().callLater(Duration.ofMillis(500), () -> order.add("another turn"));
                promise.loop().callLater(SECOND, () -> promise.fail(new CancelledException(reason)));
                return false;
            });
            spawn(() -> {
                try {
                    slow.await();
                } finally {
                    order.add("cancelling: " + Async.currentTask().cancelling());
                }
            });
            yieldNow();
        });
        test.close();
        assertThat(order).containsExactly("asked: the event loop is closing", "another turn", "cancelling: 0");
        assertThat(test.elapsed()).isEqualTo(SECOND);
    }

    @Test
    @Tag("both-engines")
    void tasksThatTheDyingOnesStartAreCancelledToo() {
        var test = new TestLoop();
        test.runMain(() -> {
            spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    spawn(() -> order.add("never"));
                }
            });
            yieldNow();
        });
        test.close();
        assertThat(order).isEmpty();
        assertThat(test.loop().allTasks()).isEmpty();
    }

    @Test
    @Tag("both-engines")
    void whatOverrunsTheLimitOfTenSecondsIsReportedWithItsStack() {
        var test = new TestLoop();
        var promise = new ArrayList<Promise<String>>();
        test.runMain(() -> {
            EventLoop loop = EventLoop.current();
            promise.add(loop.promise((_, _) -> false)); // refuses every cancel
            spawn("stuck", () -> waitHere(promise.getFirst()));
            yieldNow();
        });
        assertThatThrownBy(test::close).isInstanceOf(AssertionError.class).hasMessageContaining("stuck");
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(10));
        assertThat(test.loop().isClosed()).isTrue();
        assertThat(test.reports()).singleElement().satisfies(report -> {
            assertThat(report.message())
                    .contains("stuck")
                    .contains("did not end")
                    .contains("PT10S");
            assertThat(report.exception().getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("waitHere"));
        });
    }

    private static void waitHere(Future<?> future) {
        future.await();
    }

    @Test
    @Tag("both-engines")
    void aTaskThatCatchesEveryCancelCannotKeepTheLoopFromClosing() {
        // on the machine's clock: on virtual time such a task would hold the clock as well
        EventLoop loop = EventLoop.builder().closeLimit(Duration.ofMillis(20)).build();
        loop.setExceptionHandler((_, context) -> order.add(context.message()));
        var giveUp = new boolean[1]; // so that the test ends also where the close does not
        var caught = new int[1];
        try (var runner = Runner.create(() -> loop)) {
            runner.run(() -> {
                spawn("stubborn", () -> {
                    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
                    while (!loop.isClosed() && !giveUp[0]) {
                        try {
                            sleep(HOUR).await();
                        } catch (CancelledException e) {
                            giveUp[0] = ++caught[0] % 1000 == 0 && System.nanoTime() > end;
                        }
                    }
                });
                yieldNow();
            });
        }
        assertThat(giveUp[0]).as("the close has waited for ever").isFalse();
        assertThat(order).singleElement().asString().contains("stubborn").contains("did not end");
    }

    @Test
    @Tag("unseeded") // ten thousand turns of one task
    @Tag("both-engines")
    void aTaskThatCatchesEveryCancelCannotHoldVirtualTimeForEver() {
        var test = new TestLoop();
        var caught = new int[1];
        test.runMain(() -> {
            spawn("stubborn", () -> {
                while (!test.loop().isClosed() && caught[0] < 5_000_000) { // so that the test ends in any case
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        caught[0]++;
                    }
                }
            });
            yieldNow();
        });
        assertThatThrownBy(test::close).isInstanceOf(AssertionError.class).hasMessageContaining("stubborn");
        assertThat(caught[0]).isLessThan(5_000_000);
        assertThat(test.loop().isClosed()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void callbacksThatAreReadyAtTheEndStillRunAndTimersDoNot() {
        var test = new TestLoop();
        test.runMain(() -> {
            EventLoop.current().callSoon(() -> order.add("ready"));
            EventLoop.current().callLater(SECOND, () -> order.add("later"));
        });
        test.close();
        assertThat(order).containsExactly("ready");
        assertThat(test.elapsed()).isZero();
    }
}

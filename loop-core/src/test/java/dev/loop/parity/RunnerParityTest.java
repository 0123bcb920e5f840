package dev.loop.parity;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.loop.CancelledException;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.InterruptedRunException;
import dev.loop.Promise;
import dev.loop.Runner;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's run, Runner and the life of a loop: running, stopping, closing, signals. */
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RunnerParityTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    @Test
    void aStopBeforeTheRunMeansOneTurnAndAStopInABatchLetsTheBatchEnd_5() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                order.add("one");
                loop.callSoon(() -> order.add("added by one"));
            });
            loop.callSoon(() -> order.add("two"));
            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("one", "two");

            order.clear();
            loop.callSoon(() -> {
                loop.stop();
                loop.callSoon(() -> order.add("added by the stop"));
            });
            loop.callSoon(() -> order.add("behind the stop"));
            loop.runForever();
            assertThat(order).containsExactly("added by one", "behind the stop");

            loop.stop();
            loop.runForever();
            assertThat(order).containsExactly("added by one", "behind the stop", "added by the stop");
        }
    }

    @Test
    void aRunThatIsStoppedEarlyIsToldNestedRunsAreRefusedAndTheLoopGoesOn_6() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<String> never = loop.promise();
            loop.callSoon(loop::stop);
            assertThatIllegalStateException()
                    .isThrownBy(() -> loop.runUntilComplete(never))
                    .withMessageContaining("stopped before the future was done");

            test.runMain(() -> {
                assertThatIllegalStateException()
                        .isThrownBy(() -> loop.runUntilComplete(never))
                        .withMessageContaining("runs already");
                assertThatIllegalStateException().isThrownBy(loop::runForever);
                try (var other = EventLoop.create()) {
                    assertThatIllegalStateException()
                            .isThrownBy(other::runForever)
                            .withMessageContaining("cannot run inside another");
                }
                assertThatIllegalStateException().isThrownBy(() -> EventLoop.run(() -> 1));
            });

            never.complete("usable");
            assertThat(loop.runUntilComplete(never)).isEqualTo("usable");
        }
    }

    @Test
    void aClosedLoopRefusesCallsARunningOneTheCloseAndASecondCloseIsHarmless_7() {
        EventLoop loop = EventLoop.builder().name("gone").build();
        loop.runUntilComplete(loop.spawn(() ->
                assertThatIllegalStateException().isThrownBy(loop::close).withMessageContaining("while it runs")));
        loop.close();
        loop.close();
        List<Runnable> calls = List.of(
                () -> loop.callSoon(() -> {}),
                () -> loop.callSoonThreadsafe(() -> {}),
                () -> loop.callLater(HOUR, () -> {}),
                () -> loop.spawn(() -> {}),
                () -> loop.runInExecutor(() -> 1).cancel(),
                loop::runForever);
        for (Runnable call : calls) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessage("gone is closed");
        }
    }

    @Test
    void aFatalErrorWinsBareAndTheRestIsReported_66() {
        var fatal = new NoClassDefFoundError("fatal");
        EventLoop loop = EventLoop.create();
        loop.setExceptionHandler((_, context) -> order.add(String.valueOf(context.exception())));
        var runner = Runner.create(() -> loop);
        assertThatThrownBy(() -> runner.run(() -> {
                    spawn(() -> {
                        throw new IllegalArgumentException("another");
                    });
                    spawn(() -> {
                        throw fatal;
                    });
                    spawn(() -> {
                        throw new UnsatisfiedLinkError("second");
                    });
                    sleep(HOUR).await();
                }))
                .isSameAs(fatal);
        runner.close();
        assertThat(order)
                .containsExactlyInAnyOrder(
                        "java.lang.UnsatisfiedLinkError: second", "java.lang.IllegalArgumentException: another");
    }

    private static void interruptThisProcess() {
        toThread(() -> {
                    String pid = Long.toString(ProcessHandle.current().pid());
                    return new ProcessBuilder("kill", "-INT", pid).start().waitFor();
                })
                .await();
    }

    /** Whoever starts the tests in the background may have told the system so; then nothing here can be interrupted. */
    private static boolean ignoresInterrupts() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> (Long.parseLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    @Test
    void theFirstInterruptCancelsMainAndTheSecondAborts_67() throws IOException {
        assumeFalse(ignoresInterrupts());
        EventLoop loop = EventLoop.create();
        loop.setExceptionHandler((_, context) -> order.add("reported: " + context.message()));
        try (var runner = Runner.builder().loop(() -> loop).signals(true).build()) {
            assertThatThrownBy(() -> runner.run(() -> {
                        interruptThisProcess();
                        sleep(HOUR).await();
                    }))
                    .isInstanceOf(InterruptedRunException.class)
                    .hasMessage("interrupted by SIGINT");
            String value = runner.run(() -> {
                try {
                    interruptThisProcess();
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add("cancels asked for: " + currentTask().uncancel());
                }
                return "a main task that goes on is left alone";
            });
            assertThat(value).startsWith("a main task");
            assertThatThrownBy(() -> runner.run(() -> {
                        try {
                            interruptThisProcess();
                            sleep(HOUR).await();
                        } finally {
                            interruptThisProcess();
                            sleep(HOUR).await();
                        }
                    }))
                    .isInstanceOf(InterruptedRunException.class)
                    .hasMessageContaining("aborted");
        }
        assertThat(order).hasSize(2).first().isEqualTo("cancels asked for: 0");
        assertThat(order.getLast()).contains("main").contains("did not end before its loop was aborted");
    }

    @Test
    void runsOfOneRunnerShareTheirContextAndTheCloseCancelsAndReportsTheRest_67() {
        var user = ContextVar.<String>of("user");
        EventLoop loop = EventLoop.create();
        loop.setExceptionHandler((_, context) -> order.add("reported: " + context.exception()));
        try (var runner = Runner.create(() -> loop)) {
            runner.run(() -> {
                var _ = user.set("alice");
            });
            assertThat(runner.<String>run(user::get)).isEqualTo("alice");
            assertThatThrownBy(() -> runner.run(() -> {
                        throw new IOException("checked");
                    }))
                    .isInstanceOf(CompletionException.class);
            runner.run(() -> {
                spawn(() -> {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        order.add("cancelled: " + e.reason());
                        throw new IllegalArgumentException("while it ended");
                    }
                });
                yieldNow();
            });
        }
        assertThat(order)
                .containsExactly(
                        "cancelled: the event loop is closing",
                        "reported: java.lang.IllegalArgumentException: while it ended");
    }
}

package dev.loop;

import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a loop in debug mode tells that it does not tell else: what is slow, where things were made, who cancels. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DebugModeTest {

    private final CapturedLog log = new CapturedLog(EventLoop.class);

    @AfterEach
    void stopListening() {
        log.close();
    }

    /** Everything is slow. */
    private static LoopBuilder debug() {
        return EventLoop.builder().name("slow").debug(true).slowCallbackDuration(Duration.ZERO);
    }

    private static <T> T runOn(EventLoop loop, Callable<T> body) {
        try (var runner = Runner.create(() -> loop)) {
            return runner.run(body);
        }
    }

    private static void runOn(EventLoop loop, VoidBody<Exception> body) {
        try (var runner = Runner.create(() -> loop)) {
            runner.run(body);
        }
    }

    private String logged() {
        return log.lines.stream().map(ILoggingEvent::getFormattedMessage).collect(Collectors.joining("\n"));
    }

    // --- slow steps

    @Test
    void aSlowStepAndASlowCallbackAreLoggedWithNameAndTime() {
        runOn(debug().build(), () -> {
            EventLoop.current().callSoon(new Runnable() {
                @Override
                public void run() {}

                @Override
                public String toString() {
                    return "tidy-up";
                }
            });
            spawn("reader", () -> {}).await();
        });
        assertThat(log.lines).allSatisfy(line -> assertThat(line.getLevel()).isEqualTo(Level.WARN));
        assertThat(logged())
                .containsPattern("EventLoop\\[slow]: a step of the task reader took \\d+ ms; made here\n\tat ")
                .containsPattern("EventLoop\\[slow]: the callback tidy-up took \\d+ ms; made here\n\tat ")
                .contains("aSlowStepAndASlowCallback");
    }

    @Test
    void whatIsNotSlowIsNotLogged() {
        runOn(debug().slowCallbackDuration(Duration.ofHours(1)).build(), () -> {
            EventLoop.current().callSoon(() -> {});
            yieldNow();
        });
        runOn(debug().debug(false).build(), () -> {
            EventLoop.current().callSoon(() -> {});
            yieldNow();
        });
        assertThat(log.lines).isEmpty();
    }

    /** The words about a slow callback are a callback too; nothing would ever end if they were measured. */
    @Test
    void whatIsSaidIsNotItselfSlow() {
        try (EventLoop loop = debug().build()) {
            loop.callSoon(loop::stop);
            loop.runForever();
            loop.stop();
            loop.runForever();
            assertThat(log.lines).hasSize(1);
            assertThat(loop.statistics().ready()).isZero();
        }
    }

    @Test
    void theStackThatWasSeenMeanwhileIsLoggedToo() {
        var bound = Duration.ofMillis(8);
        for (boolean inTask : new boolean[] {false, true}) {
            EventLoop loop = debug().slowCallbackDuration(bound)
                    .stallBound(Duration.ZERO)
                    .build();
            runOn(loop, () -> {
                if (inTask) {
                    spawn("greedy", () -> untilItWasSeen(loop, bound)).await();
                } else {
                    loop.callSoon(() -> untilItWasSeen(loop, bound));
                }
                yieldNow();
            });
            assertThat(log.lines.stream()
                            .map(ILoggingEvent::getThrowableProxy)
                            .filter(Objects::nonNull) // a slow machine has other slow steps, which nobody may have seen
                            .map(stack -> Arrays.toString(stack.getStackTraceElementProxyArray())))
                    .anySatisfy(stack -> assertThat(stack).contains("untilItWasSeen"));
            log.lines.clear();
        }
    }

    private static void untilItWasSeen(EventLoop loop, Duration bound) {
        long began = System.nanoTime();
        while (loop.sampler.latest() == null
                || loop.sampler.latest().step() != loop.steps
                || System.nanoTime() - began < bound.toNanos()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void itIsTheTimeOfTheMachineThatIsSlow() {
        var clock = new ManualClock();
        runOn(debug().clock(clock).slowCallbackDuration(Duration.ofHours(1)).build(), () -> {
            EventLoop.current().callSoon(() -> clock.advance(Duration.ofDays(1)));
            yieldNow();
        });
        assertThat(log.lines).isEmpty();
    }

    // --- switching it

    @Test
    void itCanBeSwitchedWhileTheLoopRuns() {
        EventLoop loop = EventLoop.builder().debug(false).build();
        runOn(loop, () -> {
            assertThat(loop.isDebug()).isFalse();
            assertThat(loop.slowCallbackDuration()).isEqualTo(Duration.ofMillis(100));
            loop.setSlowCallbackDuration(Duration.ZERO);
            loop.setDebug(true);
            assertThat(loop.isDebug()).isTrue();
            loop.callSoon(() -> {});
            yieldNow();
            yieldNow();
            assertThat(log.lines).isNotEmpty();
            loop.setDebug(false);
            yieldNow();
            yieldNow();
            log.lines.clear();
            yieldNow();
            yieldNow();
            assertThat(log.lines).isEmpty();
            assertThat(loop.sampler.pause()).isEqualTo(Duration.ofMillis(250).toNanos());
            assertThatThrownBy(() -> loop.setSlowCallbackDuration(Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class);
        });
    }

    // --- where things were made

    private static Promise<String> makeAPromise() {
        return EventLoop.current().promise();
    }

    private static String creation(ExceptionContext report) {
        return report.creationStack().toString();
    }

    @Test
    void aFailureThatNobodyLookedAtSaysWhereItsFutureWasMade() {
        var test = new TestLoop();
        test.runMain(() -> {
            EventLoop.current().setDebug(true);
            Promise<String> waited = makeAPromise();
            waited.addDoneCallback(_ -> {});
            waited.fail(new IllegalArgumentException("boom"));
            spawn("culprit", () -> {
                throw new IllegalArgumentException("bang");
            });
            yieldNow();
        });
        catchThrowable(test::close);
        assertThat(test.reports())
                .hasSize(2)
                .satisfiesExactly(
                        report -> assertThat(creation(report)).contains("makeAPromise"),
                        report -> assertThat(creation(report)).contains("aFailureThatNobodyLookedAt"));
    }

    @Test
    void aCallbackThatFailsSaysWhereItsHandleWasMade() {
        try (var test = new TestLoop()) {
            test.loop().setDebug(true);
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                loop.callSoon(DebugModeTest::boom);
                loop.callSoonThreadsafe(DebugModeTest::boom);
                loop.callLater(Duration.ZERO, DebugModeTest::boom);
                yieldNow();
                yieldNow();
                assertThat(test.reports()).hasSize(3).allSatisfy(report -> {
                    assertThat(report.handle()).isNotNull();
                    assertThat(creation(report)).contains("aCallbackThatFails");
                });
                test.reports().clear();
            });
        }
    }

    private static void boom() {
        throw new IllegalArgumentException("boom");
    }

    @Test
    void aShieldedFailureSaysWhereTheFutureInsideWasMade() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().setDebug(true);
                Promise<String> inner = makeAPromise();
                shield(inner).cancel();
                inner.fail(new IllegalArgumentException("boom"));
                yieldNow();
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(creation(report)).contains("makeAPromise"));
                test.reports().clear();
            });
        }
    }

    @Test
    void theLogShowsIt() {
        try (EventLoop loop = EventLoop.builder().debug(true).build()) {
            loop.callSoon(DebugModeTest::boom);
        }
        assertThat(logged())
                .contains("a callback failed")
                .contains("; made here\n\tat ")
                .contains("theLogShowsIt");
    }

    @Test
    void withoutDebugModeNothingHasAHistory() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().setDebug(false);
                EventLoop.current().callSoon(DebugModeTest::boom);
                yieldNow();
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(report.creationStack()).isEmpty());
                test.reports().clear();
                assertThat(makeAPromise().created()).isNull();
            });
        }
    }

    /** What debug mode hangs on a future must not count as anybody who listens. */
    @Test
    void aFutureThatWasMadeInDebugModeBehavesAsAnyOther() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.setDebug(true);
            Promise<String> promise = loop.promise();
            assertThat(promise.hasWaiterBesides(null)).isFalse();
            Task<String> waiter = spawn(promise::await);
            yieldNow();
            waiter.cancel();
            assertThat(promise.isCancelled()).isTrue();
            assertThatThrownBy(waiter::await).isInstanceOf(CancelledException.class);
            Promise<String> other = loop.promise();
            other.addDoneCallback(DebugModeTest::ignore);
            assertThat(other.removeDoneCallback(DebugModeTest::ignore)).isZero(); // another method reference
            other.complete("value");
            assertThat(other.await()).isEqualTo("value");
        });
    }

    private static void ignore(Future<String> future) {
        assertThat(future.isDone()).isTrue();
    }

    // --- who cancels

    private static void culprit(Future<?> future) {
        future.cancel("enough");
    }

    private static String canceller(CancelledException e) {
        return e.getCause() + Arrays.toString(e.getCause().getStackTrace());
    }

    @Test
    void aCancelSaysWhereItWasAskedFor() {
        TestLoop.run(() -> {
            EventLoop.current().setDebug(true);
            Task<?> waiting = spawn(() -> sleep(Duration.ofHours(1)).await());
            Task<?> unstarted;
            yieldNow();
            unstarted = spawn(() -> {});
            Promise<String> promise = makeAPromise();
            spawn("killer", () -> {
                culprit(waiting);
                culprit(promise);
            });
            culprit(unstarted);
            yieldNow();
            for (Future<?> cancelled : new Future<?>[] {waiting, promise}) {
                assertThat(canceller(catchThrowableOfType(CancelledException.class, cancelled::await)))
                        .contains("cancelled here, by the task killer")
                        .contains("culprit");
            }
            assertThat(canceller(catchThrowableOfType(CancelledException.class, unstarted::await)))
                    .contains("cancelled here, by the task main")
                    .contains("culprit");
        });
    }

    @Test
    void aTimeOutIsTheLoopsOwnCancel() {
        TestLoop.run(() -> {
            EventLoop.current().setDebug(true);
            var timedOut = catchThrowableOfType(
                    TimeoutException.class,
                    () -> timeout(
                            Duration.ofSeconds(1),
                            () -> sleep(Duration.ofHours(1)).await()));
            assertThat(timedOut.getCause().getCause()).hasMessage("cancelled here, by the loop");
        });
    }

    @Test
    void withoutDebugModeACancelHasNoCause() {
        TestLoop.run(() -> {
            EventLoop.current().setDebug(false);
            Promise<String> promise = makeAPromise();
            culprit(promise);
            assertThat(catchThrowable(promise::await)).hasNoCause();
        });
    }
}

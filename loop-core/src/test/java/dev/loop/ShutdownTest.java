package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An orderly end: those who want to know are told, hooks run, and what goes on is cancelled when the time is up. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShutdownTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> events = new ArrayList<>();
    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();

    private void event(String what) {
        events.add(test.elapsed().toSeconds() + " " + what);
    }

    /** A hook that takes a second. */
    private void hook(String name) {
        loop.onClose(() -> {
            event(name + " begins");
            sleep(SECOND).await();
            event(name + " ends");
        });
    }

    @Test
    void hooksRunInTheReverseOrderOneAfterAnother() {
        hook("first");
        hook("second");
        hook("third");
        test.close();
        assertThat(events)
                .containsExactly(
                        "0 third begins",
                        "1 third ends",
                        "1 second begins",
                        "2 second ends",
                        "2 first begins",
                        "3 first ends");
    }

    @Test
    void aHookThatIsRegisteredByAHookRunsNext() {
        loop.onClose(() -> event("first"));
        loop.onClose(() -> {
            event("second");
            loop.onClose(() -> event("made by the second"));
        });
        test.close();
        assertThat(events).containsExactly("0 second", "0 made by the second", "0 first");
    }

    @Test
    void aHookThatFailsDoesNotKeepTheOthersFromRunning() {
        hook("first");
        loop.onClose(() -> {
            throw new IllegalArgumentException("no");
        });
        assertThatThrownBy(test::close).hasMessageContaining("no");
        assertThat(events).containsExactly("0 first begins", "1 first ends");
    }

    @Test
    void oneThatHangsIsCancelledAtTheDrainLimitAndTheOthersRunThenAllAtOnce() {
        hook("first");
        hook("second");
        loop.onClose(() -> hangHere());
        assertThatThrownBy(test::close).isInstanceOf(AssertionError.class);
        assertThat(events).containsExactly("10 second begins", "10 first begins", "11 second ends", "11 first ends");
        assertThat(test.reports()).singleElement().satisfies(report -> {
            assertThat(report.message()).contains("did not end within PT10S and is cancelled");
            assertThat(report.exception().getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("hangHere"));
        });
    }

    private static void hangHere() {
        sleep(HOUR).await();
    }

    // --- on request

    @Test
    void aProgramThatIsToldEndsByItselfWhileHooksRun() {
        hook("hook");
        String value = test.runMain(() -> {
            loop.callLater(SECOND, () -> loop.requestShutdown("enough"));
            event("told: " + loop.shutdownRequested().await());
            assertThat(loop.isShutdownRequested()).isTrue();
            sleep(Duration.ofSeconds(3)).await();
            event("main ends");
            return "value";
        });
        assertThat(value).isEqualTo("value");
        test.close();
        assertThat(events)
                .containsExactlyInAnyOrder("1 told: enough", "1 hook begins", "2 hook ends", "4 main ends")
                .endsWith("2 hook ends", "4 main ends");
    }

    @Test
    void aWaitForTheRequestIsOnesOwn() {
        test.runMain(() -> {
            Future<String> given = loop.shutdownRequested();
            Future<String> kept = loop.shutdownRequested();
            given.cancel();
            loop.requestShutdown("enough");
            loop.requestShutdown("again");
            assertThat(kept.await()).isEqualTo("enough");
            assertThat(loop.shutdownRequested().await()).isEqualTo("enough");
            assertThat(given.isCancelled()).isTrue();
        });
        test.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> loop.shutdownRequested().await());
        loop.requestShutdown("harmless");
    }

    @Test
    void whatGoesOnAtTheDrainLimitIsCancelledForGood() {
        hook("hook");
        assertThatThrownBy(() -> test.runMain(() -> {
                    loop.requestShutdown("enough");
                    spawn(() -> {
                        try {
                            sleep(HOUR).await();
                        } finally {
                            event("another task is cancelled");
                        }
                    });
                    for (int i = 0; i < 2; i++) {
                        try {
                            sleep(HOUR).await();
                        } catch (CancelledException e) {
                            event("main: " + e.reason());
                        }
                    }
                    sleep(HOUR).await();
                }))
                .isInstanceOf(InterruptedRunException.class)
                .hasMessage("shut down: enough")
                .hasNoCause()
                .satisfies(
                        e -> assertThat(((InterruptedRunException) e).signal()).isNull());
        assertThatIllegalStateException()
                .isThrownBy(() -> test.runMain(() -> {}))
                .withMessageContaining("was shut down (enough)");
        test.close();
        assertThat(events)
                .startsWith("0 hook begins", "1 hook ends")
                .containsExactlyInAnyOrder(
                        "0 hook begins",
                        "1 hook ends",
                        "10 main: enough",
                        "10 main: enough",
                        "10 another task is cancelled");
    }

    @Test
    void whereNobodyCouldUseTheTimeThereIsNone() {
        assertThatThrownBy(() -> test.runMain(() -> {
                    loop.requestShutdown("enough");
                    sleep(HOUR).await();
                }))
                .isInstanceOf(InterruptedRunException.class);
        test.close();
        assertThat(test.elapsed()).isZero();
    }

    @Test
    void aMainTaskThatWillNotEndIsLeftBehindAfterBothLimits() {
        hook("hook");
        assertThatThrownBy(() -> test.runMain(() -> {
                    loop.requestShutdown("enough");
                    Promise<String> refuses = loop.promise((_, _) -> false);
                    refuses.await();
                }))
                .isInstanceOf(InterruptedRunException.class)
                .hasMessageContaining("had not ended");
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(20));
        assertThatThrownBy(test::close).hasMessageContaining("main").hasMessageContaining("did not end within PT10S");
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void aLoopWithoutAMainTaskStopsWhenItsLastTaskHasEnded() {
        hook("hook");
        lasts(3);
        lasts(2);
        loop.requestShutdown("enough");
        loop.runForever();
        assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(3));
        test.close();
    }

    private void lasts(int seconds) {
        loop.spawn(() -> {
            sleep(Duration.ofSeconds(seconds)).await();
            event("ended");
        });
    }

    @Test
    void theCloseCarriesOnWhereTheRequestWas() {
        hook("first");
        hook("second");
        test.runMain(() -> {
            loop.requestShutdown("enough");
            yieldNow();
            yieldNow();
            yieldNow();
        });
        assertThat(events).containsExactly("0 second begins");
        test.close();
        assertThat(events).endsWith("1 second ends", "1 first begins", "2 first ends");
    }

    // --- what is found at the end

    @Test
    void aTaskThatOverranIsReportedAlsoWhereACallbackIsBlocked() {
        if (!loop.carrier.freesTheThread()) {
            test.close();
            return; // there a blocking call holds the loop itself
        }
        test.close();
        var reports = new ArrayList<String>();
        EventLoop mine = EventLoop.builder().closeLimit(Duration.ofMillis(5)).build();
        mine.setExceptionHandler((_, context) -> reports.add(context.message()));
        var lock = new ReentrantLock();
        lock.lock();
        try (var runner = Runner.create(() -> mine)) {
            runner.run(() -> {
                Async.spawn("stuck task", () -> lock.lock());
                mine.callSoon(lock::lock);
                yieldNow();
                yieldNow();
            });
        }
        lock.unlock();
        assertThat(reports)
                .hasSize(2)
                .anyMatch(report -> report.contains("stuck task"))
                .anyMatch(report -> report.contains("a callback"));
    }

    @Test
    void aFatalErrorOfTheCloseIsThrownWhenAllIsClosed() {
        loop.onClose(() -> {
            throw new NoClassDefFoundError("gone");
        });
        assertThatThrownBy(test::close).isInstanceOf(NoClassDefFoundError.class).hasMessage("gone");
        assertThat(loop.isClosed()).isTrue();
    }
}

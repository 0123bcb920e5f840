package dev.loop.testing;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Virtual time: when it jumps, when it does not, and what fails a test. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TestLoopTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    // --- jumps

    @Test
    @Tag("both-engines")
    void timeJumpsToTheNextDeadlineAndNoFurther() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                for (int hours : new int[] {3, 1, 2}) {
                    EventLoop.current().callLater(Duration.ofHours(hours), () -> order.add("" + test.elapsed()));
                }
                sleep(Duration.ofDays(1)).await();
            });
            assertThat(order).containsExactly("PT1H", "PT2H", "PT3H");
            assertThat(test.elapsed()).isEqualTo(Duration.ofDays(1));
        }
    }

    @Test
    @Tag("both-engines")
    void timeStandsStillWhileAnythingIsReady() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().callLater(Duration.ofNanos(1), () -> order.add("later"));
                for (int i = 0; i < 200; i++) {
                    yieldNow();
                }
                assertThat(test.elapsed()).isZero();
                assertThat(order).isEmpty();
            });
        }
    }

    @Test
    @Tag("both-engines")
    void aYearPassesInAMoment() {
        TestLoop.run(() -> {
            for (int day = 0; day < 365; day++) {
                sleep(Duration.ofDays(1)).await();
            }
            assertThat(EventLoop.current().time())
                    .isEqualTo(Duration.ofDays(365).toNanos());
            assertThat(EventLoop.current().clock().now()).isEqualTo(Instant.parse("2000-12-31T00:00:00Z"));
        });
    }

    @Test
    @Tag("both-engines")
    void oneLoopRunsManyBodiesOnOneClock() {
        try (var test = new TestLoop()) {
            test.runMain(() -> sleep(SECOND).await());
            assertThat(test.<String>runMain(() -> {
                        sleep(SECOND).await();
                        return "value";
                    }))
                    .isEqualTo("value");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
            assertThat(test.clock().elapsed()).isEqualTo(test.elapsed());
        }
    }

    // --- deadlocks

    @Test
    @Tag("both-engines")
    void tasksThatWaitForWhatCannotComeAreADeadlockThatNamesThem() {
        try (var test = new TestLoop()) {
            assertThatThrownBy(() -> test.runMain(() -> {
                        spawn("first", () -> EventLoop.current().promise().await());
                        spawn("second", () -> yieldNow());
                        sleep(SECOND).await();
                        EventLoop.current().promise().await();
                    }))
                    .isInstanceOf(DeadlockError.class)
                    .hasMessageContaining("main awaits Promise")
                    .hasMessageContaining("first awaits Promise")
                    .satisfies(e -> assertThat(e).message().doesNotContain("second"));
            assertThat(test.elapsed()).isEqualTo(SECOND);
        }
    }

    @Test
    @Tag("both-engines")
    void aDeadlineThatIsForEverIsNone() {
        assertThatThrownBy(() -> TestLoop.run(
                        () -> sleep(Duration.ofSeconds(Long.MAX_VALUE)).await()))
                .isInstanceOf(DeadlockError.class);
    }

    @Test
    @Tag("both-engines")
    void afterADeadlockTheLoopIsStillGood() {
        try (var test = new TestLoop()) {
            Promise<String> promise = test.loop().promise();
            assertThatThrownBy(() -> test.runMain(() -> promise.await())).isInstanceOf(DeadlockError.class);
            promise.complete("at last");
            assertThat(test.<String>runMain(() -> promise.await())).isEqualTo("at last");
            assertThatIllegalStateException()
                    .isThrownBy(() -> test.runMain(() -> {
                        throw new IllegalStateException("my own");
                    }))
                    .withMessage("my own");
        }
    }

    // --- reports

    @Test
    @Tag("both-engines")
    void whatReachesTheExceptionHandlerFailsTheTest() {
        var test = new TestLoop();
        test.runMain(() -> {
            EventLoop.current().callSoon(() -> {
                throw new IllegalArgumentException("in a callback");
            });
            yieldNow();
        });
        assertThat(test.reports()).hasSize(1);
        assertThatThrownBy(test::close)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("in a callback")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(test.loop().isClosed()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void soDoesAFailureThatNobodyLookedAt() {
        assertThatThrownBy(() -> TestLoop.run(() -> {
                    spawn("lost", () -> {
                        throw new IOException("unseen");
                    });
                    yieldNow();
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("lost")
                .hasMessageContaining("unseen");
    }

    @Test
    @Tag("both-engines")
    void whatATestTakesOffTheListWasExpected() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().callSoon(() -> {
                    throw new IllegalArgumentException("expected");
                });
                yieldNow();
            });
            assertThat(test.reports().removeFirst().exception()).hasMessage("expected");
        }
    }

    @Test
    @Tag("both-engines")
    void theBodysOwnFailureIsNotHiddenByReports() {
        assertThatThrownBy(() -> TestLoop.run(() -> {
                    EventLoop.current().failed(new IOException("unseen")).isDone();
                    throw new IllegalArgumentException("the body");
                }))
                .hasMessage("the body")
                .satisfies(e -> assertThat(e.getSuppressed()).hasAtLeastOneElementOfType(AssertionError.class));
    }

    // --- what runs on real time

    @Test
    @Tag("both-engines")
    void workOnAHelperThreadIsWaitedForAndTimeDoesNotJump() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().callLater(Duration.ofHours(1), () -> order.add("jumped"));
                assertThat(toThread(() -> "value").await()).isEqualTo("value");
                assertThat(test.elapsed()).isLessThan(Duration.ofMinutes(10));
                assertThat(order).isEmpty();
                sleep(Duration.ofHours(1)).await();
                assertThat(order).containsExactly("jumped");
            });
        }
    }

    @Test
    @Tag("both-engines")
    void aStageOfAnotherThreadIsNoDeadlock() {
        TestLoop.run(() -> assertThat(Future.from(CompletableFuture.supplyAsync(() -> "value"))
                        .await())
                .isEqualTo("value"));
    }

    @Test
    @Tag("both-engines")
    void aRealChannelRunsOnRealTime() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                Promise<Integer> ready = loop.promise();
                Registration registration = loop.register(pipe.source(), Interest.READ, ready::tryComplete);
                loop.callLater(Duration.ofHours(1), () -> order.add("jumped"));
                Thread.ofPlatform().start(() -> write(pipe));
                assertThat(ready.await()).isEqualTo(Interest.READ);
                assertThat(test.elapsed()).isLessThan(Duration.ofMinutes(10));
                registration.cancel();
                sleep(Duration.ofHours(1)).await(); // nothing real is left: it jumps again
            });
        } finally {
            pipe.source().close();
            pipe.sink().close();
        }
    }

    private static void write(Pipe pipe) {
        try {
            pipe.sink().write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aTaskInABlockingCallRunsOnRealTime() {
        try (var test = TestLoop.builder().allowRealTime().build()) {
            test.runMain(() -> {
                EventLoop.current().callLater(Duration.ofHours(1), () -> order.add("jumped"));
                Thread.sleep(2);
                assertThat(test.elapsed()).isLessThan(Duration.ofMinutes(10));
                assertThat(order).isEmpty();
            });
        }
    }

    // --- the clock

    @Test
    void aManualClockMovesWhenItIsTold() {
        var clock = new ManualClock();
        assertThat(clock.nanoTime()).isZero();
        assertThat(clock.now()).isEqualTo(Instant.parse("2000-01-01T00:00:00Z"));
        clock.advance(Duration.ofSeconds(90));
        assertThat(clock.elapsed()).isEqualTo(Duration.ofSeconds(90));
        assertThat(clock.nanoTime()).isEqualTo(90_000_000_000L);
        assertThat(clock.now()).isEqualTo(Instant.parse("2000-01-01T00:01:30Z"));
        assertThat(clock).hasToString("ManualClock[PT1M30S]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> clock.advance(Duration.ofNanos(-1)))
                .withMessageContaining("backwards");
    }

    @Test
    @Tag("both-engines")
    void aStepThatTakesLongIsPlayedByMovingTheClock() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().callLater(SECOND, () -> order.add("late, at " + test.elapsed()));
                test.clock().advance(Duration.ofSeconds(5));
                Async.sleep(SECOND).await();
                assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(6));
            });
        }
        assertThat(order).containsExactly("late, at PT5S");
    }
}

package dev.loop.testing;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Moving a test's time on by hand. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AdvanceTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    void advanceRunsWhatIsDueUntilThenAndNothingLater() {
        try (var test = new TestLoop()) {
            for (int second = 1; second <= 3; second++) {
                int n = second;
                test.loop().callLater(Duration.ofSeconds(second), () -> order.add(n + " at " + test.elapsed()));
            }
            test.advance(SECOND);
            assertThat(order).containsExactly("1 at PT1S");
            test.advance(Duration.ofMillis(500));
            assertThat(order).hasSize(1);
            assertThat(test.elapsed()).isEqualTo(Duration.ofMillis(1500));
            test.advance(SECOND);
            assertThat(order).containsExactly("1 at PT1S", "2 at PT2S");
        }
    }

    @Test
    void advanceRunsAlsoWhatFollowsAtThatInstant() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<String> promise = loop.promise();
            loop.spawn(() -> {
                sleep(SECOND).await();
                promise.complete("a");
            });
            loop.spawn(() -> {
                order.add(promise.await());
                order.add(spawn(() -> "b").await());
                sleep(Duration.ZERO).await();
                order.add("c");
                sleep(Duration.ofNanos(1)).await();
                order.add("later");
            });
            test.advance(SECOND);
            assertThat(test.elapsed()).isEqualTo(SECOND);
            assertThat(order).containsExactly("a", "b", "c");
        }
    }

    @Test
    void advanceByNothingRunsWhatIsReady() {
        try (var test = new TestLoop()) {
            test.loop().callSoon(() -> order.add("ready"));
            test.advance(Duration.ZERO);
            assertThat(order).containsExactly("ready");
            assertThat(test.elapsed()).isZero();
        }
    }

    @Test
    void aTimeBackwardsIsRefused() {
        try (var test = new TestLoop()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> test.advance(Duration.ofNanos(-1)))
                    .withMessageContaining("backwards");
        }
    }

    @Test
    void aStopEndsItAndLeavesNothingBehind() {
        try (var test = new TestLoop()) {
            test.loop().callLater(SECOND, test.loop()::stop);
            test.advance(Duration.ofSeconds(10));
            assertThat(test.elapsed()).isEqualTo(SECOND);
            test.runMain(() -> sleep(Duration.ofSeconds(20)).await());
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(21));
        }
    }

    @Test
    void aStepThatMovesTheClockPastTheTargetEndsIt() {
        try (var test = new TestLoop()) {
            test.loop().callSoon(() -> test.clock().advance(Duration.ofSeconds(5)));
            test.loop().callLater(Duration.ofSeconds(7), () -> order.add("later"));
            test.advance(SECOND);
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(5));
            assertThat(order).isEmpty();
            // and it was no deadlock
            assertThatIllegalStateException()
                    .isThrownBy(() -> test.runMain(() -> {
                        throw new IllegalStateException("my own");
                    }))
                    .withMessage("my own");
        }
    }

    @Test
    void aStepThatMovesTheClockPastTheTargetEndsItAlsoWithARealChannel() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        try (var test = new TestLoop()) {
            Registration registration = test.loop().register(pipe.source(), Interest.READ, _ -> {});
            test.loop().callSoon(() -> test.clock().advance(Duration.ofSeconds(5)));
            test.advance(SECOND);
            assertThat(test.elapsed()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(15));
            registration.cancel();
        } finally {
            pipe.source().close();
            pipe.sink().close();
        }
    }

    @Test
    void aLoopOnWhichNothingWaitsJustMovesOn() {
        try (var test = new TestLoop()) {
            test.advance(SECOND);
            test.loop().spawn(() -> test.loop().promise().await());
            test.advance(SECOND);
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void untilIdleRunsAllThatFollowsAndTimeStandsStill() {
        try (var test = new TestLoop()) {
            Promise<String> promise = test.loop().promise();
            test.loop().spawn(() -> {
                order.add(promise.await());
                order.add(spawn(() -> "spawned").await());
                sleep(Duration.ZERO).await();
                order.add("slept for nothing");
                sleep(Duration.ofNanos(1)).await();
                order.add("later");
            });
            test.runUntilIdle();
            assertThat(order).isEmpty();
            promise.complete("woken");
            test.runUntilIdle();
            assertThat(order).containsExactly("woken", "spawned", "slept for nothing");
            assertThat(test.elapsed()).isZero();
            test.runUntilIdle(); // nothing to do
            test.advance(SECOND);
            assertThat(order).endsWith("later");
        }
    }

    @Test
    void untilIdleWaitsForHelperThreads() {
        try (var test = new TestLoop()) {
            test.loop().spawn(() -> order.add(Async.toThread(() -> "value").await()));
            test.runUntilIdle();
            assertThat(order).containsExactly("value");
        }
    }

    @Test
    void untilIdleHearsOfEveryChannelThatIsReady() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        try (var _ = pipe.source();
                var _ = pipe.sink();
                var test = new TestLoop()) {
            Promise<Integer> ready = test.loop().promise();
            Registration registration = test.loop().register(pipe.source(), Interest.READ, ready::tryComplete);
            test.loop().spawn(() -> {
                ready.await();
                registration.interest(Interest.NONE);
                order.add("ready");
                Async.yieldNow();
                order.add("and on");
            });
            test.runUntilIdle();
            assertThat(order).isEmpty();
            pipe.sink().write(ByteBuffer.allocate(1));
            test.runUntilIdle();
            assertThat(order).containsExactly("ready", "and on");
            registration.cancel();
        }
    }
}

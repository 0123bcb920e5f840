package dev.loop.io.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.testing.TestLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Netty's timers are the loop's: on its clock, which may be virtual, and in its one heap. */
@Tag("both-engines")
class NettyTimersTest {

    private final TestLoop test = new TestLoop();
    private final List<String> events = new ArrayList<>();

    private NettyEventLoop netty() {
        return NettyLoopResources.forLoop(test.loop()).group();
    }

    private void note(String what) {
        events.add(what + " at " + test.elapsed());
    }

    @Test
    void aTimerFiresAtItsVirtualInstant() {
        test.runMain(() -> {
            ScheduledFuture<String> timer = netty().schedule(
                            () -> {
                                note("netty");
                                return "value";
                            },
                            90,
                            TimeUnit.MINUTES);
            test.loop().callLater(Duration.ofMinutes(90), () -> note("loop"));
            assertThat(timer.getDelay(TimeUnit.MINUTES)).isEqualTo(90);
            assertThat(NettyFutures.toFuture(timer).await()).isEqualTo("value");
            Async.yieldNow();
        });
        test.close();
        assertThat(events).containsExactly("netty at PT1H30M", "loop at PT1H30M");
    }

    @Test
    void equalDeadlinesFireInTheOrderOfTheCalls() {
        test.runMain(() -> {
            netty().schedule(() -> note("a"), 1, TimeUnit.SECONDS);
            test.loop().callLater(Duration.ofSeconds(1), () -> note("b"));
            netty().schedule(() -> note("c"), 1, TimeUnit.SECONDS);
            netty().schedule(() -> note("early"), 999, TimeUnit.MILLISECONDS);
        });
        test.advance(Duration.ofSeconds(1));
        test.close();
        assertThat(events).containsExactly("early at PT0.999S", "a at PT1S", "b at PT1S", "c at PT1S");
    }

    @Test
    void aFixedRateCountsFromDeadlineToDeadlineAndAFixedDelayFromTheEnd() {
        test.runMain(() -> {
            netty().scheduleAtFixedRate(() -> work("rate"), 1, 2, TimeUnit.SECONDS);
            netty().scheduleWithFixedDelay(() -> work("delay"), 1, 2, TimeUnit.SECONDS);
        });
        test.advance(Duration.ofMillis(5500));
        test.close();
        assertThat(events)
                .containsExactly(
                        "rate at PT1S",
                        "delay at PT1.1S",
                        "rate at PT3S",
                        "delay at PT3.2S",
                        "rate at PT5S",
                        "delay at PT5.3S");
    }

    /** Takes a tenth of a second of the clock. */
    private void work(String what) {
        note(what);
        test.clock().advance(Duration.ofMillis(100));
    }

    @Test
    void aCancelTakesTheTimerOutOfTheHeap() {
        test.runMain(() -> {
            ScheduledFuture<?> timer = netty().schedule(() -> note("never"), 1, TimeUnit.HOURS);
            assertThat(netty().timers()).isOne();
            assertThat(timer.cancel(false)).isTrue();
            assertThat(timer.cancel(false)).isFalse();
            assertThat(netty().timers()).isZero();
            assertThat(timer.isCancelled()).isTrue();
        });
        test.advance(Duration.ofHours(2));
        test.close();
        assertThat(events).isEmpty();
    }

    @Test
    void aRepeatingTimerEndsWithItsFailureOrItsCancel() {
        ScheduledFuture<?> failing = netty().scheduleAtFixedRate(
                        () -> {
                            note("fails");
                            throw new IllegalStateException("oops");
                        },
                        1,
                        1,
                        TimeUnit.SECONDS);
        var cancelled = new ScheduledFuture<?>[1];
        cancelled[0] = netty().scheduleWithFixedDelay(
                        () -> {
                            note("cancels itself");
                            cancelled[0].cancel(false);
                        },
                        1,
                        1,
                        TimeUnit.SECONDS);
        test.advance(Duration.ofSeconds(10));
        assertThat(failing.cause()).hasMessage("oops");
        assertThat(cancelled[0].isCancelled()).isTrue();
        assertThat(netty().timers()).isZero();
        test.close();
        assertThat(events).containsExactly("fails at PT1S", "cancels itself at PT1S");
    }

    @Test
    void delaysBeyondAllTimeNeverComeAndNegativeOnesAtOnce() {
        netty().schedule(() -> note("never"), Long.MAX_VALUE, TimeUnit.DAYS);
        netty().schedule(() -> note("now"), -5, TimeUnit.SECONDS);
        test.advance(Duration.ofDays(365));
        test.close();
        assertThat(events).containsExactly("now at PT0S");
    }

    @Test
    void aTimerThatAnotherThreadSetsOrCancelsIsTheLoopsToo() {
        EventLoop.run(() -> {
            NettyEventLoop netty =
                    NettyLoopResources.forLoop(EventLoop.current()).group();
            Future<ScheduledFuture<?>> set =
                    Async.toThread(() -> netty.schedule(() -> events.add("fired"), 1, TimeUnit.MILLISECONDS));
            NettyFutures.toFuture(set.await()).await();
            var never = netty.schedule(() -> events.add("never"), 1, TimeUnit.HOURS);
            assertThat(netty.timers()).isOne();
            assertThat(Async.toThread(() -> never.cancel(false)).await()).isTrue();
            Async.sleep(Duration.ofMillis(1)).await();
            assertThat(netty.timers()).isZero();
        });
        assertThat(events).containsExactly("fired");
        test.close();
    }

    @Test
    void theTickerIsTheLoopsClock() {
        var ticker = netty().ticker();
        long before = ticker.nanoTime();
        test.runMain(() -> ticker.sleep(3, TimeUnit.HOURS));
        assertThat(ticker.nanoTime() - before).isEqualTo(Duration.ofHours(3).toNanos());
        test.close();
    }

    @Test
    void onlyTheLoopEndsATimerAndNonsenseIsRefused() {
        var timer = (io.netty.util.concurrent.Promise<?>) netty().schedule(() -> {}, 1, TimeUnit.SECONDS);
        assertThat(timer.trySuccess(null)).isFalse();
        assertThatThrownBy(() -> timer.setFailure(new Exception())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> netty().scheduleAtFixedRate(() -> {}, -1, 1, TimeUnit.SECONDS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1 SECONDS");
        assertThatThrownBy(() -> netty().scheduleAtFixedRate(() -> {}, 1, 0, TimeUnit.SECONDS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 SECONDS");
        test.close();
    }
}

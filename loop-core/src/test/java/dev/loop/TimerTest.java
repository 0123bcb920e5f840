package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callbacks and sleeps at a time: exact instants, on virtual time. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static Duration now() {
        return Duration.ofNanos(EventLoop.current().time());
    }

    // --- callbacks

    @Test
    void timersFireInTheOrderOfTheirDeadlinesAtExactlyTheirInstants() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (int seconds : new int[] {3, 1, 2}) {
                loop.callLater(Duration.ofSeconds(seconds), () -> order.add(seconds + " at " + now()));
            }
            sleep(Duration.ofSeconds(4)).await();
        });
        assertThat(order).containsExactly("1 at PT1S", "2 at PT2S", "3 at PT3S");
    }

    @Test
    void equalDeadlinesFireInTheOrderOfTheCalls() {
        var fired = new ArrayList<Integer>();
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            IntStream.range(0, 200).forEach(i -> loop.callLater(SECOND, () -> fired.add(i)));
            sleep(SECOND).await();
        });
        assertThat(fired)
                .containsExactlyElementsOf(IntStream.range(0, 200).boxed().toList());
    }

    @Test
    void aSleepAndACallbackWithOneDeadlineKeepTheirOrderToo() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            spawn(() -> {
                sleep(SECOND).await();
                order.add("task 1");
            });
            yieldNow();
            loop.callLater(SECOND, () -> order.add("callback 2"));
            spawn(() -> {
                sleep(SECOND).await();
                order.add("task 3");
            });
            yieldNow();
            loop.callLater(SECOND, () -> order.add("callback 4"));
            sleep(SECOND).await();
        });
        assertThat(order).containsExactly("task 1", "callback 2", "task 3", "callback 4");
    }

    @Test
    void zeroNegativeAndPastTimesMeanTheNextTurn() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            sleep(SECOND).await();
            loop.callLater(Duration.ZERO, () -> order.add("zero"));
            loop.callLater(Duration.ofDays(-1), () -> order.add("negative"));
            loop.callLater(Duration.ofSeconds(Long.MIN_VALUE), () -> order.add("very negative"));
            loop.callAt(loop.time() - 1, () -> order.add("past"));
            loop.callSoon(() -> order.add("soon"));
            assertThat(order).isEmpty();
            sleep(Duration.ZERO).await();
            assertThat(order).containsExactlyInAnyOrder("soon", "zero", "negative", "very negative", "past");
            assertThat(now()).isEqualTo(SECOND);
        });
    }

    @Test
    void aTimerThatReschedulesItselfWithoutDelayLetsTheLoopGoOn() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var again = new Runnable[1];
            again[0] = () -> {
                order.add("tick");
                loop.callLater(Duration.ZERO, again[0]);
            };
            again[0].run();
            for (int i = 0; i < 5; i++) {
                yieldNow();
            }
            assertThat(order).hasSizeBetween(5, 7);
        });
    }

    @Test
    void aDelayTooLongForNanosecondsIsForEver() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            test.advance(SECOND); // so that adding to now could overflow
            TimerHandle never = loop.callLater(Duration.ofSeconds(Long.MAX_VALUE), () -> order.add("never"));
            loop.callLater(Duration.ofNanos(Long.MAX_VALUE), () -> order.add("never"));
            test.advance(Duration.ofDays(365 * 50));
            assertThat(order).isEmpty();
            assertThat(never.when()).isPositive();
        }
    }

    @Test
    void aTimerTellsWhenItIsDue() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            sleep(SECOND).await();
            assertThat(loop.callLater(SECOND, () -> {}).when())
                    .isEqualTo(Duration.ofSeconds(2).toNanos());
            assertThat(loop.callAt(7, () -> {}).when()).isEqualTo(7);
        });
    }

    @Test
    void aTimerThatWasTakenBackIsForgottenAtOnce() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var handles = new ArrayList<TimerHandle>();
            for (int i = 0; i < 1000; i++) {
                handles.add(loop.callLater(Duration.ofHours(i + 1), () -> order.add("taken back")));
            }
            handles.forEach(TimerHandle::cancel);
            assertThat(loop.timers.size()).isZero();
            sleep(SECOND).await();
            assertThat(now()).isEqualTo(SECOND);
        });
        assertThat(order).isEmpty();
    }

    // --- sleep

    @Test
    void aSleepTakesExactlyItsTime() {
        TestLoop.run(() -> {
            sleep(Duration.ofMillis(1500)).await();
            assertThat(now()).isEqualTo(Duration.ofMillis(1500));
            sleep(Duration.ofNanos(1)).await();
            assertThat(now()).isEqualTo(Duration.ofMillis(1500).plusNanos(1));
        });
    }

    @Test
    void aSleepOfNoTimeGivesWayOnce() {
        TestLoop.run(() -> {
            for (Duration none : List.of(Duration.ZERO, Duration.ofSeconds(-5))) {
                order.clear();
                EventLoop.current().callSoon(() -> {
                    order.add("first turn");
                    EventLoop.current().callSoon(() -> order.add("second turn"));
                });
                Future<?> sleep = sleep(none);
                assertThat(sleep.isDone()).isFalse();
                sleep.await();
                assertThat(order).containsExactly("first turn");
                assertThat(now()).isZero();
                yieldNow();
            }
        });
    }

    @Test
    void aSleepIsHot() {
        TestLoop.run(() -> {
            Future<?> sleep = sleep(SECOND);
            sleep(Duration.ofSeconds(3)).await();
            assertThat(sleep.isDone()).isTrue();
            sleep.await();
            assertThat(now()).isEqualTo(Duration.ofSeconds(3));
        });
    }

    @Test
    void aCancelledSleepFreesItsTimer() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Future<?> sleep = sleep(Duration.ofHours(1));
            assertThat(loop.timers.size()).isEqualTo(1);
            assertThat(sleep.cancel("not needed")).isTrue();
            assertThat(sleep.cancel()).isFalse();
            assertThat(loop.timers.size()).isZero();
            assertThatThrownBy(sleep::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("not needed");

            Task<?> task = spawn(() -> sleep(Duration.ofHours(1)).await());
            yieldNow();
            task.cancel();
            assertThat(loop.timers.size()).isZero();
        });
    }

    @Test
    void manySleepersWakeAtTheirInstants() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<Duration>>();
            for (int i = 0; i < 500; i++) {
                int millis = (i * 7919) % 500;
                tasks.add(spawn(() -> {
                    sleep(Duration.ofMillis(millis)).await();
                    return now().minusMillis(millis);
                }));
            }
            assertThat(Async.gather(tasks).await()).allMatch(Duration::isZero);
            assertThat(now()).isEqualTo(Duration.ofMillis(499));
        });
    }

    @Test
    void timersFireOnTheSystemClockNeverEarly() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (int i = 0; i < 20; i++) {
                long begin = System.nanoTime();
                Duration length = Duration.ofNanos(300_000L * i + 1);
                sleep(length).await();
                assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(length.toNanos());
            }
            assertThat(loop.timers.size()).isZero();
        });
    }
}

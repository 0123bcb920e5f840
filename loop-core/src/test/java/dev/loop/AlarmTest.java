package dev.loop;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofNanos;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("both-engines")
class AlarmTest {

    private final ArrayList<Long> instants = new ArrayList<>();

    private Alarm alarm() {
        EventLoop loop = EventLoop.current();
        return new Alarm(loop, () -> instants.add(loop.time()));
    }

    @Test
    void itGoesOffOnceEachTimeItIsSet() {
        TestLoop.run(() -> {
            var alarm = alarm();
            alarm.set(5);
            assertThat(alarm.isSet()).isTrue();
            sleep(ofNanos(10)).await();
            assertThat(alarm.isSet()).isFalse();
            alarm.set(12);
            sleep(ofDays(1)).await();
            assertThat(instants).containsExactly(5L, 12L);
        });
    }

    @Test
    void itIsMovedInEitherDirection() {
        TestLoop.run(() -> {
            var alarm = alarm();
            alarm.set(100);
            alarm.set(50);
            alarm.set(70);
            alarm.set(70);
            assertThat(EventLoop.current().statistics().timers()).isEqualTo(1);
            assertThat(alarm).hasToString("Alarm[70 ns on test-loop]");
            sleep(ofDays(1)).await();
            assertThat(instants).containsExactly(70L);
        });
    }

    @Test
    void oneThatIsTakenAwayDoesNotGoOff() {
        TestLoop.run(() -> {
            var alarm = alarm();
            alarm.clear();
            alarm.set(100);
            alarm.clear();
            assertThat(EventLoop.current().statistics().timers()).isZero();
            sleep(ofDays(1)).await();
            assertThat(instants).isEmpty();
            assertThat(alarm).hasToString("Alarm[not set on test-loop]");
        });
    }

    @Test
    void thePastIsTheNextTurn() {
        TestLoop.run(() -> {
            sleep(ofNanos(10)).await();
            alarm().set(3);
            assertThat(instants).isEmpty();
            sleep(ofNanos(1)).await();
            assertThat(instants).containsExactly(10L);
        });
    }

    @Test
    void itsActionSetsItAgain() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var self = new Alarm[1];
            self[0] = new Alarm(loop, () -> {
                instants.add(loop.time());
                if (instants.size() < 3) {
                    self[0].set(loop.time() + 7);
                }
            });
            self[0].set(7);
            sleep(ofDays(1)).await();
            assertThat(instants).containsExactly(7L, 14L, 21L);
        });
    }
}

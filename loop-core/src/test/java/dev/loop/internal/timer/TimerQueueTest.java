package dev.loop.internal.timer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order of deadlines, alone and against a sorted list. */
class TimerQueueTest {

    private final TimerQueue queue = new TimerQueue();

    private static final class Timer extends TimerNode {
        final int number;

        Timer(long deadline, int number) {
            super(deadline);
            this.number = number;
        }

        @Override
        public void fire() {}

        @Override
        public String toString() {
            return number + "@" + deadline();
        }
    }

    private Timer add(long deadline) {
        var timer = new Timer(deadline, queue.size());
        queue.add(timer);
        return timer;
    }

    @Test
    void anEmptyQueueHasNothing() {
        assertThat(queue.size()).isZero();
        assertThat(queue.peek()).isNull();
        assertThat(queue.pollDue(Long.MAX_VALUE)).isNull();
    }

    @Test
    void theEarliestDeadlineComesFirst() {
        Timer late = add(30);
        Timer early = add(10);
        Timer middle = add(20);
        assertThat(queue.peek()).isSameAs(early);
        assertThat(queue.pollDue(100)).isSameAs(early);
        assertThat(queue.pollDue(100)).isSameAs(middle);
        assertThat(queue.pollDue(100)).isSameAs(late);
        assertThat(queue.pollDue(100)).isNull();
    }

    @Test
    void nothingIsTakenBeforeItIsDue() {
        Timer timer = add(10);
        assertThat(queue.pollDue(9)).isNull();
        assertThat(timer.isQueued()).isTrue();
        assertThat(queue.pollDue(10)).isSameAs(timer);
        assertThat(timer.isQueued()).isFalse();
        assertThat(timer.deadline()).isEqualTo(10);
    }

    @Test
    void equalDeadlinesComeInTheOrderOfTheirArrival() {
        var timers = new ArrayList<Timer>();
        for (int i = 0; i < 100; i++) {
            timers.add(add(7));
        }
        for (Timer timer : timers) {
            assertThat(queue.pollDue(7)).isSameAs(timer);
        }
    }

    @Test
    void aTimerThatIsTakenOutIsGoneAtOnceAndMayBeAddedAgain() {
        Timer first = add(1);
        Timer second = add(2);
        assertThat(queue.remove(first)).isTrue();
        assertThat(queue.remove(first)).isFalse();
        assertThat(queue.size()).isEqualTo(1);
        assertThat(queue.peek()).isSameAs(second);
        queue.add(first);
        assertThat(queue.pollDue(5)).isSameAs(first);
        assertThat(queue.pollDue(5)).isSameAs(second);
        assertThat(queue.remove(second)).isFalse();
    }

    @Test
    void aTimerCannotBeAddedTwice() {
        Timer timer = add(1);
        assertThatIllegalStateException().isThrownBy(() -> queue.add(timer)).withMessageContaining("0@1");
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void deadlinesMayWrapAround() {
        long now = Long.MAX_VALUE - 5;
        Timer beyond = add(now + 10); // negative
        Timer before = add(now + 1);
        Timer past = add(now - 1);
        assertThat(queue.pollDue(now)).isSameAs(past);
        assertThat(queue.pollDue(now)).isNull();
        assertThat(queue.pollDue(now + 9)).isSameAs(before);
        assertThat(queue.pollDue(now + 9)).isNull();
        assertThat(queue.pollDue(now + 10)).isSameAs(beyond);
    }

    @Test
    void manyTimersThatAreTakenOutLeaveNothingBehind() {
        var timers = new ArrayList<Timer>();
        for (int i = 0; i < 10_000; i++) {
            timers.add(add((i * 7919L) % 10_000));
        }
        timers.stream()
                .filter(t -> t.deadline() % 10 != 0)
                .forEach(t -> assertThat(queue.remove(t)).isTrue());
        assertThat(queue.size()).isEqualTo(1000);
        for (long deadline = 0; deadline < 10_000; deadline += 10) {
            TimerNode timer = queue.pollDue(Long.MAX_VALUE / 2);
            assertThat(timer).isNotNull();
            assertThat(timer.deadline()).isEqualTo(deadline);
        }
        assertThat(queue.size()).isZero();
    }

    @Test
    void itAgreesWithASortedListOnRandomWork() {
        for (int seed = 0; seed < 300; seed++) {
            var random = new Random(seed);
            var real = new TimerQueue();
            var model = new ArrayList<Timer>();
            // a clock that wraps in the middle of the run
            long now = Long.MAX_VALUE - random.nextInt(2000);
            int number = 0;
            for (int step = 0; step < 300; step++) {
                int action = random.nextInt(10);
                if (action < 5) {
                    var timer = new Timer(now + random.nextInt(50) - 5, number++);
                    real.add(timer);
                    model.add(timer);
                } else if (action < 7 && !model.isEmpty()) {
                    Timer victim = model.remove(random.nextInt(model.size()));
                    assertThat(real.remove(victim)).isTrue();
                } else {
                    now += random.nextInt(20);
                    assertThat(drain(real, now))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(takeDue(model, now));
                }
                assertThat(real.size()).isEqualTo(model.size());
            }
        }
    }

    private static List<TimerNode> drain(TimerQueue queue, long now) {
        var due = new ArrayList<TimerNode>();
        for (TimerNode timer = queue.pollDue(now); timer != null; timer = queue.pollDue(now)) {
            due.add(timer);
        }
        return due;
    }

    private static List<Timer> takeDue(List<Timer> model, long now) {
        List<Timer> due = model.stream()
                .filter(t -> t.deadline() - now <= 0)
                .sorted(Comparator.<Timer>comparingLong(t -> t.deadline() - now).thenComparingInt(t -> t.number))
                .toList();
        model.removeAll(due);
        return due;
    }
}

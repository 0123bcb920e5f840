package dev.loop.flow;

import static dev.loop.Async.sleep;
import static java.time.Duration.ofNanos;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs of random length at random rates begin when a list of all ticks, gone through by hand, says so. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class PeriodicModelTest {

    private static final int UNTIL = 300;

    @Test
    void runsBeginWhenTheModelSays() {
        for (int seed = 0; seed < 1000; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("both-engines")
    void runsBeginWhenTheModelSaysOnAnyEngine() {
        for (int seed = 1000; seed < 1020; seed++) {
            new Run(seed).check();
        }
    }

    private static final class Run {
        private final int seed;
        private final boolean rate;
        private final int period;
        private final int first;
        private final int catchUp;
        private final int jitter;
        private final int stop;
        private final boolean cancels;
        private final int[] lengths = new int[UNTIL + 1];

        Run(int seed) {
            this.seed = seed;
            var random = new Random(seed);
            rate = random.nextInt(4) > 0;
            period = 2 + random.nextInt(10);
            first = random.nextInt(5);
            catchUp = random.nextInt(4);
            jitter = random.nextBoolean() ? 0 : random.nextInt(period);
            stop = random.nextInt(2 * UNTIL);
            cancels = random.nextBoolean();
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = random.nextInt(4) > 0 ? random.nextInt(period) : random.nextInt(5 * period);
            }
        }

        void check() {
            TestLoop.run(this::body);
        }

        private void body() {
            var begins = new ArrayList<Long>();
            var ends = new int[1];
            var builder = rate ? Periodic.atFixedRate(ofNanos(period)) : Periodic.withFixedDelay(ofNanos(period));
            var periodic = builder.initialDelay(ofNanos(first))
                    .catchUp(catchUp)
                    .jitter(ofNanos(jitter))
                    .random(new Random(seed))
                    .start(() -> {
                        long begin = EventLoop.current().time();
                        begins.add(begin);
                        int length = lengths[begins.size() - 1];
                        if (length > 0) {
                            sleep(ofNanos(length)).await();
                        }
                        ends[0]++;
                    });
            sleep(ofNanos(Math.min(stop, UNTIL))).await();
            long stopped = EventLoop.current().time();
            int running = begins.size() - ends[0];
            if (cancels) {
                periodic.cancel();
            } else {
                periodic.stop();
            }
            periodic.join().await();
            if (cancels) {
                assertThat(EventLoop.current().time()).isEqualTo(stopped);
            }
            // a run whose wait was over at that instant goes on to its end
            assertThat(begins.size() - ends[0]).as("seed %d", seed).isBetween(0, cancels ? running : 0);
            var expected = expected();
            // what is due at the instant of the stop may come or not: its timer is older or younger than ours
            long before = expected.stream().filter(begin -> begin < stopped).count();
            assertThat(begins).as("seed %d", seed).hasSizeGreaterThanOrEqualTo((int) before);
            assertThat(begins).as("seed %d", seed).isEqualTo(expected.subList(0, begins.size()));
            assertThat(begins).as("seed %d", seed).allMatch(begin -> begin <= stopped);
        }

        private List<Long> expected() {
            var random = new Random(seed);
            var begins = new ArrayList<Long>();
            var due = new ArrayDeque<Long>();
            due.add((long) first);
            long tick = first; // the latest that was put in
            long now = 0;
            while (now <= UNTIL) {
                long offset = jitter == 0 ? 0 : random.nextLong(jitter + 1);
                now = Math.max(now, due.removeFirst() + offset);
                begins.add(now);
                now += lengths[begins.size() - 1];
                if (!rate) {
                    due.add(now + period);
                    continue;
                }
                while (tick + period < now) {
                    tick += period;
                    due.addLast(tick); // missed
                }
                while (due.size() > catchUp) {
                    due.removeFirst();
                }
                if (due.isEmpty()) {
                    tick += period;
                    due.addLast(tick);
                }
            }
            return begins;
        }
    }
}

package dev.loop.flow;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random requests, cancels and changes of the rate, beside a bucket in fractions: each grant comes at the nanosecond that the model says,
 * and in no stretch of time is more granted than a burst and what comes meanwhile.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class RateLimiterModelTest {

    @Test
    void grantsComeWhenTheModelSays() {
        for (int seed = 0; seed < 1000; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("both-engines")
    void grantsComeWhenTheModelSaysOnAnyEngine() {
        for (int seed = 1000; seed < 1010; seed++) {
            new Run(seed).check();
        }
    }

    @Test
    @Tag("stress")
    @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void grantsComeWhenTheModelSaysInManyMoreRuns() {
        for (int seed = 2000; seed < 20_000; seed++) {
            new Run(seed).check();
        }
    }

    /** One request, as it went and as the model has it. */
    private static final class Request {
        private final int permits;
        private @Nullable Future<?> wait;
        private long granted = -1;
        private long expected = -1;
        private boolean cancelled;

        Request(int permits) {
            this.permits = permits;
        }
    }

    private static final class Run {
        private final int seed;
        private final Random random;
        private final int burst;
        private final long period;
        private final List<Request> waiting = new ArrayList<>(); // in the model
        private final List<Request> all = new ArrayList<>();
        private int permits;

        // the model: how much is in the bucket, in parts of a permit of which there are as many as nanoseconds in a
        // period
        private long level;
        private long time;

        Run(int seed) {
            this.seed = seed;
            random = new Random(seed);
            burst = 1 + random.nextInt(6);
            permits = 1 + random.nextInt(9);
            period = 1 + random.nextInt(40);
            level = burst * period;
        }

        void check() {
            TestLoop.run(this::body);
        }

        private void body() {
            var limiter = new RateLimiter(permits, Duration.ofNanos(period), burst);
            boolean rateChanges = seed % 4 == 0;
            for (int i = 0; i < 60; i++) {
                if (random.nextInt(3) > 0) {
                    sleep(Duration.ofNanos(random.nextInt(20))).await();
                }
                advance(now());
                switch (random.nextInt(8)) {
                    case 0 -> tryAcquire(limiter);
                    case 1, 2 -> cancelOne();
                    case 3 -> {
                        if (rateChanges) {
                            permits = 1 + random.nextInt(9);
                            level = Math.min(burst * period, level);
                            limiter.setRate(permits, Duration.ofNanos(period));
                        }
                    }
                    default -> acquire(limiter);
                }
                settle();
                assertThat(limiter.statistics())
                        .as("seed %d, step %d", seed, i)
                        .extracting(RateLimiter.Statistics::available, RateLimiter.Statistics::waiting)
                        .containsExactly((int) Math.min(burst, level / period), waiting.size());
            }
            sleep(Duration.ofSeconds(1)).await();
            advance(now());

            assertThat(waiting).as("seed %d", seed).isEmpty();
            for (Request request : all) {
                assertThat(request.granted).as("seed %d", seed).isEqualTo(request.expected);
            }
            if (!rateChanges) {
                checkWindows();
            }
        }

        private void tryAcquire(RateLimiter limiter) {
            var request = new Request(1 + random.nextInt(burst));
            if (limiter.tryAcquire(request.permits)) {
                request.granted = now();
                all.add(request);
            }
            if (waiting.isEmpty() && level >= request.permits * period) {
                level -= request.permits * period;
                request.expected = time;
            }
            assertThat(request.granted).as("seed %d", seed).isEqualTo(request.expected);
        }

        private void acquire(RateLimiter limiter) {
            var request = new Request(1 + random.nextInt(burst));
            var wait = limiter.acquire(request.permits);
            request.wait = wait;
            wait.addDoneCallback(_ -> {
                if (!wait.isCancelled()) {
                    request.granted = now();
                }
            });
            all.add(request);
            waiting.add(request);
        }

        /** A wait that goes on, or one that is done and that nobody has read: then its permits come back. */
        private void cancelOne() {
            if (all.isEmpty()) {
                return;
            }
            var request = all.get(random.nextInt(all.size()));
            boolean immediate =
                    request.wait == null || request.wait == EventLoop.current().done();
            if (immediate || request.cancelled) {
                return;
            }
            boolean stood = waiting.remove(request);
            request.wait.cancel();
            request.cancelled = true;
            if (!stood) {
                level += Math.max(0, request.permits * period - (time - request.expected) * permits);
                spill();
                all.remove(request);
            }
        }

        // --- the model

        private void advance(long to) {
            while (!waiting.isEmpty()) {
                long missing = Math.max(0, waiting.getFirst().permits * period - level);
                long at = time + (missing + permits - 1) / permits;
                if (at > to) {
                    break;
                }
                fill(at);
                settle();
            }
            fill(to);
        }

        private void fill(long to) {
            level += (to - time) * permits;
            spill();
            time = to;
        }

        private void spill() {
            if (level >= burst * period + permits) {
                level = burst * period; // it has been full for a nanosecond at least
            }
        }

        private void settle() {
            while (!waiting.isEmpty() && level >= waiting.getFirst().permits * period) {
                var request = waiting.removeFirst();
                level -= request.permits * period;
                request.expected = time;
            }
        }

        private void checkWindows() {
            var granted = all.stream().filter(r -> r.granted >= 0).toList();
            for (int first = 0; first < granted.size(); first++) {
                long sum = 0;
                for (int last = first; last < granted.size(); last++) {
                    var request = granted.get(last);
                    assertThat(request.granted)
                            .as("FIFO, seed %d", seed)
                            .isGreaterThanOrEqualTo(granted.get(first).granted);
                    sum += request.permits;
                    long stretch = request.granted - granted.get(first).granted;
                    assertThat(sum * period).as("seed %d", seed).isLessThan(burst * period + (stretch + 1) * permits);
                }
            }
        }

        private static long now() {
            return EventLoop.current().time();
        }
    }
}

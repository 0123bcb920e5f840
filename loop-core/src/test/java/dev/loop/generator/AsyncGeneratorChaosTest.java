package dev.loop.generator;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that are cancelled at every moment: each value is read once, in order. */
@Tag("scaled")
@Tag("both-engines")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class AsyncGeneratorChaosTest {

    private static final int SEEDS = Place.manyAreQuick() ? 5_000 : 200;
    private static final int VALUES = 12;

    private static AsyncGenerator<Integer, @Nullable Void> stubborn(Random random) {
        return AsyncGenerator.yielding(out -> {
            for (int i = 1; i <= VALUES; i++) {
                int waits = random.nextInt(3);
                for (int w = 0; w < waits; w++) {
                    try {
                        if (random.nextBoolean()) {
                            yieldNow();
                        } else {
                            sleep(Duration.ofMillis(random.nextInt(3))).await();
                        }
                    } catch (CancelledException e) {
                        // goes on, so that no cancel is an excuse for a value
                    }
                }
                out.yield(i);
            }
        });
    }

    private static void check(long seed) {
        var random = new Random(seed);
        var seen = new ArrayList<Integer>();
        TestLoop.run(() -> {
            var values = stubborn(random);
            for (int attempts = 0; attempts < 1000; attempts++) {
                if (random.nextInt(4) == 0) {
                    if (!values.iterator().hasNext()) {
                        break;
                    }
                    if (random.nextBoolean()) {
                        continue; // it was fetched, and is not taken here
                    }
                }
                Future<@Nullable Integer> request = values.next();
                Task<?> canceller = cancelLater(request, random);
                Integer value = read(request, random);
                canceller.cancelAndJoin("read").await();
                if (value != null) {
                    seen.add(value);
                } else if (!request.isCancelled() && values.isEnded()) {
                    break;
                }
            }
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
        assertThat(seen).as("seed %d", seed).isEqualTo(upTo(VALUES));
    }

    private static @Nullable Integer read(Future<@Nullable Integer> request, Random random) {
        try {
            return random.nextBoolean()
                    ? request.await()
                    : waitFor(request, Duration.ofMillis(random.nextInt(3))).await();
        } catch (CancelledException | TimeoutException e) {
            return null;
        }
    }

    private static Task<?> cancelLater(Future<?> request, Random random) {
        int turns = random.nextInt(4);
        boolean cancels = random.nextBoolean();
        return spawn(() -> {
            for (int i = 0; i < turns; i++) {
                yieldNow();
            }
            if (cancels) {
                request.cancel("by chance");
            }
        });
    }

    private static List<Integer> upTo(int last) {
        var all = new ArrayList<Integer>();
        for (int i = 1; i <= last; i++) {
            all.add(i);
        }
        return all;
    }

    @Test
    void noValueIsLostOrReadTwice() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            check(seed);
        }
    }
}

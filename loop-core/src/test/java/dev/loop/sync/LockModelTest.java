package dev.loop.sync;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random holders and cancels: at most one holds the lock. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class LockModelTest {

    @Test
    void atMostOneHoldsItWhateverIsCancelled() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            TestLoop.run(() -> {
                var lock = new Lock();
                var inside = new int[1];
                var tasks = new ArrayList<Task<?>>();
                for (int i = 0; i < 20; i++) {
                    int before = random.nextInt(5);
                    int within = random.nextInt(4);
                    tasks.add(spawn(() -> {
                        sleep(Duration.ofMillis(before)).await();
                        try (var _ = lock.acquire().await()) {
                            assertThat(++inside[0]).isEqualTo(1);
                            try {
                                sleep(Duration.ofMillis(within)).await();
                            } finally {
                                inside[0]--;
                            }
                        }
                    }));
                }
                for (int i = 0; i < 10; i++) {
                    sleep(Duration.ofMillis(random.nextInt(4))).await();
                    tasks.get(random.nextInt(tasks.size())).cancel();
                }
                for (Task<?> task : tasks) {
                    try {
                        task.await();
                    } catch (CancelledException e) {
                        assertThat(task.isCancelled()).isTrue();
                    }
                }
                assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
                assertThat(currentTask().cancelling()).isZero();
            });
        }
    }
}

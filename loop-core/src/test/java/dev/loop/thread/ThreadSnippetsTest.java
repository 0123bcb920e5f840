package dev.loop.thread;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.sync.CapacityLimiter;
import dev.loop.testing.TestLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Javadoc of this package shows, run. */
@Tag("unseeded") // real processes
class ThreadSnippetsTest {

    @TempDir
    Path dir;

    @Test
    void aCallOnAThread() {
        TestLoop.run(() -> {
            Path file = Files.writeString(dir.resolve("lines"), "one\ntwo\n");
            var shown = new ArrayList<String>(); // the loop's state: only its own code touches it
            // @start region="threads"
            int count = Threads.run(
                            () -> { // on a worker thread; the loop goes on
                                int n = 0;
                                for (String line : Files.readAllLines(file)) {
                                    Threads.checkCancelled(); // a cancel waits for the call, which can look for it
                                    Threads.portal().call(() -> shown.add(line)); // back on the loop, as a task
                                    n++;
                                }
                                return n;
                            })
                    .await();
            // @end
            assertThat(shown).hasSize(count).containsExactly("one", "two");
        });
    }

    @Test
    void optionsThatAreKept() {
        TestLoop.run(() -> {
            // @start region="options"
            var disk = Threads.options()
                    .limiter(new CapacityLimiter(4)) // of all that use the disk, four at a time
                    .onCancel(OnCancel.INTERRUPT)
                    .name("disk");
            long size = disk.run(() -> Files.size(dir)).await();
            // @end
            assertThat(size).isNotNegative();
        });
    }

    @Test
    void aPoolOfProcesses() {
        TestLoop.run(() -> {
            // @start region="pool"
            try (var pool = ProcessPool.create(2)) {
                int limit = 10_000;
                Integer primes = pool.submit(() -> primesBelow(limit)).await(); // the loop goes on
                List<Integer> each = pool.map(List.of(10, 100, 1000), ThreadSnippetsTest::primesBelow)
                        .await();
                assertThat(primes).isEqualTo(1229);
                assertThat(each).containsExactly(4, 25, 168);
            }
            // @end
        });
    }

    private static int primesBelow(int limit) {
        return (int) IntStream.range(2, limit)
                .filter(n -> IntStream.rangeClosed(2, (int) Math.sqrt(n)).noneMatch(d -> n % d == 0))
                .count();
    }

    @Test
    void aLockBetweenProcesses() {
        TestLoop.run(() -> {
            var ran = spawn(() -> {
                // @start region="processlock"
                var lock = new ProcessLock(dir.resolve("nightly.lock")).withOwner();
                try (var _ = lock.acquire(Duration.ofMinutes(1)).await()) {
                    sleep(Duration.ofMillis(1)).await(); // no other process is here meanwhile
                }
                // @end
                return lock.statistics().acquired();
            });
            assertThat(ran.await()).isEqualTo(1);
        });
    }
}

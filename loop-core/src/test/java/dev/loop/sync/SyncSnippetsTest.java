package dev.loop.sync;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the Javadoc of this package shows. */
class SyncSnippetsTest {

    private final List<String> said = new ArrayList<>();

    @Test
    void condition() {
        TestLoop.run(() -> {
            // @start region="condition"
            var condition = new Condition();
            var orders = new ArrayDeque<String>(); // what the lock guards

            Task<?> cook = spawn(() -> {
                try (var _ = condition.acquire().await()) {
                    condition.until(() -> !orders.isEmpty()); // others have the lock meanwhile
                    said.add("cooking " + orders.remove());
                }
            });
            try (var _ = condition.acquire().await()) {
                orders.add("soup");
                condition.signal();
            }
            // @end
            cook.await();
            assertThat(said).containsExactly("cooking soup");
        });
    }

    @Test
    void event() {
        TestLoop.run(() -> {
            // @start region="event"
            var open = new Event();
            Task<?> guest = spawn(() -> {
                open.whenSet().await();
                said.add("come in");
            });
            sleep(Duration.ofSeconds(1)).await();
            open.set();
            // @end
            guest.await();
            assertThat(said).containsExactly("come in");
        });
    }

    @Test
    void barrier() {
        TestLoop.run(() -> {
            // @start region="barrier"
            var start = new Barrier(3);
            for (String runner : List.of("anna", "bert", "cleo")) {
                spawn(() -> {
                    int place = start.arrive().await(); // goes on when all three are there
                    if (place == 2) {
                        said.add(runner + " came last");
                    }
                });
            }
            // @end
            yieldNow();
            yieldNow();
            assertThat(said).containsExactly("cleo came last");
        });
    }

    @Test
    void semaphore() {
        TestLoop.run(() -> {
            // @start region="semaphore"
            var connections = new BoundedSemaphore(3); // three at a time
            var tasks = new ArrayList<Task<?>>();
            for (int i = 1; i <= 9; i++) {
                tasks.add(spawn("download " + i, () -> {
                    try (var _ = connections.acquire().await()) {
                        sleep(Duration.ofSeconds(2)).await();
                    }
                }));
            }
            // @end
            waitOn(tasks).await();
            assertThat(TestLoop.current().elapsed()).isEqualTo(Duration.ofSeconds(6));
        });
    }

    @Test
    void readersAndWriters() {
        TestLoop.run(() -> {
            var settings = new ArrayList<String>();
            // @start region="rwlock"
            var lock = new RwLock();
            try (var held = lock.write().await()) {
                settings.add("new");
                sleep(Duration.ofSeconds(1)).await(); // nobody sees it half done
                held.downgrade();
                said.addAll(settings); // others may read now, and nobody writes before this is closed
            }
            // @end
            assertThat(said).containsExactly("new");
            assertThat(lock.readers()).isZero();
        });
    }

    @Test
    void limiter() {
        TestLoop.run(() -> {
            // @start region="limiter"
            var limiter = new CapacityLimiter(40);
            try (var _ = limiter.acquire().await()) {
                sleep(Duration.ofSeconds(1)).await();
            }
            limiter.setTotal(80); // while others use it
            // @end
            assertThat(limiter.borrowed()).isZero();
        });
    }

    @Test
    void reentrantLock() {
        TestLoop.run(() -> {
            // @start region="reentrantlock"
            var lock = new ReentrantLock();
            Runnable audit = () -> {
                try (var _ = lock.acquire().await()) {
                    said.add("audited");
                }
            };
            try (var _ = lock.acquire().await()) {
                audit.run(); // takes the lock that this task has
            }
            // @end
            assertThat(said).containsExactly("audited");
        });
    }
}

package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.testing.TestKit.waitAllTasksBlocked;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import dev.loop.testing.Sequencer;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the Javadoc shows, run. */
@Tag("both-engines")
class SnippetsTest {

    @Test
    void aLockAroundAWait() {
        TestLoop.run(() -> {
            var balance = new int[] {10};
            // @start region="lock"
            var lock = new Lock();
            Runnable withdraw = () -> {
                try (var _ = lock.acquire().await()) {
                    int before = balance[0];
                    sleep(Duration.ofSeconds(1)).await(); // others run here, and wait for the lock
                    balance[0] = before - 1;
                }
            };
            // @end
            var first = spawn(withdraw::run);
            withdraw.run();
            first.await();
            assertThat(balance[0]).isEqualTo(8);
        });
    }

    @Test
    void aQueueBetweenTwoTasks() {
        TestLoop.run(() -> {
            var seen = new ArrayList<Integer>();
            // @start region="queue"
            var queue = new Queue<Integer>(2); // room for two
            spawn(() -> {
                for (int i = 1; i <= 5; i++) {
                    queue.put(i).await(); // waits while the consumer is behind
                }
            });
            for (int i = 1; i <= 5; i++) {
                seen.add(queue.get().await());
            }
            // @end
            assertThat(seen).containsExactly(1, 2, 3, 4, 5);
        });
    }

    @Test
    void aTestOnVirtualTime() {
        // @start region="testloop"
        TestLoop.run(() -> {
            long before = EventLoop.current().time();
            sleep(Duration.ofHours(1)).await(); // takes no time
            assertThat(Duration.ofNanos(EventLoop.current().time() - before)).isEqualTo(Duration.ofHours(1));
        });
        // @end
    }

    @Test
    void stepsInAnOrderByNumber() {
        TestLoop.run(() -> {
            var order = new ArrayList<String>();
            // @start region="sequencer"
            var sequence = new Sequencer();
            spawn(() -> {
                sequence.at(0);
                order.add("the writer opens");
                sequence.at(2);
                order.add("the writer closes");
            });
            sequence.at(1); // whenever the writer gets there first
            order.add("the reader reads");
            sequence.at(3);
            // @end
            assertThat(order).containsExactly("the writer opens", "the reader reads", "the writer closes");
        });
    }

    @Test
    void aTestLetsAllOthersComeAsFarAsTheyCan() {
        TestLoop.run(() -> {
            // @start region="blocked"
            var queue = new Queue<String>(1);
            spawn(() -> {
                queue.put("first").await();
                queue.put("second").await(); // waits: there is room for one
            });
            waitAllTasksBlocked().await();
            assertThat(queue.statistics().putters()).isEqualTo(1);
            // @end
            queue.get().await();
        });
    }

    @Test
    void anExplorationOfOrders() {
        // @start region="explore"
        TestLoop.explore(50, () -> {
            var queue = new Queue<String>();
            var one = spawn(() -> queue.put("one").await());
            var two = spawn(() -> queue.put("two").await());
            gather(one, two).await();
            assertThat(queue.size()).isEqualTo(2); // in every order in which they may run
        });
        // @end
    }
}

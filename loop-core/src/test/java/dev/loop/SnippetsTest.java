package dev.loop;

import static dev.loop.Async.asCompleted;
import static dev.loop.Async.gather;
import static dev.loop.Async.gatherResults;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.testing.TestKit.waitAllTasksBlocked;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Broadcast;
import dev.loop.queue.Channel;
import dev.loop.queue.Clause;
import dev.loop.queue.Queue;
import dev.loop.queue.Select;
import dev.loop.queue.Sender;
import dev.loop.queue.SlowPolicy;
import dev.loop.sync.Lock;
import dev.loop.testing.Sequencer;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    void aChannelFromTwoProducersToOneConsumer() {
        TestLoop.run(() -> {
            var seen = new ArrayList<String>();
            // @start region="channel"
            var channel = new Channel<String>();
            for (String name : List.of("left", "right")) {
                Sender<String> sender = channel.sender(); // an end of its own for each producer
                spawn(() -> {
                    try (sender) {
                        sender.send("hello from " + name).await();
                    }
                });
            }
            for (String greeting : channel) { // ends when the last sender was closed
                seen.add(greeting);
            }
            // @end
            assertThat(seen).containsExactly("hello from left", "hello from right");
        });
    }

    @Test
    void aBroadcastToTwoSubscribers() {
        TestLoop.run(() -> {
            var shown = new ArrayList<Integer>();
            var stored = new ArrayList<Integer>();
            // @start region="broadcast"
            var prices = new Broadcast<Integer>();
            var screen = prices.subscribe("screen", 1, SlowPolicy.DROP_OLDEST); // the newest is enough
            var archive = prices.subscribe("archive"); // every one; the publisher waits if need be
            var archiver = spawn(() -> archive.forEach(stored::add));
            for (int price : List.of(7, 8, 9)) {
                prices.publish(price).await();
            }
            prices.close(); // the subscribers take what they have, and end
            screen.forEach(shown::add);
            archiver.await();
            // @end
            assertThat(shown).containsExactly(9);
            assertThat(stored).containsExactly(7, 8, 9);
        });
    }

    @Test
    void theFirstOfSeveralThings() {
        TestLoop.run(() -> {
            var orders = new Channel<String>();
            var commands = new Queue<String>();
            orders.send("tea").await();
            // @start region="select"
            String what = Select.first(
                    Clause.get(commands, command -> "command " + command),
                    Clause.receive(orders, order -> "order " + order),
                    Clause.after(Duration.ofSeconds(5), () -> "nothing for five seconds"));
            // @end
            assertThat(what).isEqualTo("order tea");
        });
    }

    @Test
    void aPortalForAThread() {
        TestLoop.run(() -> {
            var totals = new ArrayList<Integer>(); // the loop's state: only its own code touches it
            // @start region="portal"
            try (var portal = EventLoop.current().portal()) {
                Thread.ofPlatform()
                        .start(
                                () -> { // any thread: a servlet, a GUI, a Kafka consumer
                                    int size = portal.call(() -> {
                                        totals.add(1); // runs as a task of the loop
                                        sleep(Duration.ofMillis(1)).await();
                                        return totals.size();
                                    });
                                    portal.submit(() -> totals.add(size)).thenRun(portal::close);
                                });
                portal.drained().await();
            }
            // @end
            assertThat(totals).containsExactly(1, 1);
        });
    }

    @Test
    void aCallbackInAContextOfItsOwn() {
        var seen = new ArrayList<String>();
        // @start region="context"
        ContextVar<String> user = ContextVar.of("user");
        EventLoop.run(() -> {
            user.set("ada");
            spawn(() -> seen.add(user.get())).await(); // what is scheduled takes the context along
            Context bob = user.where("bob");
            bob.call(() -> spawn(() -> seen.add(user.get()))).await();
            seen.add(user.get()); // and what happens there stays there
        });
        // @end
        assertThat(seen).containsExactly("ada", "bob", "ada");
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
    void aScopeWithADeadlineThatMoves() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(2);
            var lines = new ArrayList<String>();
            queue.put("hello").await();
            // @start region="scope"
            var idle = CancelScope.within(Duration.ofSeconds(30));
            boolean ended = idle.run(() -> {
                while (true) {
                    lines.add(queue.get().await()); // every wait throws once the scope is cancelled
                    idle.reschedule(Deadline.after(Duration.ofSeconds(30))); // and 30 seconds more
                }
            });
            // ended is false: the deadline came, and the scope absorbed its own cancel
            // @end
            assertThat(ended).isFalse();
            assertThat(lines).containsExactly("hello");
        });
    }

    @Test
    void aGroupOfTasks() {
        TestLoop.run(() -> {
            // @start region="group"
            try (var group = TaskGroup.open()) {
                Task<Integer> left = group.spawn(() -> measure("left"));
                Task<Integer> right = group.spawn(() -> measure("right"));
                group.join(); // throws if one of them fails, after the other was cancelled and has ended
                assertThat(left.result() + right.result()).isEqualTo(9);
            }
            // @end
        });
    }

    private static int measure(String side) {
        sleep(Duration.ofSeconds(1)).await();
        return side.length();
    }

    @Test
    void aTaskWithSettings() {
        TestLoop.run(() -> {
            // @start region="builder"
            Task<Integer> task =
                    EventLoop.current().task().name("measure").eager().spawn(() -> measure("left"));
            // @end
            assertThat(task.name()).isEqualTo("measure");
            assertThat(task.await()).isEqualTo(4);
        });
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

    @Test
    void futuresInTheOrderInWhichTheyEnd() {
        TestLoop.run(() -> {
            var shown = new ArrayList<Integer>();
            var downloads = List.of(spawn(() -> measure("slow page")), spawn(() -> measure("page")));
            // @start region="ascompleted"
            try (var pages = asCompleted(downloads)) {
                for (Future<Integer> page : pages) { // waits for the next one that ends
                    shown.add(page.result());
                }
            }
            // @end
            assertThat(shown).containsExactlyInAnyOrder(9, 4);
        });
    }

    @Test
    void everyFutureWithHowItEnded() {
        TestLoop.run(() -> {
            var lines = new ArrayList<String>();
            EventLoop loop = EventLoop.current();
            // @start region="result"
            List<Result<Integer>> results = gatherResults(
                            List.of(spawn(() -> measure("left")), loop.failed(new IOException("gone"))))
                    .await();
            for (Result<Integer> result : results) {
                lines.add(
                        switch (result) {
                            case Result.Value(Integer value) -> "value " + value;
                            case Result.Failure(Throwable error) -> "failed: " + error.getMessage();
                            case Result.Cancelled(String reason) -> "cancelled: " + reason;
                        });
            }
            // @end
            assertThat(lines).containsExactly("value 4", "failed: gone");
        });
    }
}

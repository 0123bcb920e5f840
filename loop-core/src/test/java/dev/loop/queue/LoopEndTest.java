package dev.loop.queue;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever waits here ends with the loop, with an interrupt, and with the turn of a busy one. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopEndTest {

    private final List<String> ended = new ArrayList<>();

    private Task<?> waiting(String name, Runnable wait) {
        return spawn(() -> {
            try {
                wait.run();
            } finally {
                ended.add(name);
            }
        });
    }

    private List<Task<?>> everyWait() {
        var queue = new Queue<Integer>(1);
        var full = new Queue<Integer>(1);
        var channel = new Channel<Integer>(0);
        var other = new Channel<Integer>(0);
        var broadcast = new Broadcast<Integer>();
        var _ = broadcast.subscribe("full", 1, SlowPolicy.WAIT);
        var subscription = new Broadcast<Integer>().subscribe("empty");
        broadcast.whenSlow(_ -> {});
        assertThat(full.tryPut(1) && broadcast.tryPublish(1)).isTrue();
        return List.of(
                waiting("get", () -> queue.get().await()),
                waiting("put", () -> full.put(2).await()),
                waiting("join", () -> full.join().await()),
                waiting("for", () -> queue.forEach(_ -> {})),
                waiting("send", () -> channel.send(1).await()),
                waiting("receive", () -> other.receive().await()),
                waiting("select", () -> {
                    String won = Select.first(Clause.receive(other, _ -> "received"), Clause.get(queue, _ -> "got"));
                    assertThat(won).isNull();
                }),
                waiting("publish", () -> broadcast.publish(2).await()),
                waiting("subscription", () -> subscription.forEach(_ -> {})));
    }

    @Test
    void theEndOfTheLoopEndsEveryWait() {
        TestLoop.run(() -> {
            assertThat(everyWait()).hasSize(9);
            yieldNow();
            assertThat(ended).isEmpty();
        });
        assertThat(ended)
                .containsExactlyInAnyOrder(
                        "get", "put", "join", "for", "send", "receive", "select", "publish", "subscription");
    }

    @Test
    void aCancelEndsEveryWait() {
        TestLoop.run(() -> {
            List<Task<?>> tasks = everyWait();
            yieldNow();
            for (Task<?> task : tasks) {
                task.cancel();
                assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            }
            assertThat(ended).hasSize(9);
        });
    }

    @Test
    void aBusyPairDoesNotStarveOthers() {
        TestLoop.run(() -> {
            var channel = new Channel<Integer>(1_000);
            var turns = new int[1];
            Task<?> other = spawn(() -> {
                while (!channel.isClosed()) {
                    turns[0]++;
                    yieldNow();
                }
            });
            for (int i = 0; i < 1_000; i++) {
                channel.send(i).await();
                int got = Select.first(Clause.receive(channel, item -> item), Clause.orElse(() -> -1));
                assertThat(got).isEqualTo(i);
            }
            channel.close();
            other.await();
            assertThat(turns[0]).isGreaterThan(10);
        });
    }
}

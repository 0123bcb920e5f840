package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a queue, and what a loop over it sees of that. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueShutdownTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<Integer> seen = new ArrayList<>();

    @Test
    void aLoopTakesUntilTheShutdown() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>(1);
            Task<?> consumer = spawn(() -> {
                for (int item : queue) {
                    seen.add(item);
                }
            });
            for (int i = 0; i < 5; i++) {
                queue.put(i).await();
                sleep(SECOND).await();
            }
            queue.put(5).await();
            queue.shutdown();
            consumer.await();
            assertThat(seen).containsExactly(0, 1, 2, 3, 4, 5);
        });
    }

    @Test
    void severalLoopsShareTheItems() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            var loops = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                loops.add(spawn(() -> {
                    for (int item : queue) {
                        seen.add(item);
                        yieldNow();
                    }
                }));
            }
            for (int i = 0; i < 100; i++) {
                queue.put(i).await();
            }
            queue.shutdown();
            gather(loops).await();
            assertThat(seen).hasSize(100).doesNotHaveDuplicates();
        });
    }

    @Test
    void aLoopThatIsCancelledTakesNothingMore() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            Task<?> consumer = spawn(() -> queue.forEach(seen::add));
            yieldNow();
            consumer.cancel();
            queue.put(1).await();
            assertThatThrownBy(consumer::await).isInstanceOf(CancelledException.class);
            assertThat(queue.tryGet()).isEqualTo(1);
            assertThat(seen).isEmpty();
        });
    }

    @Test
    void anIteratorKeepsToItsContract() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            queue.put(1).await();
            queue.put(2).await();
            Iterator<Integer> items = queue.iterator();
            assertThat(items.next()).isEqualTo(1);
            assertThat(items.hasNext()).isTrue();
            assertThat(items.hasNext()).isTrue();
            queue.shutdown();
            assertThat(items.next()).isEqualTo(2);
            assertThat(items.hasNext()).isFalse();
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(items::next);
        });
    }

    @Test
    void anIteratorIsForOneTask() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            Iterator<Integer> items = queue.iterator();
            Task<Boolean> one = spawn(items::hasNext);
            Task<Boolean> two = spawn(items::hasNext);
            yieldNow();
            assertThatThrownBy(two::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another task");
            queue.put(1).await();
            assertThat(one.await()).isTrue();
            assertThat(items.next()).isEqualTo(1);
        });
    }

    @Test
    void whatComesBackAfterAShutdownCanStillBeTaken() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            queue.put(1).await();
            Future<Integer> get = queue.get();
            queue.shutdown();
            assertThat(get.cancel()).isTrue();
            assertThat(queue.get().await()).isEqualTo(1);
        });
    }

    @Test
    void whatComesBackAfterAShutdownAtOnceIsDroppedAndDealtWith() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            queue.put(1).await();
            queue.put(2).await();
            Future<Integer> get = queue.get();
            Future<?> join = queue.join();
            assertThat(queue.shutdownNow()).containsExactly(2);
            assertThat(join.isDone()).isFalse();
            assertThat(get.cancel()).isTrue();
            join.await();
            assertThat(queue.isEmpty()).isTrue();
            assertThat(queue.shutdownNow()).isEmpty();
        });
    }

    @Test
    void aShutdownAtOnceMayFollowAShutdown() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>(1);
            queue.put(1).await();
            queue.shutdown();
            assertThat(queue).hasToString("Queue[1 of 1 items, 0 getting, 0 putting, shut down]");
            assertThat(queue.shutdownNow()).containsExactly(1);
            queue.join().await();
            assertThat(queue.statistics()).isEqualTo(new Queue.Statistics(0, 1, 1, 0, 0, 0, true));
        });
    }

    @Test
    void aCancelAndAShutdownInTheSameTurn() {
        TestLoop.run(() -> {
            for (boolean cancelFirst : new boolean[] {true, false}) {
                var queue = new Queue<Integer>();
                Task<Integer> getter = spawn(() -> queue.get().await());
                yieldNow();
                if (cancelFirst) {
                    getter.cancel();
                    queue.shutdown();
                    assertThatThrownBy(getter::await).isInstanceOf(CancelledException.class);
                } else {
                    queue.shutdown();
                    getter.cancel();
                    assertThatThrownBy(getter::await).isInstanceOf(QueueShutdownException.class);
                }
            }
        });
    }

    @Test
    void aHundredThousandItemsGoThrough() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>(10);
            Task<?> producer = spawn(() -> {
                for (int i = 0; i < 100_000; i++) {
                    queue.put(i).await();
                }
                queue.shutdown();
            });
            long sum = 0;
            for (int item : queue) {
                sum += item;
                queue.taskDone();
            }
            producer.await();
            queue.join().await();
            assertThat(sum).isEqualTo(99_999L * 50_000);
            assertThat(queue.statistics().peak()).isEqualTo(10);
        });
    }
}

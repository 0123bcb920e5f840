package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A FIFO between tasks. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static <T> List<T> drain(Queue<T> queue) {
        var items = new ArrayList<T>();
        for (T item = queue.tryGet(); item != null; item = queue.tryGet()) {
            items.add(item);
        }
        return items;
    }

    // --- the plain case

    @Test
    void itemsComeInTheirOrder() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            for (String item : List.of("a", "b", "c")) {
                queue.put(item).await();
            }
            assertThat(queue.size()).isEqualTo(3);
            assertThat(queue.get().await()).isEqualTo("a");
            assertThat(drain(queue)).containsExactly("b", "c");
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void whatCanBeDoneAtOnceDoesNotGiveWay() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            EventLoop.current().callSoon(() -> order.add("other"));
            queue.put("a").await();
            assertThat(queue.get().await()).isEqualTo("a");
            assertThat(order).isEmpty();
            assertThat(queue.put("b")).isSameAs(EventLoop.current().done());
        });
    }

    @Test
    void aGetWaitsForAnItem() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            Task<String> getter = spawn(() -> queue.get().await());
            sleep(SECOND).await();
            assertThat(getter.isDone()).isFalse();
            assertThat(queue.tryPut("a")).isTrue();
            assertThat(queue.isEmpty()).isTrue(); // it was handed over
            assertThat(getter.await()).isEqualTo("a");
        });
    }

    @Test
    void aPutWaitsForRoom() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            queue.put("a").await();
            assertThat(queue.isFull()).isTrue();
            assertThat(queue.tryPut("no room")).isFalse();
            Task<?> putter = spawn(() -> queue.put("b").await());
            sleep(SECOND).await();
            assertThat(putter.isDone()).isFalse();
            assertThat(queue.tryGet()).isEqualTo("a");
            assertThat(queue.size()).isEqualTo(1); // the next one has moved up
            putter.await();
            assertThat(drain(queue)).containsExactly("b");
        });
    }

    @Test
    void gettersAreServedInTheOrderInWhichTheyCame() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>();
            var getters = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 5; i++) {
                getters.add(queue.get());
            }
            for (int i = 0; i < 5; i++) {
                assertThat(queue.tryPut(i)).isTrue();
            }
            assertThat(gather(getters).await()).containsExactly(0, 1, 2, 3, 4);
        });
    }

    @Test
    void puttersAreLetInInTheOrderInWhichTheyCame() {
        TestLoop.run(() -> {
            var queue = new Queue<Integer>(2);
            var puts = new ArrayList<Future<?>>();
            for (int i = 0; i < 6; i++) {
                puts.add(queue.put(i));
            }
            assertThat(puts.stream().filter(Future::isDone)).hasSize(2);
            assertThat(drain(queue)).containsExactly(0, 1, 2, 3, 4, 5);
            gather(puts).await();
        });
    }

    @Test
    void aPairOfTasksHandsOverManyItems() {
        TestLoop.run(() -> {
            for (int capacity : new int[] {1, 2, 7}) {
                var queue = new Queue<Integer>(capacity);
                Task<?> producer = spawn(() -> {
                    for (int i = 0; i < 1000; i++) {
                        queue.put(i).await();
                        assertThat(queue.size()).isLessThanOrEqualTo(capacity);
                    }
                });
                for (int i = 0; i < 1000; i++) {
                    assertThat(queue.get().await()).isEqualTo(i);
                }
                producer.await();
            }
        });
    }

    @Test
    void itTellsHowItStands() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            assertThat(queue.capacity()).isEqualTo(1);
            assertThat(queue).hasToString("Queue[0 of 1 items, 0 getting, 0 putting]");
            Future<String> get = queue.get();
            assertThat(queue.statistics()).isEqualTo(new Queue.Statistics(0, 0, 1, 1, 0, 0, false));
            get.cancel();
            queue.put("a").await();
            Future<?> put = queue.put("b");
            assertThat(queue.statistics()).isEqualTo(new Queue.Statistics(1, 1, 1, 0, 1, 1, false));
            put.cancel();
            assertThat(new Queue<String>()).hasToString("Queue[0 of any items, 0 getting, 0 putting]");
            assertThat(new Queue<String>().capacity()).isEqualTo(Integer.MAX_VALUE);
        });
    }

    @Test
    void badInputIsRefused() {
        assertThatIllegalStateException().isThrownBy(() -> new Queue<String>());
        TestLoop.run(() -> {
            for (int capacity : new int[] {0, -1}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> new Queue<String>(capacity))
                        .withMessageContaining(String.valueOf(capacity));
            }
            var queue = new Queue<String>(1);
            assertThatNullPointerException().isThrownBy(() -> queue.tryPut(null));
            assertThatNullPointerException().isThrownBy(() -> queue.put(null).await());
            assertThat(queue.tryPut("a")).isTrue();
            assertThatNullPointerException().isThrownBy(() -> queue.put(null).await());
        });
    }

    @Test
    void anIterationInACallbackIsRefusedAndTakesNothing() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            var errors = new ArrayList<Throwable>();
            Runnable iteration = () -> {
                try {
                    queue.forEach(item -> errors.add(new AssertionError(item)));
                } catch (IllegalStateException e) {
                    errors.add(e);
                }
            };
            EventLoop.current().callSoon(iteration);
            yieldNow();
            assertThat(queue.statistics().getters()).isZero();
            assertThat(queue.tryPut("a")).isTrue();
            EventLoop.current().callSoon(iteration);
            yieldNow();
            assertThat(queue.size()).isEqualTo(1);
            assertThat(errors)
                    .hasSize(2)
                    .allSatisfy(error -> assertThat(error)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("await() in a callback"));
        });
    }
}

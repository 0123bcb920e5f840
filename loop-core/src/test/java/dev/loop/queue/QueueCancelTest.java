package dev.loop.queue;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Puts and gets that are cancelled: no item is lost, and the order stays. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueCancelTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static <T> List<T> drain(Queue<T> queue) {
        var items = new ArrayList<T>();
        for (T item = queue.tryGet(); item != null; item = queue.tryGet()) {
            items.add(item);
        }
        return items;
    }

    @Test
    void aGetThatIsCancelledWhileItWaitsLeavesTheItemToTheNext() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            Task<String> one = spawn(() -> queue.get().await());
            Task<String> two = spawn(() -> queue.get().await());
            yieldNow();
            one.cancel();
            assertThat(queue.tryPut("item")).isTrue();
            assertThat(two.await()).isEqualTo("item");
            assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void aTaskCancelledRightAfterTheHandOverHasItsItem() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            Task<?> task = spawn(() -> {
                order.add(queue.get().await());
                sleep(SECOND).await();
            });
            yieldNow();
            assertThat(queue.tryPut("item")).isTrue();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("item");
        });
    }

    @Test
    void anItemThatNobodyHasReadGoesToTheNextGetter() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            Future<String> one = queue.get();
            assertThat(queue.tryPut("item")).isTrue();
            Future<String> two = queue.get();
            assertThat(one.cancel()).isTrue();
            assertThat(two.await()).isEqualTo("item");
        });
    }

    @Test
    void anItemThatNobodyWantsGoesBackToTheHead() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            queue.put("first").await();
            queue.put("second").await();
            Future<String> get = queue.get();
            assertThat(get.cancel()).isTrue();
            assertThat(drain(queue)).containsExactly("first", "second");
        });
    }

    @Test
    void itemsThatComeBackTogetherKeepTheirOrder() {
        TestLoop.run(() -> {
            for (boolean oldestFirst : new boolean[] {true, false}) {
                var queue = new Queue<String>();
                for (String item : List.of("a", "b", "c", "d")) {
                    queue.put(item).await();
                }
                var gets = List.of(queue.get(), queue.get(), queue.get());
                (oldestFirst ? gets : gets.reversed())
                        .forEach(get -> assertThat(get.cancel()).isTrue());
                assertThat(drain(queue)).containsExactly("a", "b", "c", "d");
            }
            var queue = new Queue<String>();
            Task<?> task = spawn(
                    () -> gather(queue.get(), queue.get(), EventLoop.current().promise())
                            .await());
            yieldNow();
            queue.put("a").await();
            queue.put("b").await();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(drain(queue)).containsExactly("a", "b");
        });
    }

    @Test
    void anItemThatComesBackTwiceDoesNotFallBehindAYoungerOne() {
        TestLoop.run(() -> {
            for (boolean handedOver : new boolean[] {true, false}) {
                var queue = new Queue<String>();
                queue.put("old").await();
                queue.put("young").await();
                Future<String> one = queue.get();
                Future<String> two = queue.get();
                Future<String> next = handedOver ? queue.get() : null;
                assertThat(one.cancel()).isTrue();
                Future<String> again = next != null ? next : queue.get();
                assertThat(two.cancel()).isTrue();
                assertThat(again.cancel()).isTrue();
                assertThat(drain(queue)).containsExactly("old", "young");
            }
        });
    }

    @Test
    void anItemThatComesBackToAFullQueueIsKeptToo() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            queue.put("a").await();
            Future<String> get = queue.get();
            queue.put("b").await();
            Future<?> put = queue.put("c");
            assertThat(get.cancel()).isTrue();
            assertThat(queue.isFull()).isTrue();
            assertThat(put.isDone()).isFalse();
            assertThat(queue.tryGet()).isEqualTo("a");
            assertThat(put.isDone()).isFalse(); // one more than fits was taken, so there is still no room
            assertThat(drain(queue)).containsExactly("b", "c");
            assertThat(put.isDone()).isTrue();
        });
    }

    @Test
    void aPutThatIsCancelledWhileItWaitsTakesItsItemBack() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            queue.put("a").await();
            Task<?> one = spawn(() -> queue.put("withdrawn").await());
            Task<?> two = spawn(() -> queue.put("b").await());
            yieldNow();
            one.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
            assertThat(drain(queue)).containsExactly("a", "b");
            two.await();
        });
    }

    @Test
    void aPutWhoseItemIsInTheQueueRefusesACancel() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            queue.put("a").await();
            Future<?> put = queue.put("b");
            assertThat(queue.tryGet()).isEqualTo("a");
            assertThat(put.cancel()).isFalse();
            put.await();
            assertThat(drain(queue)).containsExactly("b");
        });
    }

    @Test
    void aLimitOnAPutWithdrawsTheItem() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            queue.put("a").await();
            assertThatThrownBy(() -> timeout(SECOND, () -> queue.put("late").await()))
                    .isInstanceOf(TimeoutException.class);
            assertThat(drain(queue)).containsExactly("a");
            assertThat(queue.statistics().putters()).isZero();
        });
    }
}

package dev.loop.parity;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.TimeoutException;
import dev.loop.queue.LifoQueue;
import dev.loop.queue.PriorityQueue;
import dev.loop.queue.Queue;
import dev.loop.queue.QueueShutdownException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's queues: behaviours 75 to 78, for all three kinds where they do not differ. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueueParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final List<IntFunction<Queue<Integer>>> KINDS =
            List.of(Queue::new, PriorityQueue::new, LifoQueue::new);

    private interface Body {
        void run(Queue<Integer> queue) throws Exception;
    }

    private static void onEveryKind(int capacity, Body body) {
        for (IntFunction<Queue<Integer>> kind : KINDS) {
            TestLoop.run(() -> body.run(kind.apply(capacity)));
        }
    }

    private static void assertShutDown(Queue<Integer> queue) {
        assertThatThrownBy(() -> queue.put(9).await()).isInstanceOf(QueueShutdownException.class);
        assertThatThrownBy(() -> queue.tryPut(9)).isInstanceOf(QueueShutdownException.class);
        assertThatThrownBy(() -> queue.get().await())
                .isInstanceOf(QueueShutdownException.class)
                .hasMessageContaining(queue.getClass().getSimpleName());
        assertThatThrownBy(queue::tryGet).isInstanceOf(QueueShutdownException.class);
        assertThat(queue.isShutdown()).isTrue();
    }

    private static void put(Queue<Integer> queue, int... items) {
        for (int item : items) {
            assertThat(queue.tryPut(item)).isTrue();
        }
    }

    // --- 75

    @Test
    void aGetThatIsCancelledAtTheHandOverLosesNoItemAndWakesTheNextGetter_75() {
        onEveryKind(9, queue -> {
            Future<Integer> one = queue.get();
            Future<Integer> two = queue.get();
            Future<Integer> three = queue.get();
            put(queue, 1, 2);
            assertThat(one.cancel()).isTrue();
            assertThat(three.await()).isEqualTo(1);
            assertThat(two.await()).isEqualTo(2);
        });
    }

    @Test
    void aGetThatIsCancelledAtTheHandOverLeavesTheItemToALaterGet_75() {
        onEveryKind(9, queue -> {
            Task<Integer> reader = spawn(() -> queue.get().await());
            yieldNow();
            reader.cancel();
            put(queue, 1);
            assertThatThrownBy(reader::await).isInstanceOf(CancelledException.class);
            assertThat(queue.get().await()).isEqualTo(1);
        });
    }

    @Test
    void aPutThatIsCancelledWhileItWaitsLeavesItsPlaceToTheNextPutter_75() {
        onEveryKind(1, queue -> {
            put(queue, 1);
            Task<?> one = spawn(() -> queue.put(2).await());
            Task<?> two = spawn(() -> queue.put(3).await());
            yieldNow();
            one.cancel();
            assertThat(queue.tryGet()).isEqualTo(1);
            assertThatThrownBy(one::await).isInstanceOf(CancelledException.class);
            two.await();
            assertThat(queue.tryGet()).isEqualTo(3);
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void aPutThatIsCancelledAfterItsItemWasLetInHasPutItOnce_75() {
        onEveryKind(1, queue -> {
            put(queue, 1);
            Task<?> putter = spawn(() -> queue.put(2).await());
            yieldNow();
            assertThat(queue.tryGet()).isEqualTo(1);
            putter.cancel();
            putter.await(); // asyncio withdraws the item here; ours was delivered
            assertThat(queue.tryGet()).isEqualTo(2);
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void waitsThatWereCancelledAreNotKept_75() {
        onEveryKind(1, queue -> {
            assertThatThrownBy(() -> waitFor(queue.get(), SECOND).await()).isInstanceOf(TimeoutException.class);
            put(queue, 1);
            assertThatThrownBy(() -> waitFor(queue.put(2), SECOND).await()).isInstanceOf(TimeoutException.class);
            assertThat(queue.statistics().getters()).isZero();
            assertThat(queue.statistics().putters()).isZero();
        });
    }

    // --- 76

    @Test
    void aJoinWaitsUntilEveryItemIsDealtWith_76() {
        onEveryKind(200, queue -> {
            var total = new int[1];
            for (int i = 0; i < 100; i++) {
                put(queue, i);
            }
            for (int worker = 0; worker < 2; worker++) {
                spawn(() -> {
                    for (int item : queue) {
                        sleep(SECOND).await();
                        total[0] += item;
                        queue.taskDone();
                    }
                });
            }
            queue.join().await();
            assertThat(total[0]).isEqualTo(4950);
            assertThat(EventLoop.current().time())
                    .isEqualTo(SECOND.multipliedBy(50).toNanos());
            queue.shutdown();
        });
    }

    @Test
    void aJoinOfAnEmptyQueueIsDoneAtOnce_76() {
        onEveryKind(1, queue -> {
            assertThat(queue.join().isDone()).isTrue();
            put(queue, 1);
            assertThat(queue.join().isDone()).isFalse();
            assertThat(queue.tryGet()).isEqualTo(1);
            assertThat(queue.join().isDone()).isFalse();
            queue.taskDone();
            queue.join().await();
        });
    }

    @Test
    void oneTaskDoneTooManyIsRefused_76() {
        onEveryKind(1, queue -> {
            assertThatIllegalStateException()
                    .isThrownBy(queue::taskDone)
                    .withMessageContaining("taskDone()")
                    .withMessageContaining(queue.toString());
            put(queue, 1);
            queue.taskDone();
            assertThatIllegalStateException().isThrownBy(queue::taskDone);
        });
    }

    @Test
    void anItemThatWaitsForRoomCountsWhenItIsIn_76() {
        onEveryKind(1, queue -> {
            put(queue, 1);
            Future<?> two = queue.put(2);
            Future<?> withdrawn = queue.put(3);
            assertThat(queue.statistics().unfinished()).isEqualTo(1);
            withdrawn.cancel();
            assertThat(queue.tryGet()).isEqualTo(1);
            two.await();
            assertThat(queue.statistics().unfinished()).isEqualTo(2);
            Future<Integer> back = queue.get();
            back.cancel();
            assertThat(queue.statistics().unfinished()).isEqualTo(2);
        });
    }

    // --- 77

    @Test
    void aShutdownOfAnEmptyQueueEndsWhoWaitsToGet_77() {
        onEveryKind(9, queue -> {
            Task<Integer> getter = spawn(() -> queue.get().await());
            yieldNow();
            queue.shutdown();
            queue.shutdown();
            queue.join().await();
            assertThatThrownBy(getter::await).isInstanceOf(QueueShutdownException.class);
            assertShutDown(queue);
        });
    }

    @Test
    void aShutdownEndsWhoWaitsToPutAndLeavesWhatIsIn_77() {
        onEveryKind(1, queue -> {
            put(queue, 1);
            Future<?> join = queue.join();
            Task<?> putter = spawn(() -> queue.put(2).await());
            yieldNow();
            queue.shutdown();
            assertThat(queue.size()).isEqualTo(1);
            assertThatThrownBy(putter::await).isInstanceOf(QueueShutdownException.class);
            assertThat(queue.get().await()).isEqualTo(1);
            assertThat(join.isDone()).isFalse();
            assertShutDown(queue);
            queue.taskDone();
            join.await();
            assertThatIllegalStateException().isThrownBy(queue::taskDone);
        });
    }

    @Test
    void aShutdownAtOnceTakesWhatIsInOutAndEndsAJoin_77() {
        onEveryKind(9, queue -> {
            put(queue, 1, 2);
            Future<?> join = queue.join();
            assertThat(queue.shutdownNow()).containsExactlyInAnyOrder(1, 2);
            assertThat(queue.size()).isZero();
            join.await();
            assertShutDown(queue);
            assertThatIllegalStateException().isThrownBy(queue::taskDone);
        });
    }

    @Test
    void aShutdownAtOnceStillWaitsForItemsThatWereTaken_77() {
        onEveryKind(9, queue -> {
            put(queue, 1, 2);
            Future<?> join = queue.join();
            var _ = queue.get().await();
            assertThat(queue.shutdownNow()).hasSize(1);
            assertThat(join.isDone()).isFalse();
            assertShutDown(queue);
            queue.taskDone();
            assertThatIllegalStateException().isThrownBy(queue::taskDone);
            join.await();
        });
    }

    @Test
    void aShutdownAtOnceEndsAllWhoWait_77() {
        onEveryKind(1, queue -> {
            put(queue, 1);
            List<Task<?>> putters = List.of(
                    spawn(() -> queue.put(2).await()), spawn(() -> queue.put(3).await()));
            yieldNow();
            queue.shutdownNow();
            for (Task<?> putter : putters) {
                assertThatThrownBy(putter::await).isInstanceOf(QueueShutdownException.class);
            }
            assertThat(queue.statistics().putters()).isZero();
        });
    }

    // --- 78

    @Test
    void theOrderIsThatOfTheKind_78() {
        TestLoop.run(() -> {
            var orders = new ArrayList<List<Integer>>();
            for (IntFunction<Queue<Integer>> kind : KINDS) {
                Queue<Integer> queue = kind.apply(3);
                put(queue, 1, 3, 2);
                var order = new ArrayList<Integer>();
                queue.shutdown();
                queue.forEach(order::add);
                orders.add(order);
            }
            assertThat(orders).containsExactly(List.of(1, 3, 2), List.of(1, 2, 3), List.of(2, 3, 1));
        });
    }

    @Test
    void aQueueIsFullWhilePuttersWait_78() {
        onEveryKind(2, queue -> {
            assertThat(queue.isEmpty()).isTrue();
            put(queue, 1, 2);
            assertThat(queue.isFull()).isTrue();
            assertThat(queue.tryPut(3)).isFalse();
            var puts = List.of(queue.put(3), queue.put(4));
            for (int i = 0; i < 4; i++) {
                assertThat(queue.isFull()).isEqualTo(i < 3);
                assertThat(queue.tryGet()).isNotNull();
            }
            gather(puts).await();
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void aCapacityIsANumberOfItems_78() {
        onEveryKind(1, queue -> {
            assertThat(queue.capacity()).isEqualTo(1);
            assertThat(new Queue<Integer>().capacity()).isEqualTo(Integer.MAX_VALUE);
            for (IntFunction<Queue<Integer>> kind : KINDS) {
                assertThatIllegalArgumentException().isThrownBy(() -> kind.apply(0)); // asyncio: without a bound
            }
        });
    }
}

package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.DeadlockError;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cancel that goes from a task to what it awaits: refusals, shared futures, long chains and circles. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancelChainTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    void anInnerTaskThatRefusesKeepsTheOuterOneWaiting() {
        TestLoop.run(() -> {
            Task<String> inner = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    sleep(SECOND).await();
                }
                return "value all the same";
            });
            Task<String> outer = spawn(() -> {
                String value = inner.await();
                sleep(SECOND).await(); // the inner one has taken the cancel: nothing is left of it here
                return value;
            });
            yieldNow();
            outer.cancel();
            assertThat(outer.await()).isEqualTo("value all the same");
            assertThat(outer.cancelling()).isEqualTo(1);
            assertThat(EventLoop.current().time()).isEqualTo(2 * SECOND.toNanos());
        });
    }

    @Test
    void aCancelReachesTheInnerTaskAgainIfItRefusedOnce() {
        TestLoop.run(() -> {
            Task<?> inner = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    order.add("refused");
                }
                sleep(Duration.ofHours(1)).await();
            });
            Task<?> outer = spawn(() -> inner.await());
            yieldNow();
            outer.cancel();
            yieldNow();
            yieldNow();
            outer.cancel("again");
            assertThatThrownBy(outer::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("again");
            assertThat(order).containsExactly("refused");
            assertThat(EventLoop.current().time()).isZero();
        });
    }

    @Test
    void theFailureOfAnInnerTaskInAnswerToACancelIsTheOutcome() {
        TestLoop.run(() -> {
            Task<?> inner = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    throw new IllegalArgumentException("instead");
                }
            });
            Task<?> outer = spawn(() -> inner.await());
            yieldNow();
            outer.cancel();
            assertThatThrownBy(outer::await).isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void aPromiseThatRefusesEndsWhenItsWorkDoesAndTheCancelArrivesLater() {
        TestLoop.run(() -> {
            Promise<String> work = EventLoop.current().promise(new CancelHook<>() {
                @Override
                public boolean stop(Promise<String> promise, @Nullable String reason) {
                    order.add("asked: " + reason);
                    return false;
                }
            });
            Task<?> task = spawn(() -> {
                order.add(work.await());
                sleep(SECOND).await();
            });
            yieldNow();
            assertThat(task.cancel("please")).isTrue();
            yieldNow();
            assertThat(task.isDone()).isFalse();
            work.complete("value");
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("asked: please", "value");
            assertThat(EventLoop.current().time()).isZero();
        });
    }

    // --- shared futures

    @Test
    void aFutureThatOthersAwaitTooIsOnlyLeft() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<String> one = spawn(() -> promise.await());
            Task<String> two = spawn(() -> promise.await());
            yieldNow();
            one.cancel("not me");
            assertThatThrownBy(one::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("not me");
            assertThat(promise.isDone()).isFalse();
            promise.complete("value");
            assertThat(two.await()).isEqualTo("value");
        });
    }

    @Test
    void theLastWaiterCancelsIt() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.addDoneCallback(_ -> order.add("callback"));
            Task<String> one = spawn(() -> promise.await());
            Task<String> two = spawn(() -> promise.await());
            yieldNow();
            one.cancel();
            two.cancel();
            assertThat(promise.isCancelled()).isTrue();
            yieldNow();
            assertThat(order).containsExactly("callback");
        });
    }

    @Test
    void aCombinatorThatHasEndedIsNoWaiterAnyMore() {
        TestLoop.run(() -> {
            Promise<String> shielded = EventLoop.current().promise();
            shield(shielded).cancel();
            Task<?> one = spawn(() -> shielded.await());

            Promise<String> gathered = EventLoop.current().promise();
            Future<?> failed = EventLoop.current().failed(new IllegalArgumentException("boom"));
            assertThatThrownBy(() -> gather(gathered, failed).await()).isInstanceOf(IllegalArgumentException.class);
            Task<?> two = spawn(() -> gathered.await());

            yieldNow();
            one.cancel();
            two.cancel();
            assertThat(shielded.isCancelled())
                    .as("behind a shield that has gone")
                    .isTrue();
            assertThat(gathered.isCancelled()).as("in a gather that has failed").isTrue();
        });
    }

    @Test
    void whatWasLeftIsNoWaiterAnyMore() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.addWaiter(_ -> order.add("waiter"));
            Task<String> task = spawn(() -> promise.await());
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            promise.complete("value");
            yieldNow();
            assertThat(order).containsExactly("waiter");
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
    }

    // --- long chains and circles

    @Test
    void aTaskCannotAwaitItself() {
        TestLoop.run(() -> {
            var self = new Task<?>[1];
            self[0] = spawn(() -> self[0].await());
            assertThatThrownBy(self[0]::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot wait for itself");
        });
    }

    @Test
    void aLongChainOfTasksIsCancelledFromItsHead() {
        TestLoop.run(() -> {
            Task<?> last = spawn(() -> sleep(Duration.ofHours(1)).await());
            var chain = new ArrayList<Task<?>>(List.of(last));
            for (int i = 0; i < 10_000; i++) {
                Task<?> next = last;
                last = spawn(() -> next.await());
                chain.add(last);
            }
            yieldNow();
            yieldNow();
            last.cancel("all of you");
            assertThatThrownBy(last::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("all of you");
            assertThat(chain).allMatch(Future::isCancelled);
        });
    }

    @Test
    void tasksThatAwaitEachOtherAreCancelledTogether() {
        TestLoop.run(() -> {
            var tasks = new Task<?>[3];
            for (int i = 0; i < 3; i++) {
                int next = (i + 1) % 3;
                tasks[i] = spawn("circle " + i, () -> tasks[next].await());
            }
            yieldNow();
            tasks[0].cancel("break it");
            for (int i = 0; i < 10; i++) {
                yieldNow();
            }
            assertThat(tasks).allMatch(Future::isCancelled);
        });
    }

    @Test
    void aLoopClosesAlsoWithTasksThatAwaitEachOther() {
        var test = new TestLoop();
        assertThatThrownBy(() -> test.runMain(() -> {
                    var main = Async.currentTask();
                    Task<?> other = spawn("other", () -> main.await());
                    other.await();
                }))
                .isInstanceOf(DeadlockError.class)
                .hasMessageContaining("main")
                .hasMessageContaining("other");
        test.close();
        assertThat(test.loop().isClosed()).isTrue();
        assertThat(test.elapsed()).isZero();
    }
}

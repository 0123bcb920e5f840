package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Cancels along many tasks: no recursion, no work that grows with the square. The numbers are such that the square would take longer
 * than the limit of the class.
 */
@Tag("unseeded") // takes long, and is about depth, not about order
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LongChainTest {

    private static final Duration HOUR = Duration.ofHours(1);

    /** Tasks of which each awaits the one before it, in the order of their making; the first one sleeps. */
    private static List<Task<?>> chain(int length, UnaryOperator<Future<?>> wait) {
        Task<?> last = spawn(() -> sleep(HOUR).await());
        var chain = new ArrayList<Task<?>>(List.of(last));
        for (int i = 1; i < length; i++) {
            Task<?> next = last;
            last = spawn(() -> wait.apply(next).await());
            chain.add(last);
        }
        yieldNow();
        yieldNow();
        return chain;
    }

    private static void assertCancelledFromItsHead(List<Task<?>> chain) {
        Task<?> head = chain.getLast();
        head.cancel("all of you");
        assertThatThrownBy(head::await).isInstanceOf(CancelledException.class).hasMessageContaining("all of you");
        assertThat(chain).allMatch(Future::isCancelled);
    }

    // --- through combinators

    @Test
    void aCancelGoesThroughGathersOfTasksOfGathers() {
        TestLoop.run(() -> assertCancelledFromItsHead(chain(20_000, next -> gather(next))));
    }

    @Test
    void aCancelGoesThroughWaitForsOfTasksOfWaitFors() {
        TestLoop.run(() -> assertCancelledFromItsHead(chain(20_000, next -> waitFor(next, HOUR))));
    }

    @Test
    void aLimitThatIsOverReachesTheEndOfTheChain() {
        TestLoop.run(() -> {
            List<Task<?>> chain = chain(20_000, next -> gather(next));
            assertThatThrownBy(waitFor(chain.getLast(), Duration.ofSeconds(1))::await)
                    .isInstanceOf(TimeoutException.class);
            assertThat(chain).allMatch(Future::isCancelled);
        });
    }

    /** Each level asks both of two tasks that ask both of the next two: there are more ways down than could ever be gone. */
    @Test
    @Tag("both-engines")
    void aTaskThatIsReachedOnManyWaysIsAskedOnce() {
        TestLoop.run(() -> {
            Task<?> left = spawn(() -> sleep(HOUR).await());
            Task<?> right = spawn(() -> sleep(HOUR).await());
            var all = new ArrayList<Task<?>>(List.of(left, right));
            for (int i = 0; i < 60; i++) {
                Task<?> one = left;
                Task<?> two = right;
                left = spawn(() -> gather(one, two).await());
                right = spawn(() -> gather(one, two).await());
                all.addAll(List.of(left, right));
            }
            Future<?> top = gather(left, right);
            for (int i = 0; i < 3; i++) {
                yieldNow();
            }
            top.cancel("down");
            assertThatThrownBy(top::await).isInstanceOf(CancelledException.class);
            assertThat(all).allMatch(Future::isCancelled);
            assertThat(all.getFirst().cancelling()).isEqualTo(1);
        });
    }

    // --- circles through combinators

    @Test
    @Tag("both-engines")
    void aCircleThatLiesBehindAnotherTaskIsBroken() {
        TestLoop.run(() -> {
            var tasks = new Task<?>[3];
            tasks[0] = spawn("a", () -> gather(tasks[1], tasks[2]).await());
            tasks[1] = spawn("b", () -> waitFor(tasks[2], HOUR).await());
            tasks[2] = spawn("c", () -> waitFor(tasks[1], HOUR).await());
            yieldNow();
            tasks[0].cancel("break it");
            for (int i = 0; i < 10; i++) {
                yieldNow();
            }
            assertThat(tasks).allMatch(Future::isCancelled);
        });
    }

    @Test
    @Tag("both-engines")
    void aLoopClosesWithACircleThatNobodyHasBroken() {
        var test = new TestLoop();
        test.runMain(() -> {
            var tasks = new Task<?>[2];
            tasks[0] = spawn("a", () -> gather(tasks[1]).await());
            tasks[1] = spawn("b", () -> waitFor(tasks[0], HOUR).await());
            yieldNow();
            yieldNow();
        });
        test.close();
        assertThat(test.elapsed()).isZero();
    }

    // --- what was quadratic

    @Test
    void aLoopClosesWithALongChainFromItsHead() {
        closeWithAChain(false);
    }

    @Test
    void aLoopClosesWithALongChainFromItsEnd() {
        closeWithAChain(true);
    }

    private static void closeWithAChain(boolean headFirst) {
        int length = 40_000;
        var ended = new ArrayList<Task<?>>();
        var test = new TestLoop();
        test.runMain(() -> {
            if (headFirst) {
                var tasks = new Task<?>[length];
                for (int i = 0; i < length; i++) {
                    int next = i + 1;
                    tasks[i] = spawn(() -> (next < length ? tasks[next] : sleep(HOUR)).await());
                    ended.add(tasks[i]);
                }
                yieldNow();
            } else {
                ended.addAll(chain(length, next -> next));
            }
        });
        test.close();
        assertThat(ended).allMatch(Future::isCancelled);
    }

    @Test
    void manyWaitersOfOneFutureAreCancelled() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.addWaiter(_ -> {});
            var waiters = new ArrayList<Task<?>>();
            for (int i = 0; i < 100_000; i++) {
                waiters.add(spawn(() -> promise.await()));
            }
            yieldNow();
            waiters.forEach(Task::cancel);
            yieldNow();
            assertThat(waiters).allMatch(Future::isCancelled);
            assertThat(promise.isDone()).isFalse();
        });
    }

    @Test
    void manyWaitersOfOneFutureLeaveInAnyOrder() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(HOUR).await());
            var joins = new ArrayList<Future<?>>();
            for (int i = 0; i < 200_000; i++) {
                joins.add(task.join());
            }
            Collections.shuffle(joins, new Random(1));
            joins.forEach(Future::cancel);
            assertThat(task.hasListeners()).isFalse();
        });
    }
}

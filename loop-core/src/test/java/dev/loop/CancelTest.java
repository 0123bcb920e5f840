package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The edge cancel of a task: delivered once, at a wait, in whatever state the task is. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancelTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static void assertCancelled(Future<?> future, @Nullable String reason) {
        assertThatThrownBy(future::await)
                .isInstanceOfSatisfying(
                        CancelledException.class, e -> assertThat(e.reason()).isEqualTo(reason));
        assertThat(future.isCancelled()).isTrue();
    }

    // --- in every state

    @Test
    void beforeItsFirstStepTheBodyNeverRuns() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> order.add("ran"));
            assertThat(task.cancel("not wanted")).isTrue();
            assertThat(task.isDone()).isFalse();
            assertCancelled(task, "not wanted");
            assertThat(order).isEmpty();
            assertThat(EventLoop.current().allTasks()).containsExactly(currentTask());
        });
    }

    @Test
    void whileItAwaitsAPromiseThatIsCancelledWithIt() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> promise.await());
            yieldNow();
            assertThat(task.cancel("reason")).isTrue();
            assertThat(promise.isCancelled()).isTrue();
            assertThat(task.isDone()).isFalse();
            assertCancelled(task, "reason");
        });
    }

    @Test
    void whileItAwaitsAnotherTaskThatIsCancelledWithIt() {
        TestLoop.run(() -> {
            Task<?> inner = spawn(() -> sleep(SECOND).await());
            Task<?> outer = spawn(() -> inner.await());
            yieldNow();
            outer.cancel("reason");
            assertCancelled(outer, "reason");
            assertCancelled(inner, "reason");
        });
    }

    @Test
    void whileItGivesWay() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                while (true) {
                    yieldNow();
                }
            });
            yieldNow();
            task.cancel("enough");
            assertCancelled(task, "enough");
        });
    }

    @Test
    void afterItsWaitIsOverAndBeforeItResumesItsValueIsKept() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> {
                order.add(promise.await());
                order.add("still here");
                sleep(SECOND).await();
                order.add("too far");
            });
            yieldNow();
            promise.complete("value");
            task.cancel("late");
            assertCancelled(task, "late");
            assertThat(order).containsExactly("value", "still here");
        });
    }

    @Test
    void afterItsWaitHasFailedTheFailureIsNotLostEither() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> promise.await());
            yieldNow();
            promise.fail(new IllegalArgumentException("boom"));
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void inItsOwnStepItArrivesAtTheNextWait() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                currentTask().cancel("by myself");
                order.add("goes on");
                EventLoop.current().done().await();
                order.add("and on");
                yieldNow();
                order.add("too far");
            });
            assertCancelled(task, "by myself");
            assertThat(order).containsExactly("goes on", "and on");
        });
    }

    @Test
    void whenItIsDoneACancelIsRefused() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> "value");
            task.await();
            assertThat(task.cancel("late")).isFalse();
            assertThat(task.cancelling()).isZero();
            assertThat(task.result()).isEqualTo("value");
        });
    }

    @Test
    void aTaskThatReturnsBeforeItsCancelArrivesKeepsItsValue() {
        TestLoop.run(() -> {
            var self = new Task<?>[1];
            Task<String> task = spawn(() -> {
                self[0].cancel();
                return "value";
            });
            self[0] = task;
            assertThat(task.await()).isEqualTo("value");
            assertThat(task.isCancelled()).isFalse();
        });
    }
}

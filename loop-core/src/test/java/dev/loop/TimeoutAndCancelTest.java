package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where a limit meets a cancel, a value of the same instant, or a blocking call of the JDK. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimeoutAndCancelTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    // --- a cancel from outside

    @Test
    @Tag("both-engines")
    void aCancelFromOutsideIsNotTakenForTheTimeOut() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> timeout(HOUR, () -> sleep(HOUR).await()));
            yieldNow();
            task.cancel("from outside");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertThat(EventLoop.current().timers.size()).isZero();
        });
    }

    @Test
    @Tag("both-engines")
    @Tag("unseeded") // the alarm and the limit are two causes at one instant, and the alarm has to wake its task first
    void aCancelFromOutsideAtTheSameInstantStaysACancel() {
        TestLoop.run(() -> {
            Future<?> alarm = sleep(SECOND);
            Task<?> task = spawn(() -> timeout(SECOND, () -> sleep(HOUR).await()));
            alarm.await(); // the limit has passed too, and the task has not resumed yet
            task.cancel("from outside");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("from outside");
            assertThat(task.cancelling()).isEqualTo(1);
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    @Tag("both-engines")
    void aLimitThatPassesAfterACancelAndBeforeTheTaskResumesDoesNotTakeItsPlace() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Task<?> task = spawn(() -> timeout(SECOND, () -> sleep(HOUR).await()));
                yieldNow();
                task.cancel("from outside");
                test.clock().advance(SECOND);
                assertThatThrownBy(task::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("from outside");
            });
        }
    }

    @Test
    @Tag("both-engines")
    void aCancelAfterTheTaskHasLeftTheLimitedCodeComesTooLateForIt() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> timeout(SECOND, () -> sleep(HOUR).await()));
            yieldNow();
            sleep(SECOND.plusNanos(1)).await();
            assertThat(task.cancel("too late")).isFalse();
            assertThatThrownBy(task::await).isInstanceOf(TimeoutException.class);
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelThatComesWhileTheTimeOutIsOnItsWayOutIsNotSwallowed() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> timeout(SECOND, () -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    currentTask().cancel("on the way out");
                }
            }));
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("on the way out");
        });
    }

    @Test
    @Tag("both-engines")
    void codeThatGoesOnAfterACancelFromOutsideIsStillLimited() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> timeout(SECOND, () -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add(e.reason());
                }
                sleep(HOUR).await();
            }));
            yieldNow();
            task.cancel("from outside");
            assertThatThrownBy(task::await).isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("from outside");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelThatAnInnerTaskHasTakenIsNotMistakenForALaterTimeOut() {
        TestLoop.run(() -> {
            Task<String> inner = spawn(() -> {
                try {
                    sleep(HOUR).await();
                    return "slept";
                } catch (CancelledException e) {
                    return "took the cancel";
                }
            });
            Task<?> task = spawn(() -> {
                order.add(inner.await());
                timeout(SECOND, () -> sleep(HOUR).await());
            });
            yieldNow();
            task.cancel("long ago");
            assertThatThrownBy(task::await).isInstanceOf(TimeoutException.class);
            assertThat(order).containsExactly("took the cancel");
        });
    }

    @Test
    @Tag("both-engines")
    void aLimitWorksWhileATaskCleansUpAfterACancel() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    try {
                        timeout(SECOND, () -> sleep(HOUR).await());
                    } catch (TimeoutException e) {
                        order.add("gave up cleaning");
                    }
                }
            });
            yieldNow();
            task.cancel("reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(order).containsExactly("gave up cleaning");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelOfWhatIsAwaitedIsNotTakenForTheTimeOut() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            EventLoop.current().callLater(SECOND, () -> promise.cancel("by somebody"));
            assertThatThrownBy(() -> timeout(HOUR, () -> promise.await()))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("by somebody");
        });
    }

    @Test
    @Tag("both-engines")
    void whatALimitHasCancelledElsewhereIsNoTimeOutHere() {
        TestLoop.run(() -> {
            Task<?> child = spawn(() -> sleep(HOUR).await());
            Task<?> limited = spawn(() -> timeout(SECOND, () -> child.await()));
            // the child was cancelled by the other task's limit, and to this one it is simply cancelled
            assertThatThrownBy(() -> timeout(
                            HOUR,
                            () -> Async.gather(child, spawn(() -> yieldNow())).await()))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(limited::await).isInstanceOf(TimeoutException.class);
        });
    }

    // --- a value of the same instant

    @Test
    @Tag("both-engines")
    void anItemOfTheSameInstantIsEitherTakenOrStillInTheQueue() {
        for (boolean itemFirst : new boolean[] {true, false}) {
            TestLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var queue = new Queue<String>();
                Runnable put = () -> assertThat(queue.tryPut("item")).isTrue();
                if (itemFirst) {
                    loop.callLater(SECOND, put);
                }
                Task<String> task = spawn(() -> {
                    try {
                        return timeout(SECOND, () -> queue.get().await());
                    } catch (TimeoutException e) {
                        return "timed out";
                    }
                });
                yieldNow();
                if (!itemFirst) {
                    loop.callLater(SECOND, put);
                }
                String result = task.await();
                yieldNow();
                assertThat(result.equals("item") ? queue.tryGet() : result)
                        .isEqualTo(result.equals("item") ? null : "timed out");
                assertThat(result.equals("item") || "item".equals(queue.tryGet()))
                        .isTrue();
            });
        }
    }
}

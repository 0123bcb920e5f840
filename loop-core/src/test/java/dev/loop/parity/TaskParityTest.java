package dev.loop.parity;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's Task: when it steps, and what a cancel does at every moment of its life. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TaskParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static Promise<String> promise() {
        return EventLoop.current().promise();
    }

    private static CancelledException cancelOf(Future<?> future) {
        return catchThrowableOfType(CancelledException.class, future::await);
    }

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    // --- 23

    @Test
    void theFirstStepIsDeferred_23() {
        TestLoop.run(() -> {
            EventLoop.current().callSoon(() -> order.add("ready before"));
            Task<?> task = spawn(() -> order.add("first step"));
            EventLoop.current().callSoon(() -> order.add("ready after"));
            assertThat(order).isEmpty();
            assertThat(task.isDone()).isFalse();
            yieldNow();
            assertThat(order).containsExactly("ready before", "first step", "ready after");
            assertThat(task.isDone()).isTrue();
        });
    }

    @Test
    void theCurrentTaskIsTheRightOneHoweverTasksAndCallbacksInterleave_23() {
        TestLoop.run(() -> {
            Task<?> main = currentTask();
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 5; i++) {
                int n = i;
                tasks.add(spawn(() -> {
                    for (int turn = 0; turn < 5; turn++) {
                        assertThat(currentTask()).isSameAs(tasks.get(n));
                        EventLoop.current()
                                .callSoon(() -> assertThat(catchThrowable(() -> currentTask()))
                                        .isInstanceOf(IllegalStateException.class)
                                        .hasMessageContaining("callback"));
                        if (turn == 2) {
                            Task<?> child = spawn(() -> order.add(currentTask().name()));
                            child.await();
                        } else {
                            yieldNow();
                        }
                        assertThat(currentTask()).isSameAs(tasks.get(n));
                    }
                }));
                assertThat(currentTask()).isSameAs(main);
            }
            for (Task<?> task : tasks) {
                task.await();
                assertThat(currentTask()).isSameAs(main);
            }
            assertThat(order).hasSize(5).doesNotHaveDuplicates();
        });
    }

    @Test
    void theCurrentTaskIsTheRightOneInNestedEagerStarts_23() {
        TestLoop.run(() -> {
            Task<?> main = currentTask();
            Promise<String> gate = promise();
            Task<String> outer = eager(() -> {
                Task<?> me = currentTask();
                assertThat(me).isNotSameAs(main);
                Task<String> inner = eager(() -> {
                    Task<?> innermost = currentTask();
                    assertThat(innermost).isNotSameAs(me).isNotSameAs(main);
                    gate.await(); // here the callers go on
                    assertThat(currentTask()).isSameAs(innermost);
                    return "value";
                });
                assertThat(currentTask()).isSameAs(me);
                String value = inner.await();
                assertThat(currentTask()).isSameAs(me);
                return value;
            });
            assertThat(currentTask()).isSameAs(main);
            gate.complete("go");
            assertThat(outer.await()).isEqualTo("value");
            assertThat(currentTask()).isSameAs(main);
        });
    }

    private static <T> Task<T> eager(Callable<T> body) {
        return EventLoop.current().task().eager().spawn(body);
    }

    // --- 24

    @Test
    void aCancelOfATaskThatAwaitsAFutureCancelsThatFuture_24() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            Task<?> inner = spawn(() -> promise.await());
            Task<?> outer = spawn(() -> inner.await());
            yieldNow();
            yieldNow();
            assertThat(outer.cancel("the reason")).isTrue();
            assertThat(promise.isCancelled()).isTrue(); // in the call itself, all the way down
            assertThat(inner.isDone()).isFalse(); // while tasks end in steps of their own
            assertThat(cancelOf(outer).reason()).isEqualTo("the reason");
            assertThat(cancelOf(inner).reason()).isEqualTo("the reason");
        });
    }

    @Test
    void anInnerTaskThatRefusesKeepsTheOuterOneAlive_24() {
        TestLoop.run(() -> {
            Task<String> inner = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add("refused " + e.reason());
                }
                sleep(SECOND).await();
                return "value all the same";
            });
            Task<String> outer = spawn(() -> inner.await() + ", seen by the outer one");
            yieldNow();
            yieldNow();
            outer.cancel("enough");
            assertThat(outer.await()).isEqualTo("value all the same, seen by the outer one");
            assertThat(order).containsExactly("refused enough");
            assertThat(outer.cancelling()).isOne();
            assertThat(inner.cancelling()).isOne();
            assertNow(SECOND);
        });
    }

    // --- 25

    @Test
    void aTaskThatIsCancelledBeforeItsFirstStepEndsCancelledAndItsBodyNeverRuns_25() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> order.add("ran"));
            task.addDoneCallback(f -> order.add("told"));
            assertThat(task.cancel("the reason")).isTrue();
            assertThat(task.cancel("again")).isTrue(); // it has not ended yet
            assertThat(task.cancelling()).isEqualTo(2);
            assertThat(task.isDone()).isFalse();
            assertThat(cancelOf(task).reason()).isEqualTo("again"); // asyncio too keeps the last message
            assertThat(task.isCancelled()).isTrue();
            assertThat(task.cancel("too late")).isFalse();
            yieldNow();
            assertThat(order).containsExactly("told");
            assertThat(EventLoop.current().allTasks()).containsExactly(currentTask());
        });
    }

    @Test
    void aCancelBeforeTheFirstStepThatIsTakenBackLetsTheBodyRun_25() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> "ran");
            task.cancel();
            assertThat(task.uncancel()).isZero();
            assertThat(task.await()).isEqualTo("ran");
        });
    }

    // --- 26: DESIGN D4, not asyncio

    @Test
    void aBodyThatReturnsBeforeItsCancelIsDeliveredKeepsItsValue_26() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                currentTask().cancel("right before the end");
                return "value";
            });
            assertThat(task.await()).isEqualTo("value");
            assertThat(task.isCancelled()).isFalse();
            assertThat(task.cancelling()).isOne(); // and that it was asked for can be seen

            Promise<String> promise = promise();
            Task<String> last = spawn(() -> promise.await()); // the wait is the last thing that it does
            yieldNow();
            promise.complete("delivered");
            last.cancel("a moment later");
            assertThat(last.await()).isEqualTo("delivered");

            Task<String> failing = spawn(() -> {
                currentTask().cancel();
                throw new IOException("its own");
            });
            assertThat(catchThrowable(failing::await)).hasMessageContaining("its own");
        });
    }

    // --- 27: DESIGN D4, not asyncio

    @Test
    void aValueThatWasDeliveredInTheTurnOfTheCancelIsNotLostAndTheCancelArrivesAtTheNextWait_27() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            Task<?> task = spawn(() -> {
                order.add(promise.await());
                yieldNow();
                order.add("too far");
            });
            yieldNow();
            promise.complete("value");
            task.cancel("the reason");
            assertThat(cancelOf(task).reason()).isEqualTo("the reason");
            assertThat(order).containsExactly("value");
        });
    }

    @Test
    void norIsAnItemOfAQueueThatWasHandedOverInTheTurnOfTheCancel_27() {
        TestLoop.run(() -> {
            var queue = new Queue<String>(1);
            var got = new ArrayList<String>();
            Task<?> getter = spawn(() -> {
                got.add(queue.get().await());
                got.add(queue.get().await());
            });
            yieldNow();
            queue.put("item").await();
            getter.cancel();
            cancelOf(getter);
            assertThat(got).containsExactly("item");
            assertThat(queue.isEmpty()).isTrue();
        });
    }

    @Test
    void aFailureAndACancelOfWhatIsAwaitedAreNotLostEither_27() {
        TestLoop.run(() -> {
            Promise<String> failing = promise();
            Task<?> task = spawn(() -> {
                order.add(catchThrowable(failing::await).getMessage());
                yieldNow();
            });
            Promise<String> cancelled = promise();
            Task<?> other = spawn(() -> order.add(cancelOf(cancelled).reason() + ", once"));
            yieldNow();
            failing.fail(new IllegalArgumentException("the failure"));
            task.cancel("the reason");
            cancelled.cancel("by somebody else");
            other.cancel("the task's own"); // both are cancels: the task's own is the one that it is told
            assertThat(cancelOf(task).reason()).isEqualTo("the reason");
            other.await();
            assertThat(order).containsExactlyInAnyOrder("the failure", "the task's own, once");
        });
    }

    // --- 28

    @Test
    void aTaskThatCatchesItsCancelGoesOnAndCanBeCancelledAgain_28() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                for (int i = 1; i <= 2; i++) {
                    order.add("caught " + cancelOf(sleep(HOUR)).reason());
                    assertThat(currentTask().cancelling()).isEqualTo(i);
                    sleep(SECOND).await(); // an edge: it is over once it was thrown
                }
                cancelOf(sleep(HOUR));
                return "value";
            });
            for (int i = 1; i <= 3; i++) {
                sleep(SECOND.multipliedBy(2)).await();
                task.cancel("number " + i);
                assertThat(task.cancelling()).isEqualTo(i);
            }
            assertThat(task.await()).isEqualTo("value");
            assertThat(task.cancelling()).isEqualTo(3);
            assertThat(order).containsExactly("caught number 1", "caught number 2");
        });
    }

    @Test
    void twoCancelsInOneTurnAreCountedTwiceAndDeliveredOnce_28() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                order.add(cancelOf(sleep(HOUR)).reason());
                sleep(SECOND).await();
                return "value";
            });
            Task<String> ready = spawn(() -> {
                yieldNow();
                return "never";
            });
            yieldNow();
            task.cancel("first");
            ready.cancel("first");
            ready.cancel("second");
            assertThat(ready.cancelling()).isEqualTo(2);
            assertThat(cancelOf(ready).reason()).isEqualTo("second");
            assertThat(task.await()).isEqualTo("value");
            assertThat(order).containsExactly("first");
        });
    }

    // --- 29

    @Test
    void takingBackEveryCancelDropsTheOneThatWasNotDelivered_29() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                Task<?> me = currentTask();
                me.cancel("first");
                me.cancel("second");
                assertThat(me.cancelling()).isEqualTo(2);
                assertThat(me.uncancel()).isOne();
                assertThat(me.cancelling()).isOne();
                assertThat(me.uncancel()).isZero();
                assertThat(me.uncancel()).isZero(); // never below
                yieldNow();
                sleep(SECOND).await();
                return "value";
            });
            assertThat(task.await()).isEqualTo("value");
            assertNow(SECOND);
        });
    }

    @Test
    void takingBackOneOfTwoCancelsKeepsIt_29() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                currentTask().cancel("first");
                currentTask().cancel("second");
                currentTask().uncancel();
                yieldNow();
                order.add("too far");
            });
            assertThat(cancelOf(task)).isNotNull();
            assertThat(order).isEmpty();
            assertThat(task.cancelling()).isOne();
        });
    }

    /** CPython's structured blocks: what a timeout does with its own cancel must not touch one that comes from outside. */
    @Test
    void aCancelThatWasDeliveredIsTakenBackByWhoeverHandlesIt_29() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                cancelOf(sleep(HOUR));
                assertThat(currentTask().uncancel()).isZero();
                timeout(HOUR, () -> sleep(SECOND).await());
                return "value";
            });
            yieldNow();
            task.cancel();
            assertThat(task.await()).isEqualTo("value");
            assertThat(task.cancelling()).isZero();
        });
    }

    // --- 30

    @Test
    void anotherFailureInAnswerToTheCancelIsTheOutcomeWithItsChain_30() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    throw new IOException("in answer", e);
                } finally {
                    order.add("cleaned up");
                }
            });
            yieldNow();
            task.cancel("the reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("in answer")
                    .cause()
                    .isInstanceOfSatisfying(
                            CancelledException.class,
                            e -> assertThat(e.reason()).isEqualTo("the reason"));
            assertThat(task.isCancelled()).isFalse();
            assertThat(task.exception()).isInstanceOf(IOException.class);
            assertThat(order).containsExactly("cleaned up");

            Task<?> finallyFails = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    failNow();
                }
            });
            yieldNow();
            finallyFails.cancel();
            assertThatThrownBy(finallyFails::await).isInstanceOf(ArithmeticException.class);
        });
    }

    private static void failNow() {
        throw new ArithmeticException("in the finally");
    }

    // --- 31

    @Test
    void aTaskThatCancelsItselfIsToldAtItsNextWait_31() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                assertThat(currentTask().cancel("myself")).isTrue();
                order.add("went on to the wait");
                EventLoop.current().done().await(); // no wait: it is done, and gives its value
                order.add("and past what is done");
                sleep(HOUR).await();
                order.add("too far");
            });
            assertThat(cancelOf(task).reason()).isEqualTo("myself");
            assertThat(order).containsExactly("went on to the wait", "and past what is done");
            assertNow(Duration.ZERO);

            Promise<String> awaited = promise();
            Task<?> other = spawn(() -> {
                currentTask().cancel("myself");
                awaited.await();
            });
            assertThat(cancelOf(other).reason()).isEqualTo("myself");
            assertThat(awaited.isCancelled()).isTrue(); // what it would have waited for is cancelled with it
        });
    }

    // --- 32

    @Test
    void aTaskThatAwaitsItselfGetsAnErrorAndDoesNotHang_32() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                assertThatIllegalStateException()
                        .isThrownBy(() -> currentTask().await())
                        .withMessageContaining("itself");
                yieldNow(); // and it can go on
                order.add("went on");
                currentTask().await();
            });
            assertThatThrownBy(task::await).isInstanceOf(IllegalStateException.class);
            assertThat(order).containsExactly("went on");
        });
    }

    @Test
    void aTaskThatAwaitsAFutureOfAnotherLoopGetsAnErrorAndDoesNotHang_32() {
        try (var other = new TestLoop()) {
            Promise<String> foreign = other.loop().promise();
            TestLoop.run(() -> {
                for (int i = 0; i < 2; i++) {
                    assertThatIllegalStateException()
                            .isThrownBy(foreign::await)
                            .withMessageContaining("loop")
                            .withMessageContaining("toCompletableFuture");
                    yieldNow();
                }
                Task<?> task = spawn(() -> foreign.await());
                assertThatThrownBy(task::await).isInstanceOf(IllegalStateException.class);
            });
            assertThat(foreign.isDone()).isFalse();
        }
    }

    // --- 33: made impossible

    @Test
    @Tag("unseeded") // waits for the garbage collector; nothing in it has an order
    void aPendingTaskThatNobodyHoldsIsNeverCollected_33() {
        TestLoop.run(() -> {
            var task = new WeakReference<>(spawn("forgotten", () -> {
                try {
                    Promise<String> nobodysPromise = promise();
                    nobodysPromise.await(); // a circle of the task and its promise, and nothing else
                } finally {
                    order.add("ended");
                }
            }));
            yieldNow();
            for (int i = 0; i < 5; i++) {
                System.gc();
            }
            assertThat(task.get()).isNotNull();
            assertThat(EventLoop.current().allTasks()).contains(task.get());
            EventLoop.current().callSoon(() -> order.add("the loop goes on"));
        });
        assertThat(order).contains("ended"); // cancelled by the close of the loop: not destroyed, and nothing to report
    }

    // --- 34

    @Test
    @Tag("unseeded") // the callbacks are told apart from others by their place in the plain order
    void anEagerTaskThatDoesNotWaitIsDoneWithoutTheReadyQueue_34() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.callSoon(() -> order.add("ready before"));
            Task<String> task = eager(() -> {
                order.add("eager");
                loop.done().await(); // done: no wait
                return "value";
            });
            assertThat(order).containsExactly("eager");
            assertThat(task.isDone()).isTrue();
            assertThat(task.result()).isEqualTo("value");
            assertThat(loop.allTasks()).containsExactly(currentTask());
            task.addDoneCallback(_ -> order.add("told"));
            yieldNow();
            assertThat(order).containsExactly("eager", "ready before", "told");
        });
    }

    @Test
    void anEagerTaskThatWaitsStandsInTheQueueFromItsFirstWaitOn_34() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.callSoon(() -> order.add("ready before"));
            Task<String> task = eager(() -> {
                order.add("first step");
                yieldNow();
                order.add("second step");
                return "value";
            });
            order.add("caller");
            loop.callSoon(() -> order.add("ready after"));
            assertThat(task.isDone()).isFalse();
            assertThat(loop.allTasks()).contains(task);
            assertThat(task.await()).isEqualTo("value");
            assertThat(order).containsExactly("first step", "caller", "ready before", "second step", "ready after");
        });
    }

    @Test
    void theExceptionOfAnEagerTaskIsStoredAndItsCancelToo_34() {
        TestLoop.run(() -> {
            Task<?> failing = eager(() -> {
                throw new IOException("stored");
            });
            assertThat(failing.isDone()).isTrue();
            assertThat(failing.exception()).hasMessage("stored");
            Task<?> cancelled = eager(() -> {
                throw new CancelledException("by itself");
            });
            assertThat(cancelled.isCancelled()).isTrue();
            Task<?> waiting = eager(() -> sleep(HOUR).await());
            assertThat(waiting.cancel("while it waits")).isTrue();
            assertThat(cancelOf(waiting).reason()).isEqualTo("while it waits");
        });
    }

    @Test
    void siblingsOfAnEagerTaskStillSeeThemselves_34() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                tasks.add(spawn("sibling " + i, () -> {
                    Task<?> me = currentTask();
                    Task<?> child = eager(() -> {
                        assertThat(currentTask()).isNotSameAs(me);
                        yieldNow();
                        order.add(currentTask().name());
                        return null;
                    });
                    assertThat(currentTask()).isSameAs(me);
                    yieldNow();
                    assertThat(currentTask()).isSameAs(me);
                    child.await();
                    order.add(me.name());
                }));
            }
            for (Task<?> task : tasks) {
                task.await();
            }
            assertThat(order).hasSize(6).contains("sibling 0", "sibling 1", "sibling 2");
        });
    }
}

package dev.loop.parity;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Future;
import dev.loop.InvalidStateException;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio's Future: one outcome, callbacks in order, cancels with a message, and the bridge to the futures of other threads. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FutureParityTest {

    private final List<String> order = new ArrayList<>();

    private static Promise<String> promise() {
        return EventLoop.current().promise();
    }

    private static void turns(int count) {
        for (int i = 0; i < count; i++) {
            yieldNow();
        }
    }

    // --- 16

    @Test
    void aSecondOutcomeIsRefusedAndACancelAnswersFalse_16() {
        TestLoop.run(() -> {
            var failure = new IllegalArgumentException("first");
            List<Consumer<Promise<String>>> firsts = List.of(
                    p -> p.complete("first"), p -> p.complete(null), p -> p.fail(failure), p -> p.cancel("first"));
            for (Consumer<Promise<String>> first : firsts) {
                Promise<String> promise = promise();
                assertThatThrownBy(promise::result).isInstanceOf(InvalidStateException.class);
                assertThatThrownBy(promise::exception).isInstanceOf(InvalidStateException.class);
                first.accept(promise);
                String state = promise.toString();
                assertThatThrownBy(() -> promise.complete("second")).isInstanceOf(InvalidStateException.class);
                assertThatThrownBy(() -> promise.fail(new IOException("second")))
                        .isInstanceOf(InvalidStateException.class);
                assertThat(promise.tryComplete("second")).isFalse();
                assertThat(promise.tryFail(new IOException("second"))).isFalse();
                assertThat(promise.cancel("second")).isFalse();
                promise.completeThreadsafe("second"); // refused as well, without a word: nobody is there to be told
                promise.failThreadsafe(new IOException("second"));
                turns(2);
                assertThat(promise).hasToString(state);
                if (!promise.isCancelled() && promise.exception() == null) {
                    assertThat(promise.result()).isIn("first", null);
                }
            }
        });
    }

    // --- 17

    @Test
    @Tag("unseeded") // the callbacks are told apart from others by their place in the plain order
    void doneCallbacksNeverRunInsideTheCallThatCompletesButAfterItInTheOrderOfTheirRegistration_17() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            List<Consumer<Promise<String>>> ways =
                    List.of(p -> p.complete("value"), p -> p.fail(new IOException()), Promise::cancel);
            for (Consumer<Promise<String>> way : ways) {
                order.clear();
                Promise<String> promise = promise();
                for (int i = 0; i < 5; i++) {
                    int n = i;
                    promise.addDoneCallback(f -> {
                        assertThat(f).isSameAs(promise);
                        assertThat(f.isDone()).isTrue();
                        order.add("callback " + n);
                    });
                }
                loop.callSoon(() -> order.add("ready before"));
                way.accept(promise);
                loop.callSoon(() -> order.add("ready after"));
                assertThat(order).isEmpty();
                yieldNow();
                assertThat(order)
                        .containsExactly(
                                "ready before",
                                "callback 0",
                                "callback 1",
                                "callback 2",
                                "callback 3",
                                "callback 4",
                                "ready after");
                catchThrowable(promise::result); // looked at
            }
        });
    }

    @Test
    @Tag("unseeded") // the callbacks are told apart from others by their place in the plain order
    void aCallbackThatIsRegisteredAfterTheEndGoesThroughTheReadyQueueToo_17() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            promise.complete("value");
            EventLoop.current().callSoon(() -> order.add("ready before"));
            promise.addDoneCallback(f -> {
                order.add("first");
                f.addDoneCallback(_ -> order.add("registered by the first"));
                EventLoop.current().callSoon(() -> order.add("called soon by the first"));
            });
            promise.addDoneCallback(_ -> order.add("second"));
            assertThat(order).isEmpty();
            yieldNow();
            assertThat(order).containsExactly("ready before", "first", "second");
            yieldNow();
            assertThat(order.subList(3, 5)).containsExactly("registered by the first", "called soon by the first");
        });
    }

    @Test
    void theTasksThatAwaitStandInTheSameOrderAsTheCallbacks_17() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            for (int i = 0; i < 3; i++) {
                int n = i;
                promise.addDoneCallback(_ -> order.add("callback " + n));
                spawn(() -> {
                    promise.await();
                    order.add("task " + n);
                });
                yieldNow();
            }
            promise.complete("value");
            yieldNow();
            assertThat(order).containsExactly("callback 0", "task 0", "callback 1", "task 1", "callback 2", "task 2");
        });
    }

    // --- 18

    @Test
    void removingACallbackTellsHowManyRegistrationsThereWere_18() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            Consumer<Future<String>> one = _ -> order.add("one");
            Consumer<Future<String>> two = _ -> order.add("two");
            assertThat(promise.removeDoneCallback(one)).isZero();
            promise.addDoneCallback(one);
            promise.addDoneCallback(two);
            promise.addDoneCallback(one);
            promise.addDoneCallback(one);
            assertThat(promise.removeDoneCallback(one)).isEqualTo(3);
            assertThat(promise.removeDoneCallback(one)).isZero();
            promise.addDoneCallback(one); // and it can come back
            promise.complete("value");
            yieldNow();
            assertThat(order).containsExactly("two", "one");
        });
    }

    @Test
    void aCallbackMayRemoveAndAddOthersWhileTheyAreBeingScheduled_18() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            var callbacks = new ArrayList<Consumer<Future<String>>>();
            for (int i = 0; i < 10; i++) {
                int n = i;
                callbacks.add(f -> {
                    order.add("callback " + n);
                    callbacks.forEach(f::removeDoneCallback); // they are on their way: too late, as in asyncio
                    if (n < 3) {
                        f.addDoneCallback(_ -> order.add("added by " + n));
                    }
                });
            }
            callbacks.forEach(promise::addDoneCallback);
            promise.complete("value");
            turns(2);
            assertThat(order).hasSize(13);
            assertThat(order.subList(0, 10)).isSorted().allMatch(s -> s.startsWith("callback"));
            assertThat(order.subList(10, 13)).containsExactly("added by 0", "added by 1", "added by 2");
        });
    }

    /** Equal to itself only; being compared for the first time, it does something to the future. */
    private final class Meddler implements Consumer<Future<String>> {
        private final Runnable meddling;
        private boolean meddled;

        Meddler(Runnable meddling) {
            this.meddling = meddling;
        }

        @Override
        public void accept(Future<String> future) {
            order.add("meddler");
        }

        @Override
        public boolean equals(Object other) {
            if (!meddled) {
                meddled = true;
                meddling.run();
            }
            return this == other;
        }

        @Override
        public int hashCode() {
            return 0;
        }
    }

    /** CPython's tests of a list that changes while callbacks are compared with the one that is to be removed. */
    @Test
    void theComparisonOfARemovalMayRemoveOthers_18() {
        TestLoop.run(() -> {
            for (int place = 0; place < 4; place++) {
                order.clear();
                Promise<String> promise = promise();
                Consumer<Future<String>> victim = _ -> order.add("victim");
                Consumer<Future<String>> survivor = _ -> order.add("survivor");
                Consumer<Future<String>> wanted = _ -> order.add("wanted");
                for (int i = 0; i < 4; i++) {
                    if (i == place) {
                        promise.addDoneCallback(new Meddler(() -> promise.removeDoneCallback(victim)));
                    }
                    promise.addDoneCallback(i % 2 == 0 ? victim : survivor);
                }
                promise.addDoneCallback(wanted);
                assertThat(promise.removeDoneCallback(wanted)).isOne();
                promise.complete("value");
                yieldNow();
                assertThat(order).containsExactlyInAnyOrder("meddler", "survivor", "survivor");
            }
        });
    }

    @Test
    void theComparisonOfARemovalMayAddOthersOrCompleteTheFuture_18() {
        TestLoop.run(() -> {
            for (int others : new int[] {0, 1, 2, 40}) {
                order.clear();
                Promise<String> growing = promise();
                Consumer<Future<String>> victim = new Meddler(() -> {});
                for (int i = 0; i < others; i++) {
                    growing.addDoneCallback(victim);
                }
                growing.addDoneCallback(new Meddler(() -> {
                    for (int i = 0; i < 10; i++) {
                        growing.addDoneCallback(_ -> order.add("added"));
                    }
                }));
                assertThat(growing.removeDoneCallback(victim)).isEqualTo(others);
                growing.complete("value");
                yieldNow();
                assertThat(order).hasSize(11).startsWith("meddler", "added");
            }
            order.clear();
            Promise<String> ending = promise();
            Consumer<Future<String>> late = _ -> order.add("too late to be removed");
            ending.addDoneCallback(new Meddler(() -> ending.complete("in the middle of a removal")));
            ending.addDoneCallback(late);
            assertThat(ending.removeDoneCallback(late)).isZero();
            assertThat(ending.result()).isEqualTo("in the middle of a removal");
            yieldNow();
            assertThat(order).containsExactly("meddler", "too late to be removed");
        });
    }

    // --- 19: a failure that nobody looks at

    private static Promise<String> makeAFailure(EventLoop loop) {
        Promise<String> promise = loop.promise();
        promise.fail(new IllegalArgumentException("boom"));
        return promise;
    }

    private static WeakReference<Future<String>> loseAFailure(EventLoop loop) {
        return new WeakReference<>(makeAFailure(loop));
    }

    /** Collects a failure that was lost, lets the loop hear of it, and closes it. */
    private static List<ExceptionContext> toldOf(boolean debug, Consumer<EventLoop> look) {
        var told = new ArrayList<ExceptionContext>();
        try (EventLoop loop = EventLoop.builder().debug(debug).build()) {
            loop.setExceptionHandler((_, context) -> told.add(context));
            look.accept(loop);
        }
        return told;
    }

    @Test
    void aFailureThatNobodyLookedAtIsToldOnceAndInDebugModeWithWhereItWasMade_19() {
        for (boolean debug : new boolean[] {false, true}) {
            assertThat(toldOf(debug, loop -> {
                        var reference = loseAFailure(loop);
                        for (int i = 0; i < 100 && reference.get() != null; i++) {
                            System.gc();
                        }
                        assertThat(reference.get()).isNull();
                    }))
                    .singleElement()
                    .satisfies(context -> {
                        assertThat(context.message()).contains("never looked at");
                        assertThat(context.exception()).hasMessage("boom");
                        assertThat(context.creationStack().toString().contains("makeAFailure"))
                                .isEqualTo(debug);
                    });
        }
    }

    @Test
    void aFailureThatWasReadOrAwaitedAndACancelAreNotTold_19() {
        assertThat(toldOf(false, loop -> {
                    assertThat(makeAFailure(loop).exception()).hasMessage("boom");
                    Future<String> awaited = makeAFailure(loop);
                    assertThatThrownBy(awaited::result).hasMessage("boom");
                    assertThatThrownBy(() -> loop.runUntilComplete(makeAFailure(loop)))
                            .hasMessage("boom");
                    assertThatThrownBy(() -> loop.runUntilComplete(
                                    loop.spawn(() -> makeAFailure(loop).await())))
                            .hasMessage("boom");
                    loop.promise().cancel();
                }))
                .isEmpty();
    }

    // --- 20

    @Test
    void theMessageOfACancelReachesEveryAwaiter_20() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            Task<?> first = spawn(() -> promise.await());
            Task<?> second = spawn(() -> promise.await());
            yieldNow();
            promise.cancel("the reason");
            for (Task<?> awaiter : List.of(first, second)) {
                // asyncio has it for the first one only
                assertThatThrownBy(awaiter::await)
                        .isInstanceOfSatisfying(
                                CancelledException.class,
                                e -> assertThat(e.reason()).isEqualTo("the reason"));
            }
            Task<?> task = spawn(() -> sleep(Duration.ofHours(1)).await());
            Task<?> awaiter = spawn(() -> task.await());
            yieldNow();
            task.cancel("of a task");
            assertThatThrownBy(awaiter::await).hasMessageContaining("of a task");
        });
    }

    @Test
    @Tag("unseeded") // waits for the garbage collector; nothing in it has an order
    void theOutcomeOfACancelledFutureIsAFreshExceptionThatNothingKeeps_20() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            promise.cancel("the reason");
            var once = catchThrowableOfType(CancelledException.class, promise::result);
            assertThat(once.reason()).isEqualTo("the reason");
            assertThat(once.getCause()).isNull();
            assertThat(catchThrowable(promise::result)).isNotSameAs(once);
            assertThat(catchThrowable(promise::exception)).isInstanceOf(CancelledException.class);
            assertThat(catchThrowable(promise::await)).isInstanceOf(CancelledException.class);
            assertThat(collected(thrownBy(promise))).isTrue();
            assertThat(promise.isCancelled()).isTrue();
        });
    }

    private static WeakReference<Throwable> thrownBy(Promise<String> promise) {
        return new WeakReference<>(catchThrowable(promise::result));
    }

    private static boolean collected(WeakReference<?> reference) {
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
        }
        return reference.get() == null;
    }

    // --- 21

    /** Runs code on a new platform thread; whoever awaits this gets its outcome. */
    private static <T> Future<T> onThread(Callable<T> code) {
        Promise<T> outcome = EventLoop.current().promise();
        Thread.ofPlatform().start(() -> {
            try {
                outcome.completeThreadsafe(code.call());
            } catch (Throwable e) {
                outcome.failThreadsafe(e);
            }
        });
        return outcome;
    }

    @Test
    void aThreadsFutureGivesItsResultFailureAndCancelToOurs_21() {
        EventLoop.run(() -> {
            var value = new CompletableFuture<String>();
            Future<String> ours = Future.from(value);
            assertThat(ours.isDone()).isFalse();
            onThread(() -> value.complete("value")).await();
            assertThat(ours.await()).isEqualTo("value");
            assertThat(Future.from(value).await()).isEqualTo("value"); // done already

            var failing = new CompletableFuture<String>();
            Future<String> failure = Future.from(failing);
            var error = new IOException("raw");
            onThread(() -> failing.completeExceptionally(error)).await();
            assertThatThrownBy(failure::await).hasCause(error);
            assertThat(failure.exception()).isSameAs(error);

            var cancelling = new CompletableFuture<String>();
            Future<String> cancelled = Future.from(cancelling);
            onThread(() -> cancelling.cancel(true)).await();
            assertThatThrownBy(cancelled::await).isInstanceOf(CancelledException.class);
            assertThat(cancelled.isCancelled()).isTrue();
        });
    }

    @Test
    void aCancelOfOursCancelsTheThreadsFuture_21() {
        EventLoop.run(() -> {
            var stage = new CompletableFuture<String>();
            Future<String> ours = Future.from(stage);
            Future<Boolean> seen = onThread(() -> catchThrowable(stage::get) instanceof CancellationException);
            assertThat(ours.cancel("enough")).isTrue();
            assertThat(seen.await()).isTrue();
            assertThat(stage.isCancelled()).isTrue();

            var awaited = new CompletableFuture<String>();
            Task<?> task = spawn(() -> Future.from(awaited).await());
            yieldNow();
            task.cancel("enough");
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            yieldNow();
            assertThat(awaited.isCancelled()).isTrue();

            var late = new CompletableFuture<String>();
            Future<String> first = Future.from(late);
            late.complete("value");
            assertThat(first.cancel("too early to know")).isTrue(); // the value is in the inbox: the cancel came first
            turns(2);
            assertThat(first.isCancelled()).isTrue();
            assertThat(late.join()).isEqualTo("value");
        });
    }

    @Test
    void ourFutureGivesItsResultFailureAndCancelToAThread_21() {
        EventLoop.run(() -> {
            Task<String> value = spawn(() -> {
                yieldNow();
                return "value";
            });
            assertThat(onThread(value.toCompletableFuture()::get).await()).isEqualTo("value");

            var error = new IOException("raw");
            CompletableFuture<?> failed = EventLoop.current().failed(error).toCompletableFuture();
            assertThat(onThread(() -> catchThrowable(failed::get)).await())
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(error);

            Promise<String> promise = promise();
            CompletableFuture<String> cancelled = promise.toCompletableFuture();
            promise.cancel("enough");
            assertThat(onThread(() -> catchThrowable(cancelled::get)).await())
                    .isInstanceOf(CancellationException.class);
        });
    }

    @Test
    void aThreadsCancelReachesOurFuture_21() {
        EventLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(Duration.ofHours(1)).await());
            CompletableFuture<?> theirs = task.toCompletableFuture();
            yieldNow();
            assertThat(onThread(() -> theirs.cancel(true)).await()).isTrue();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);

            Promise<String> promise = promise();
            CompletableFuture<String> tooLate = promise.toCompletableFuture();
            promise.complete("value");
            turns(2);
            assertThat(onThread(() -> tooLate.cancel(true)).await()).isFalse();
            assertThat(promise.result()).isEqualTo("value");
        });
    }

    // --- 22

    @Test
    void theTextOfFuturesAndTasksThatReferToThemselvesIsFinite_22() {
        TestLoop.run(() -> {
            var circle = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                int next = (i + 1) % 3;
                circle.add(spawn("circle " + i, () -> circle.get(next).await()));
            }
            turns(2);
            for (Task<?> task : circle) {
                Consumer<Future<?>> itself = f -> order.add(task.toString());
                task.addDoneCallback(itself::accept);
                assertThat(task.toString()).contains(task.name(), "pending").hasSizeLessThan(200);
            }
            Promise<Object> own = EventLoop.current().promise();
            Future<List<Object>> over = gather(own);
            own.complete(List.of(own, over));
            turns(1);
            assertThat(own.toString()).hasSizeLessThan(200);
            assertThat(over.toString()).hasSizeLessThan(200);
            circle.getFirst().cancel("break it");
            for (Task<?> task : circle) {
                assertThat(catchThrowable(task::await)).isInstanceOf(CancelledException.class);
                assertThat(task.toString()).hasSizeLessThan(200);
            }
        });
    }
}

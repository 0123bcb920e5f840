package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Futures of a loop seen from other threads, and threads that complete what a loop waits for. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ForeignTest {

    private final List<String> order = new ArrayList<>();

    /** Runs code on a new platform thread; the task that calls goes on with its outcome. */
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
    void aThreadThatAsksALoopAtRestGetsTheOutcomeAndTouchesNothingOfTheLoop() throws Exception {
        var loop = EventLoop.create();
        try {
            Promise<String> done = loop.promise();
            done.complete("value");
            var seen = new CompletableFuture<CompletableFuture<String>>();
            Thread.ofPlatform().start(() -> seen.complete(done.toCompletableFuture()));
            assertThat(seen.get()).isCompletedWithValue("value");
            assertThat(loop.foreignWaits).isEmpty(); // the close of the loop goes through them, on its own thread
        } finally {
            loop.close();
        }
    }

    // --- await on a plain thread

    @Test
    void aPlainThreadBlocksUntilThereIsAValue() {
        EventLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<String> seen = onThread(promise::await);
            while (EventLoop.current().foreignWaits.isEmpty()) {
                yieldNow();
            }
            promise.complete("value");
            assertThat(seen.await()).isEqualTo("value");
            assertThat(EventLoop.current().foreignWaits).isEmpty();
            // what is done already, too
            assertThat(onThread(promise::await).await()).isEqualTo("value");
        });
    }

    @Test
    void aPlainThreadGetsFailuresAsATaskDoes() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var unchecked = new IllegalArgumentException("unchecked");
            var checked = new IOException("checked");
            Future<String> uncheckedFailure = loop.failed(unchecked);
            assertThat(onThread(() -> catchThrowable(uncheckedFailure::await)).await())
                    .isSameAs(unchecked);
            Future<String> checkedFailure = loop.failed(checked);
            assertThat(onThread(() -> catchThrowable(checkedFailure::await)).await())
                    .isInstanceOf(CompletionException.class)
                    .hasCause(checked);
            Promise<String> cancelled = loop.promise();
            cancelled.cancel("reason");
            assertThat(onThread(() -> catchThrowable(cancelled::await)).await())
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
        });
    }

    @Test
    void aPlainThreadThatIsInterruptedStopsWaitingAndIsForgotten() throws Exception {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            var thread = new Thread[1];
            Future<Boolean> flag = onThread(() -> {
                thread[0] = Thread.currentThread();
                assertThat(catchThrowable(promise::await))
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("interrupted");
                return Thread.currentThread().isInterrupted();
            });
            while (loop.foreignWaits.isEmpty()) {
                yieldNow();
            }
            thread[0].interrupt();
            assertThat(flag.await()).isTrue();
            sleep(Duration.ofMillis(1)).await();
            assertThat(promise.isDone()).isFalse();
            assertThat(loop.foreignWaits).isEmpty();
        });
    }

    @Test
    void aPlainThreadReadsWhatIsDoneOnALoopThatDoesNotRun() {
        try (EventLoop loop = EventLoop.create()) {
            Promise<String> promise = loop.promise();
            promise.complete("value");
            assertThat(promise.await()).isEqualTo("value");
        }
    }

    @Test
    void whoStillWaitsWhenTheLoopClosesIsTold() throws Exception {
        EventLoop loop = EventLoop.create();
        Promise<String> promise = loop.promise();
        var errors = new ArrayList<Throwable>();
        Thread waiting = Thread.ofPlatform().start(() -> errors.add(catchThrowable(promise::await)));
        CompletableFuture<String> stage = promise.toCompletableFuture();
        while (loop.foreignWaits.size() < 2) {
            loop.stop();
            loop.runForever();
        }
        loop.close();
        waiting.join();
        assertThat(errors)
                .singleElement()
                .satisfies(e ->
                        assertThat(e).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed"));
        assertThatThrownBy(stage::get).hasCauseInstanceOf(IllegalStateException.class);
        assertThatIllegalStateException().isThrownBy(promise::await);
    }

    @Test
    void theTaskOfAnotherLoopIsRefused() {
        EventLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Throwable error = onThread(() -> EventLoop.run(() -> catchThrowable(promise::await)))
                    .await();
            assertThat(error).isInstanceOf(IllegalStateException.class).hasMessageContaining("do not cross loops");
            // the way that the message names
            Future<String> value = onThread(() -> EventLoop.run(
                    () -> Future.from(promise.toCompletableFuture()).await()));
            promise.complete("value");
            assertThat(value.await()).isEqualTo("value");
        });
    }

    // --- the ways in

    @Test
    void callSoonThreadsafeWakesALoopThatSleeps() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            for (int i = 0; i < 100; i++) {
                Promise<String> promise = loop.promise();
                Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(() -> promise.complete("woken")));
                assertThat(promise.await()).isEqualTo("woken"); // nothing else would wake it
            }
        });
    }

    @Test
    void callsOfOneThreadKeepTheirOrder() {
        var seen = new ArrayList<Integer>();
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            onThread(() -> {
                        for (int i = 0; i < 5000; i++) {
                            int n = i;
                            loop.callSoonThreadsafe(() -> seen.add(n));
                        }
                        return "done";
                    })
                    .await();
            yieldNow();
        });
        assertThat(seen).hasSize(5000).isSorted();
    }

    @Test
    void aPromiseIsCompletedOnceFromAnyThread() throws Exception {
        EventLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var begin = new CountDownLatch(1);
            for (String name : List.of("a", "b", "c", "d")) {
                Thread.ofPlatform().start(() -> {
                    try {
                        begin.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    promise.completeThreadsafe(name);
                    promise.failThreadsafe(new IllegalStateException(name));
                });
            }
            promise.addDoneCallback(f -> order.add(f.result()));
            begin.countDown();
            assertThat(promise.await()).isIn("a", "b", "c", "d");
            yieldNow();
        });
        assertThat(order).hasSize(1);
    }

    @Test
    void completingAPromiseOfAClosedLoopDoesNothing() {
        EventLoop loop = EventLoop.create();
        Promise<String> promise = loop.promise();
        loop.close();
        promise.completeThreadsafe("late");
        promise.failThreadsafe(new IOException());
        assertThat(promise.isDone()).isFalse();
    }

    @Test
    void aStockVirtualThreadIsAnotherThreadToo() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            Promise<Throwable> refusal = loop.promise();
            Thread.ofVirtual().start(() -> {
                refusal.completeThreadsafe(catchThrowable(() -> promise.complete("value")));
                promise.completeThreadsafe(EventLoop.currentOrNull() == null ? "no loop here" : "a loop here");
            });
            assertThat(refusal.await()).isInstanceOf(WrongThreadException.class);
            assertThat(promise.await()).isEqualTo("no loop here");
        });
    }
}

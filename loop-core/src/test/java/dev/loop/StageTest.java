package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Futures of a loop as stages of the JDK, and the other way round. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StageTest {

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

    // --- toCompletableFuture

    @Test
    void aCompletableFutureGetsTheRawOutcome() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(onThread(loop.completed("value").toCompletableFuture()::get)
                            .await())
                    .isEqualTo("value");
            var checked = new IOException("checked");
            CompletableFuture<?> failed = loop.failed(checked).toCompletableFuture();
            assertThat(onThread(() -> catchThrowable(failed::get)).await())
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(checked);
            Promise<String> promise = loop.promise();
            CompletableFuture<String> cancelled = promise.toCompletableFuture();
            promise.cancel();
            yieldNow();
            yieldNow();
            assertThat(cancelled.isCancelled()).isTrue();
        });
    }

    @Test
    void itsDependentsRunAsCallbacks() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            Promise<Boolean> onCallbackThread = loop.promise();
            promise.toCompletableFuture()
                    .thenAccept(_ -> onCallbackThread.complete(loop.isCallbackThread(Thread.currentThread())));
            promise.complete("value");
            assertThat(onCallbackThread.await()).isTrue();
        });
    }

    @Test
    void aCancelOfTheCompletableFutureCancelsTheFuture() {
        EventLoop.run(() -> {
            Task<?> task = spawn(() -> sleep(Duration.ofHours(1)).await());
            CompletableFuture<?> stage = task.toCompletableFuture();
            onThread(() -> stage.cancel(true)).await();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            yieldNow(); // the stage is told in a callback, which may stand behind this task
            assertThat(EventLoop.current().foreignWaits).isEmpty();
        });
    }

    // --- from a stage

    @Test
    void aStageOfAnotherThreadIsAwaited() {
        EventLoop.run(() -> {
            var stage = new CompletableFuture<String>();
            Future<String> future = Future.from(stage);
            Thread.ofPlatform().start(() -> stage.complete("value"));
            assertThat(future.await()).isEqualTo("value");
            assertThat(Future.from(CompletableFuture.completedFuture("done")).await())
                    .isEqualTo("done");
        });
    }

    @Test
    void aStagesFailureIsUnwrapped() {
        EventLoop.run(() -> {
            var failure = new IllegalArgumentException("boom");
            CompletableFuture<@Nullable String> stage = CompletableFuture.supplyAsync(() -> {
                throw failure;
            });
            assertThatThrownBy(Future.from(stage.thenApply(v -> v + "!"))::await)
                    .isSameAs(failure);
        });
    }

    @Test
    void cancelsOfAStageGoBothWays() {
        EventLoop.run(() -> {
            var stage = new CompletableFuture<String>();
            Future<String> future = Future.from(stage);
            stage.cancel(false);
            assertThatThrownBy(future::await).isInstanceOf(CancelledException.class);

            var other = new CompletableFuture<String>();
            Task<?> task = spawn(() -> Future.from(other).await());
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            yieldNow();
            assertThat(other.isCancelled()).isTrue();
        });
    }

    @Test
    void aStageThatIsPendingIsWorkOutsideOfTheLoop() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var stage = new CompletableFuture<String>();
            Future<String> future = Future.from(stage);
            assertThat(loop.externalWork()).isEqualTo(1);
            stage.complete("value");
            future.await();
            assertThat(loop.externalWork()).isZero();
            Future<String> cancelled = Future.from(new CompletableFuture<String>());
            cancelled.cancel();
            assertThat(loop.externalWork()).isZero();
        });
    }
}

package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop as an executor, and the executors of a loop. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExecutorsTest {

    private final List<String> order = new ArrayList<>();

    // --- the loop as one

    @Test
    void itRunsWhatAnyThreadGivesItAsCallbacksInTheirOrder() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Executor executor = loop.asExecutor();
            executor.execute(() -> order.add("own " + loop.isCallbackThread(Thread.currentThread())));
            Promise<String> last = loop.promise();
            Thread.ofPlatform().start(() -> {
                executor.execute(() -> order.add("first"));
                executor.execute(() -> order.add("second"));
                executor.execute(() -> last.complete("third"));
            });
            order.add(last.await());
        });
        assertThat(order).containsExactly("own true", "first", "second", "third");
    }

    @Test
    void itTellsTheExceptionHandlerOfFailuresAndRefusesAfterTheClose() {
        EventLoop loop = EventLoop.builder().name("gone").build();
        loop.setExceptionHandler((_, context) -> order.add(context.exception().getMessage()));
        Executor executor = loop.asExecutor();
        executor.execute(() -> {
            throw new IllegalArgumentException("boom");
        });
        loop.stop();
        loop.runForever();
        loop.close();
        assertThat(order).containsExactly("boom");
        assertThatThrownBy(() -> executor.execute(() -> {}))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("gone is closed");
        assertThatThrownBy(() -> executor.execute(null)).isInstanceOf(NullPointerException.class);
    }

    // --- the loop's own

    @Test
    void blockingCodeRunsWhereTheProgramSays() {
        try (var mine = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
                var other = Executors.newSingleThreadExecutor(task -> new Thread(task, "other"))) {
            EventLoop.run(() -> {
                EventLoop.current().setDefaultExecutor(mine);
                assertThat(toThread(() -> Thread.currentThread().getName()).await())
                        .isEqualTo("mine");
                assertThat(EventLoop.current()
                                .runInExecutor(
                                        other, () -> Thread.currentThread().getName())
                                .await())
                        .isEqualTo("other");
            });
            assertThat(mine.isShutdown()).as("the loop's").isTrue();
            assertThat(other.isShutdown()).as("the caller's").isFalse();
        }
    }

    @Test
    void aCancelKeepsWhatHasNotBegunFromStartingOnAnyExecutor() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var queue = new ArrayList<Runnable>();
            Future<Boolean> call = loop.runInExecutor(queue::add, () -> order.add("ran"));
            assertThat(loop.externalWork()).isEqualTo(1);
            call.cancel();
            assertThat(loop.externalWork()).isZero();
            queue.forEach(Runnable::run);
            yieldNow();
            assertThat(order).isEmpty();
            assertThat(loop.externalWork()).isZero();
        });
    }

    @Test
    void anExecutorThatRefusesIsHeard() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var full = new RejectedExecutionException("full");
            assertThatThrownBy(() -> loop.runInExecutor(
                            _ -> {
                                throw full;
                            },
                            () -> 1))
                    .isSameAs(full);
            assertThat(loop.externalWork()).isZero();
        });
    }

    @Test
    void theShutdownWaitsForWhatRunsAndRefusesTheRest() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var gate = new CountDownLatch(1);
            Future<Boolean> running = toThread(() -> {
                gate.await();
                return order.add("call");
            });
            Task<?> end = spawn(() -> {
                loop.shutdownDefaultExecutor(Duration.ofHours(1)).await();
                order.add("shut down");
            });
            yieldNow();
            assertThatThrownBy(() -> toThread(() -> 1))
                    .isInstanceOf(RejectedExecutionException.class)
                    .hasMessageContaining("was shut down");
            assertThatThrownBy(() -> loop.setDefaultExecutor(Executors.newCachedThreadPool()))
                    .isInstanceOf(RejectedExecutionException.class);
            assertThat(loop.runInExecutor(Runnable::run, () -> "another").await())
                    .isEqualTo("another");
            gate.countDown();
            end.await();
            running.await();
            loop.shutdownDefaultExecutor(Duration.ZERO).await();
            assertThat(loop.externalWork()).isZero();
        });
        assertThat(order).containsExactly("call", "shut down");
    }

    @Test
    void theLimitOfTheShutdownIsReported() {
        var gate = new CountDownLatch(1);
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Future<?> running = toThread(() -> {
                    gate.await();
                    return null;
                });
                test.loop().shutdownDefaultExecutor(Duration.ofMillis(5)).await();
                yieldNow();
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(report.message())
                                .contains("did not end within PT0.005S")
                                .contains("default executor"));
                test.reports().clear();
                gate.countDown();
                running.await();
            });
        }
    }

    @Test
    void aShutdownOfWhatWasNeverUsedIsDone() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(loop.shutdownDefaultExecutor(Duration.ZERO).isDone()).isTrue();
            assertThatThrownBy(() -> toThread(() -> 1)).isInstanceOf(RejectedExecutionException.class);
        });
    }
}

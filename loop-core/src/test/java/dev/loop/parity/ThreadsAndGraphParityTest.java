package dev.loop.parity;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.CancelledException;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Handle;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** asyncio and threads, and what it tells of its tasks. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThreadsAndGraphParityTest {

    private static final Duration HOUR = Duration.ofHours(1);

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
    void callSoonThreadsafeWakesASleepingLoopIsRefusedAfterTheCloseAndCanBeTakenBack_8() {
        EventLoop loop = EventLoop.create();
        Promise<String> woken = loop.promise();
        var cancelled = new AtomicBoolean();
        loop.callSoon(() -> {
            Thread.ofPlatform().start(() -> {
                Handle taken = loop.callSoonThreadsafe(() -> order.add("taken back"));
                taken.cancel();
                cancelled.set(true);
                loop.callSoonThreadsafe(() -> woken.complete("woken"));
            });
            while (!cancelled.get()) {
                Thread.onSpinWait(); // the loop is busy until then: it could have begun otherwise
            }
        });
        assertThat(loop.runUntilComplete(woken)).isEqualTo("woken");
        assertThat(order).isEmpty();
        loop.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> loop.callSoonThreadsafe(() -> {}))
                .withMessageContaining("is closed");
    }

    @Test
    void theShutdownOfTheDefaultExecutorReportsAndReturnsAtItsLimitAndRefusesLaterCalls_14() {
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
                        .satisfies(report -> assertThat(report.message()).contains("did not end within PT0.005S"));
                test.reports().clear();
                assertThatThrownBy(() -> test.loop().runInExecutor(() -> 1))
                        .isInstanceOf(RejectedExecutionException.class);
                gate.countDown();
                running.await();
            });
        }
    }

    @Test
    void allTasksLeavesOutWhatHasEndedAndAnswersAnyThread_35() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            spawn("ended", () -> {});
            spawn("waiting", () -> sleep(HOUR).await());
            yieldNow();
            Callable<List<String>> names =
                    () -> loop.allTasks().stream().map(Task::name).toList();
            assertThat(names.call()).containsExactly("main", "waiting");
            assertThat(onThread(names).await()).containsExactly("main", "waiting");
        });
    }

    @Test
    void whatAThreadSubmitsComesBackAsValueFailureCancelOrRefusalOfTheFactory_36() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            try (var portal = loop.portal()) {
                assertThat(onThread(() -> portal.<String>call(() -> "value")).await())
                        .isEqualTo("value");

                var io = new IOException("io");
                Callable<String> failing = () -> {
                    throw io;
                };
                assertThat(onThread(() -> catchThrowable(portal.submit(failing)::get))
                                .await())
                        .isInstanceOf(ExecutionException.class)
                        .hasCause(io);

                var begun = new CountDownLatch(1);
                Promise<String> cancelled = loop.promise();
                CompletableFuture<Void> future = onThread(() -> {
                            CompletableFuture<Void> submitted = portal.submit(() -> {
                                begun.countDown();
                                try {
                                    sleep(HOUR).await();
                                } catch (CancelledException e) {
                                    cancelled.complete(e.reason());
                                    throw e;
                                }
                            });
                            begun.await();
                            submitted.cancel(true);
                            return submitted;
                        })
                        .await();
                assertThat(cancelled.await()).isEqualTo("its CompletableFuture was cancelled");
                assertThat(future.isCancelled()).isTrue();

                var refused = new IllegalArgumentException("no task of that name");
                loop.setTaskFactory(task -> {
                    if ("bad".equals(task.name())) {
                        throw refused;
                    }
                });
                assertThat(onThread(() -> catchThrowable(() -> portal.call("bad", () -> 1)))
                                .await())
                        .isSameAs(refused);
                assertThat(onThread(() -> portal.<String>call("good", () -> "prepared"))
                                .await())
                        .isEqualTo("prepared");
            }
        });
    }

    @Test
    void toThreadCarriesTheContextAndFailuresAndDoesNotHoldTheLoop_99() {
        var user = ContextVar.<String>of("user");
        EventLoop.run(() -> {
            var _ = user.set("alice");
            assertThat(toThread(user::get).await()).isEqualTo("alice");
            Callable<String> failing = () -> {
                throw new IOException("io");
            };
            assertThatThrownBy(toThread(failing)::await)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
            var gate = new CountDownLatch(1);
            Future<?> blocked = toThread(() -> {
                gate.await();
                return order.add("the call ends");
            });
            order.add("the loop goes on");
            yieldNow();
            gate.countDown();
            blocked.await();
        });
        assertThat(order).containsExactly("the loop goes on", "the call ends");
    }
}

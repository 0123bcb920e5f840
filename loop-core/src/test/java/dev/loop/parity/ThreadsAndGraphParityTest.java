package dev.loop.parity;

import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.toThread;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static dev.loop.testing.TestKit.waitAllTasksBlocked;
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
import dev.loop.TaskGroup;
import dev.loop.debug.CallGraph;
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

    // --- 100

    @Test
    @Tag("unseeded") // lists who awaits in the order in which the tasks were made
    void theCallGraphShowsWhoAwaitsWhomThroughGatherWaitShieldTimeoutAndGroupsNamesCirclesAndOutlivesItsTasks_100() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<String> leaf = spawn("leaf", () -> promise.await());
            spawn("direct", () -> leaf.await());
            spawn("gathers", () -> gather(leaf, sleep(HOUR)).await());
            spawn("waits", () -> waitOn(List.of(leaf)).await());
            spawn("shields", () -> shield(leaf).await());
            spawn("limits", () -> timeout(HOUR, leaf::await));
            var circle = new ArrayList<Task<?>>();
            spawn(
                    "groups",
                    () -> TaskGroup.run(group -> {
                        circle.add(group.spawn("chicken", () -> circle.get(1).await()));
                        circle.add(
                                group.spawn("egg", () -> shield(circle.get(0)).await()));
                    }));
            waitAllTasksBlocked().await();

            CallGraph around = CallGraph.capture(leaf);
            assertThat(around.nodes().getFirst().awaitedBy().stream().map(Task::name))
                    .containsExactly("direct", "gathers", "waits", "shields", "limits");
            assertThat(around.nodes().getFirst().stack())
                    .anyMatch(frame -> frame.getClassName().equals(getClass().getName()));
            CallGraph all = CallGraph.captureAll(EventLoop.current());
            assertThat(all.cycles()).containsExactly(List.of("chicken", "egg"));
            String text = all.format();
            assertThat(text)
                    .contains("cycle: chicken -> egg -> chicken")
                    .contains("awaited by groups")
                    .contains("gathers awaits Gather(leaf, SleepFuture)");
            assertThat(CallGraph.capture().nodes().getFirst().name()).isEqualTo("main");

            // its tasks vanish, and it stays what it was
            promise.complete("");
            circle.getFirst().cancel();
            waitAllTasksBlocked().await();
            assertThat(all.format()).isEqualTo(text);
            assertThat(CallGraph.capture(leaf).format()).startsWith("leaf has ended");
        });
        assertThatIllegalStateException().isThrownBy(CallGraph::capture); // no task, no graph of its own
    }
}

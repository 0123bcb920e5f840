package dev.loop.debug;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.toThread;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.sync.Lock;
import dev.loop.sync.Semaphore;
import dev.loop.testing.DeadlockError;
import dev.loop.testing.TestLoop;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for whom. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CallGraphTest {

    private static CallGraph.Node node(CallGraph graph, String name) {
        return graph.nodes().stream()
                .filter(n -> n.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> names(List<? extends Task<?>> tasks) {
        return tasks.stream().map(Task::name).toList();
    }

    @Test
    @Tag("both-engines")
    void edgesGoThroughEveryKindOfWait() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var leaf = spawn("leaf", () -> promise.await());
            spawn("direct", () -> leaf.await());
            spawn("gathers", () -> gather(leaf, sleep(Duration.ofHours(1))).await());
            spawn("limits", () -> waitFor(shield(leaf), Duration.ofHours(1)).await());
            spawn("in a timeout", () -> timeout(Duration.ofHours(1), leaf::await));
            yieldNow();
            yieldNow();

            CallGraph graph = CallGraph.captureAll(EventLoop.current());
            assertThat(names(node(graph, "leaf").awaitedBy()))
                    .containsExactly("direct", "gathers", "limits", "in a timeout");
            assertThat(node(graph, "leaf").doing()).isEqualTo("awaits Promise");
            assertThat(node(graph, "direct").doing()).isEqualTo("awaits leaf");
            assertThat(node(graph, "gathers").doing()).isEqualTo("awaits Gather(leaf, SleepFuture)");
            assertThat(node(graph, "limits").doing()).isEqualTo("awaits WaitFor(Shield(leaf))");
            assertThat(node(graph, "main").doing()).isEqualTo("is ready or runs");
            assertThat(names(node(graph, "limits").awaits())).containsExactly("leaf");
            assertThat(graph.cycles()).isEmpty();
            promise.complete("");
        });
    }

    @Test
    @Tag("both-engines")
    void aTaskHasItsOwnFrames() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            spawn("waits", () -> waitsDeepInside(promise));
            spawn("not begun", () -> {});
            CallGraph before = CallGraph.captureAll(EventLoop.current());
            assertThat(node(before, "not begun").doing()).isEqualTo("has not begun");
            assertThat(node(before, "not begun").stack()).isEmpty();
            yieldNow();
            CallGraph graph = CallGraph.captureAll(EventLoop.current());
            assertThat(node(graph, "waits").stack().get(1).getMethodName()).isEqualTo("waitsDeepInside");
            assertThat(node(graph, "main").stack().getFirst().getClassName()).isEqualTo(CallGraphTest.class.getName());
            assertThat(graph.format()).contains("at " + CallGraphTest.class.getName() + ".waitsDeepInside(");
            promise.complete("");
        });
    }

    private static void waitsDeepInside(Promise<String> promise) {
        promise.await();
    }

    @Test
    @Tag("both-engines")
    void aCaptureOfOneFutureIsThePartAroundIt() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var leaf = spawn("leaf", () -> promise.await());
            var middle = spawn("middle", () -> leaf.await());
            spawn("end", () -> gather(middle).await());
            spawn("elsewhere", () -> sleep(Duration.ofSeconds(1)).await());
            yieldNow();
            yieldNow();
            assertThat(CallGraph.capture(middle).nodes().stream().map(CallGraph.Node::name))
                    .containsExactly("middle", "leaf", "end");
            CallGraph ofPromise = CallGraph.capture(promise);
            assertThat(ofPromise.nodes().stream().map(CallGraph.Node::name))
                    .containsExactly("Promise", "leaf", "middle", "end");
            assertThat(names(ofPromise.nodes().getFirst().awaitedBy())).containsExactly("leaf");
            Future<?> both = gather(leaf, middle);
            assertThat(names(CallGraph.capture(both).nodes().getFirst().awaits()))
                    .containsExactly("leaf", "middle");
            promise.complete("");
            assertThat(CallGraph.capture(promise).nodes().getFirst().doing()).isEqualTo("is done");
        });
    }

    @Test
    @Tag("both-engines")
    void circlesAreReportedByName() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<?>>();
            tasks.add(spawn("a", () -> tasks.get(1).await()));
            tasks.add(spawn(
                    "b", () -> gather(tasks.get(2), sleep(Duration.ofHours(1))).await()));
            tasks.add(spawn("c", () -> shield(tasks.get(0)).await()));
            spawn("waits for the circle", () -> tasks.get(1).await());
            yieldNow();
            yieldNow();
            CallGraph graph = CallGraph.captureAll(EventLoop.current());
            assertThat(graph.cycles()).containsExactly(List.of("a", "b", "c"));
            assertThat(graph.format()).startsWith("cycle: a -> b -> c -> a\n");
            assertThat(CallGraph.capture(tasks.get(2)).cycles()).hasSize(1);
            tasks.get(0).cancel();
        });
    }

    @Test
    @Tag("both-engines")
    void aCircleThroughTwoLocksIsReported() {
        assertThatThrownBy(() -> TestLoop.run(() -> {
                    var left = new Lock();
                    var right = new Lock();
                    spawn("anna", () -> {
                        try (var _ = left.acquire().await()) {
                            yieldNow();
                            right.acquire().await().close();
                        }
                    });
                    spawn("bert", () -> {
                        try (var _ = right.acquire().await()) {
                            yieldNow();
                            gather(left.acquire(), sleep(Duration.ofSeconds(1))).await();
                        }
                    });
                    Async.gather(Async.allTasks().subList(1, 3)).await();
                }))
                .isInstanceOf(DeadlockError.class)
                .hasMessageContaining("cycle: anna -> bert -> anna\n")
                .hasMessageContaining(
                        "anna awaits Lock[held by bert, 1 waiting on test-loop]\n    awaited by main, bert");
    }

    @Test
    @Tag("both-engines")
    void whatHasSeveralHoldersIsPartOfACircleOnlyIfAllOfThemAreStuck() {
        TestLoop.run(() -> {
            for (boolean stuck : new boolean[] {false, true}) {
                var permits = new Semaphore(2);
                var lock = new Lock();
                Promise<String> outside = EventLoop.current().promise();
                var tasks = new ArrayList<Task<?>>();
                tasks.add(spawn("has both", () -> {
                    try (var _ = permits.acquire().await();
                            var _ = lock.acquire().await()) {
                        yieldNow();
                        permits.acquire().await();
                    }
                }));
                tasks.add(spawn("has one", () -> {
                    try (var _ = permits.acquire().await()) {
                        if (stuck) {
                            lock.acquire().await();
                        } else {
                            outside.await();
                        }
                    }
                }));
                yieldNow();
                yieldNow();
                CallGraph graph = CallGraph.captureAll(EventLoop.current());
                assertThat(names(node(graph, "has both").awaits())).containsExactly("has both", "has one");
                if (stuck) {
                    assertThat(graph.cycles()).containsExactly(List.of("has both"), List.of("has both", "has one"));
                } else {
                    assertThat(graph.cycles()).isEmpty();
                }
                tasks.forEach(Task::cancel);
                Async.waitOn(tasks).await();
                outside.cancel();
            }
        });
    }

    @Test
    @Tag("both-engines")
    void aDeadlockTellsTheGraphAndNamesTheCircle() {
        assertThatThrownBy(() -> TestLoop.run(() -> {
                    var tasks = new ArrayList<Task<?>>();
                    tasks.add(spawn("chicken", () -> tasks.get(1).await()));
                    tasks.add(spawn("egg", () -> tasks.get(0).await()));
                    gather(tasks).await();
                }))
                .isInstanceOf(DeadlockError.class)
                .hasMessageContaining("cycle: chicken -> egg -> chicken")
                .hasMessageContaining("main awaits Gather(chicken, egg)")
                .hasMessageContaining("awaited by main, egg")
                .hasMessageContaining("at " + CallGraphTest.class.getName());
    }

    @Test
    void aBlockingCallIsNamed() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            lock.lock();
            var task = spawn("blocked", () -> {
                lock.lock();
                lock.unlock();
            });
            yieldNow();
            assertThat(CallGraph.capture(task).nodes().getFirst().doing())
                    .isEqualTo("is in a blocking call of the JDK (WAITING)");
            lock.unlock();
            task.await();
            assertThat(CallGraph.capture(task).nodes().getFirst().doing()).isEqualTo("has ended");
        });
    }

    @Test
    @Tag("both-engines")
    void aGraphStaysAsItWasWhenItsTasksAreGone() {
        TestLoop.run(() -> {
            var task = spawn("short", () -> sleep(Duration.ofSeconds(1)).await());
            yieldNow();
            CallGraph graph = CallGraph.captureAll(EventLoop.current());
            String before = graph.format();
            task.await();
            assertThat(graph.format()).isEqualTo(before).contains("short awaits SleepFuture");
            var bytes = new ByteArrayOutputStream();
            graph.print(new PrintStream(bytes, false, StandardCharsets.UTF_8));
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(before);
            assertThat(graph).hasToString("CallGraph[2 nodes, 0 cycles]");
        });
    }

    @Test
    @Tag("both-engines")
    void anotherThreadAsksTheLoopWhileItsTasksComeAndGo() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var asked = spawn("asks", () -> {
                Future<CallGraph> graph =
                        toThread(() -> CallGraph.captureAllThreadsafe(loop).join());
                return graph.await();
            });
            for (int i = 0; i < 2_000 && !asked.isDone(); i++) {
                var one = spawn(() -> sleep(Duration.ZERO).await());
                spawn(() -> one.await());
                yieldNow();
            }
            assertThat(node(asked.await(), "asks").doing()).startsWith("awaits ");
        });
    }

    @Test
    @Tag("both-engines")
    void aLoopThatHasClosedGivesNone() {
        EventLoop loop = EventLoop.create();
        loop.close();
        assertThat(CallGraph.captureAll(loop).nodes()).isEmpty();
        assertThatIllegalStateException().isThrownBy(() -> CallGraph.captureAllThreadsafe(loop));
    }

    @Test
    @Tag("both-engines")
    void longChainsAndWideGathersAreNoTrouble() {
        TestLoop.run(() -> {
            Promise<String> end = EventLoop.current().promise();
            var chain = new ArrayList<Task<?>>();
            chain.add(spawn("link 0", () -> end.await()));
            for (int i = 1; i < 1_000; i++) {
                Task<?> last = chain.getLast();
                chain.add(spawn("link " + i, () -> last.await()));
            }
            Future<?> wide = gather(chain);
            for (int i = 0; i < 200; i++) {
                wide = shield(wide);
            }
            Future<?> deep = wide;
            var waits = spawn("waits", () -> deep.await());
            yieldNow();
            CallGraph graph = CallGraph.capture(chain.getFirst());
            assertThat(graph.nodes()).hasSize(1_001);
            assertThat(names(node(graph, "waits").awaits())).hasSize(1_000);
            assertThat(node(graph, "waits").doing()).hasSizeLessThan(200);
            end.complete("");
            waits.await();
        });
    }

    @Test
    @Tag("both-engines")
    void theSnippet() {
        TestLoop.run(() -> {
            // @start region="callgraph"
            var copy = spawn("copy", () -> sleep(Duration.ofMinutes(1)).await());
            var report = spawn("report", () -> gather(copy).await());
            yieldNow();
            String graph = CallGraph.capture(report).format(); // report awaits Gather(copy), copy awaits …
            // @end
            assertThat(graph).contains("report awaits Gather(copy)").contains("awaited by report");
            assertThat(currentTask().name()).isEqualTo("main");
            report.await();
        });
    }

    @Test
    void aPermitThatCodeOutsideOfATaskHoldsMayComeBack() {
        TestLoop.run(() -> {
            var permits = new Semaphore(2);
            var outside = new ArrayList<Semaphore.Permit>();
            EventLoop.current().callSoon(() -> outside.add(permits.tryAcquire()));
            var greedy = spawn("greedy", () -> {
                try (var _ = permits.acquire().await();
                        var _ = permits.acquire().await()) {
                    yieldNow();
                }
            });
            yieldNow();
            yieldNow();
            assertThat(greedy.isDone()).isFalse();
            assertThat(CallGraph.captureAll(EventLoop.current()).cycles()).isEmpty();
            outside.forEach(Semaphore.Permit::close);
            greedy.await();
        });
    }

    @Test
    void whoTakesWhatOthersCountUpDoesNotWaitForItself() {
        TestLoop.run(() -> {
            var count = new Semaphore(0);
            var consumer = spawn("consumer", () -> {
                for (int i = 0; i < 3; i++) {
                    var _ = count.acquire().await();
                }
            });
            for (int i = 0; i < 3; i++) {
                yieldNow();
                assertThat(CallGraph.captureAll(EventLoop.current()).cycles()).isEmpty();
                count.release();
            }
            consumer.await();
        });
    }
}

package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Coroutines: their steps, their outcome, and the loop's list of them. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TaskTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    @Tag("both-engines")
    void itsFirstStepRunsInTheNextTurn() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                order.add("first step");
                return "value";
            });
            order.add("spawned");
            assertThat(task.isDone()).isFalse();
            assertThat(task.await()).isEqualTo("value");
            assertThat(order).containsExactly("spawned", "first step");
        });
    }

    @Test
    @Tag("both-engines")
    void tasksTakeTurns() {
        TestLoop.run(() -> {
            for (String name : List.of("a", "b", "c")) {
                spawn(() -> {
                    for (int i = 0; i < 3; i++) {
                        order.add(name + i);
                        yieldNow();
                    }
                });
            }
            sleep(SECOND).await();
            assertThat(order).containsExactly("a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2");
        });
    }

    @Test
    @Tag("both-engines")
    void betweenTwoWaitsNothingElseRuns() {
        TestLoop.run(() -> {
            var counter = new int[1];
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 50; i++) {
                tasks.add(spawn(() -> {
                    for (int k = 0; k < 20; k++) {
                        int seen = counter[0];
                        Thread.onSpinWait();
                        counter[0] = seen + 1;
                        yieldNow();
                    }
                }));
            }
            Async.gather(tasks).await();
            assertThat(counter[0]).isEqualTo(1000);
        });
    }

    @Test
    @Tag("both-engines")
    void itsFailureIsThrownToWhoAwaitsIt() {
        TestLoop.run(() -> {
            var unchecked = new IllegalArgumentException("unchecked");
            var checked = new IOException("checked");
            assertThatThrownBy(spawn(() -> {
                        throw unchecked;
                    })::await)
                    .isSameAs(unchecked);
            assertThatThrownBy(spawn(() -> {
                        throw checked;
                    })::await)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isSameAs(checked);
            assertThatThrownBy(spawn(() -> {
                        throw new AssertionError("error");
                    })::await)
                    .isInstanceOf(AssertionError.class);
        });
    }

    @Test
    @Tag("both-engines")
    void aTaskThatAwaitsWhatIsCancelledIsCancelledUnlessItCatchesIt() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<String> one = spawn(() -> promise.await());
            Task<String> two = spawn(() -> {
                try {
                    return promise.await();
                } catch (CancelledException e) {
                    assertThat(currentTask().cancelling()).isZero();
                    return "caught " + e.reason();
                }
            });
            yieldNow();
            promise.cancel("gone");
            assertThatThrownBy(one::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("gone");
            assertThat(two.await()).isEqualTo("caught gone");
        });
    }

    @Test
    @Tag("both-engines")
    void theLoopKnowsItsTasksInTheOrderOfTheirCreationUntilTheyEnd() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Task<?> main = currentTask();
            Task<?> one = spawn("one", () -> sleep(SECOND).await());
            Task<?> two = spawn("two", () -> yieldNow());
            Task<?> three = spawn("three", () -> sleep(SECOND).await());
            assertThat(loop.allTasks()).isEqualTo(List.of(main, one, two, three));
            two.await();
            assertThat(loop.allTasks()).isEqualTo(List.of(main, one, three));
            one.await();
            three.await();
            assertThat(loop.allTasks()).isEqualTo(List.of(main));
        });
    }

    @Test
    @Tag("unseeded") // waits for the garbage collector, and one task has no order
    @Tag("both-engines")
    void aPendingTaskThatNobodyHoldsIsNeverCollected() {
        TestLoop.run(() -> {
            var wait = new ArrayList<WeakReference<Promise<String>>>();
            var task = new WeakReference<Task<?>>(spawn(() -> {
                Promise<String> onlyHere = EventLoop.current().promise();
                wait.add(new WeakReference<>(onlyHere));
                onlyHere.await();
            }));
            yieldNow();
            for (int i = 0; i < 5; i++) {
                System.gc();
            }
            assertThat(task.get()).isNotNull();
            wait.getFirst().get().complete("value");
            yieldNow();
            assertThat(EventLoop.current().allTasks()).hasSize(1);
        });
    }

    @Test
    @Tag("unseeded") // waits for the garbage collector, and one task has no order
    @Tag("both-engines")
    void aTaskThatHasEndedIsLetGo() throws Exception {
        try (var test = new TestLoop()) {
            var reference = new WeakReference<?>[1];
            test.runMain(() -> {
                Task<?> task = spawn(() -> yieldNow());
                task.await();
                reference[0] = new WeakReference<>(task);
            });
            for (int i = 0; i < 100 && reference[0].get() != null; i++) {
                System.gc();
                Thread.sleep(1);
            }
            assertThat(reference[0].get()).isNull();
        }
    }

    @Test
    @Tag("both-engines")
    void aTaskMaySpawnWhileItEnds() {
        TestLoop.run(() -> {
            var child = new ArrayList<Task<String>>();
            Task<?> parent = spawn(() -> {
                try {
                    yieldNow();
                } finally {
                    child.add(spawn(() -> "child"));
                }
            });
            parent.await();
            assertThat(child.getFirst().await()).isEqualTo("child");
        });
    }

    @Test
    @Tag("both-engines")
    void tenThousandTasksWaitTogether() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<Integer>>();
            for (int i = 0; i < 10_000; i++) {
                int n = i;
                tasks.add(spawn(() -> {
                    sleep(SECOND).await();
                    return n;
                }));
            }
            long sum = 0;
            for (Task<Integer> task : tasks) {
                sum += task.await();
            }
            assertThat(sum).isEqualTo(10_000L * 9_999 / 2);
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void aThreadLocalIsTheTasksOwn() {
        var local = new ThreadLocal<String>();
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<String>>();
            for (String value : List.of("a", "b")) {
                tasks.add(spawn(() -> {
                    assertThat(local.get()).isNull();
                    local.set(value);
                    yieldNow();
                    return local.get();
                }));
            }
            assertThat(Async.gather(tasks).await()).containsExactly("a", "b");
        });
    }

    // --- fatal errors

    @Test
    @Tag("both-engines")
    void aFatalErrorStopsTheLoopAndIsThrownByTheRun() {
        var fatal = new TestFatalError();
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                throw fatal;
            });
            loop.callLater(Duration.ofHours(1), () -> order.add("too far"));
            assertThatThrownBy(loop::runForever).isSameAs(fatal);
            assertThat(test.reports()).isEmpty();
            // and the loop can be run again
            assertThat(test.<String>runMain(() -> "value")).isEqualTo("value");

            Task<?> task = loop.spawn(() -> {
                throw fatal;
            });
            assertThatThrownBy(loop::runForever).isSameAs(fatal);
            assertThat(task.exception()).isSameAs(fatal);
        }
        assertThat(order).isEmpty();
    }

    private static final class TestFatalError extends VirtualMachineError {
        private static final long serialVersionUID = 1L;

        TestFatalError() {
            super("for this test");
        }
    }
}

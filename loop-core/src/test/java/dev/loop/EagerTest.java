package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that take their first step inside the spawn, and what prepares tasks. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EagerTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static TaskBuilder eager() {
        return EventLoop.current().task().eager();
    }

    @Test
    void theFirstStepRunsInsideTheSpawnBeforeAnythingElse() {
        TestLoop.run(() -> {
            spawn(() -> order.add("was ready before"));
            Task<?> child = eager().name("child").spawn(() -> {
                order.add("first step of " + currentTask().name());
                yieldNow();
                order.add("second step");
            });
            order.add("caller");
            assertThat(currentTask().name()).isEqualTo("main");
            assertThat(child.isDone()).isFalse();
            child.await();
            assertThat(order).containsExactly("first step of child", "caller", "was ready before", "second step");
        });
    }

    @Test
    void aTaskThatNeverWaitsIsDoneAndTheReadyQueueHasNotSeenIt() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            int before = loop.ready.size();
            Task<String> child = eager().spawn(() -> "value");
            assertThat(child.isDone()).isTrue();
            assertThat(child.result()).isEqualTo("value");
            assertThat(loop.ready.size()).isEqualTo(before);
            assertThat(loop.allTasks()).hasSize(1);
        });
    }

    @Test
    void aFailureIsStoredAndNotThrown() {
        TestLoop.run(() -> {
            Task<?> child = eager().spawn(() -> {
                throw new IOException("stored");
            });
            assertThat(child.exception()).hasMessage("stored");
        });
    }

    @Test
    void eagerTasksNest() {
        TestLoop.run(() -> {
            eager().name("a").spawn(() -> {
                order.add(currentTask().name());
                eager().name("b").spawn(() -> {
                    order.add(currentTask().name());
                    eager().name("c").spawn(() -> {
                        order.add(currentTask().name());
                        yieldNow();
                        order.add("c again");
                    });
                    order.add(currentTask().name());
                });
                order.add(currentTask().name());
            });
            order.add(currentTask().name());
            yieldNow();
            assertThat(order).containsExactly("a", "b", "c", "b", "a", "main", "c again");
        });
    }

    @Test
    void aDeepNestDoesNotOverflowAnything() {
        TestLoop.run(() -> {
            int[] depth = {0};
            nest(depth, 5_000);
            assertThat(depth[0]).isEqualTo(5_000);
        });
    }

    private static void nest(int[] depth, int left) {
        if (left > 0) {
            depth[0]++;
            eager().spawn(() -> nest(depth, left - 1));
        }
    }

    @Test
    void aCallbackSpawnsEagerlyToo() {
        TestLoop.run(() -> {
            Promise<String> done = EventLoop.current().promise();
            EventLoop.current().callSoon(() -> {
                Task<?> child = eager().spawn(() -> {
                    order.add("first step");
                    eager().spawn(() -> order.add("nested"));
                    sleep(SECOND).await();
                    done.complete("end");
                });
                order.add("callback");
                assertThat(child.isDone()).isFalse();
                assertThat(EventLoop.current().current).isNull();
            });
            EventLoop.current().callSoon(() -> order.add("next callback"));
            assertThat(done.await()).isEqualTo("end");
            assertThat(order).containsExactly("first step", "nested", "callback", "next callback");
        });
    }

    @Test
    void onALoopThatDoesNotRunTheFirstStepComesInTheFirstTurn() {
        try (var test = new TestLoop()) {
            Task<?> early = test.loop().task().eager().spawn(() -> order.add("early"));
            assertThat(order).isEmpty();
            test.runMain(() -> {
                early.await();
                assertThat(order).containsExactly("early");
            });
        }
    }

    @Test
    void aChildCancelsItsCallerWhichIsToldAtItsNextWait() {
        TestLoop.run(() -> {
            Task<?> caller = spawn(() -> {
                Task<?> me = currentTask();
                eager().spawn(() -> me.cancel("by the child"));
                order.add("goes on");
                sleep(SECOND).await();
                order.add("too far");
            });
            assertThatThrownBy(caller::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("by the child");
            assertThat(order).containsExactly("goes on");
        });
    }

    @Test
    void aChildThatCompletesWhatTheCallerAwaitsNextIsNotLost() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            eager().spawn(() -> promise.complete("value"));
            assertThat(promise.await()).isEqualTo("value");
        });
    }

    @Test
    void anEagerStartIsNoTurnForItsCaller() {
        TestLoop.run(() -> {
            spawn(() -> order.add("other"));
            for (int i = 0; i < 100; i++) {
                eager().spawn(Async::currentTask);
            }
            assertThat(order).isEmpty();
        });
    }

    // --- the factory

    @Test
    void aFactoryNamesStartsAndWrapsEveryTask() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                loop.setTaskFactory(
                        task -> task.name("made/" + task.name()).eager().around(body -> {
                            order.add("before");
                            Object value = body.call();
                            order.add("after");
                            return value;
                        }));
                Task<String> task = spawn("mine", () -> {
                    order.add("body");
                    return "value";
                });
                assertThat(task.name()).isEqualTo("made/mine");
                assertThat(task.result()).isEqualTo("value");
                assertThat(order).containsExactly("before", "body", "after");
                loop.setTaskFactory(null);
                assertThat(loop.taskFactory()).isNull();
            });
        }
    }

    @Test
    void whatAFactoryThrowsTheSpawnThrowsAndNoTaskIsMade() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.setTaskFactory(task -> {
                throw new IllegalArgumentException("no more");
            });
            assertThatThrownBy(() -> spawn(() -> order.add("ran"))).hasMessage("no more");
            loop.setTaskFactory(null);
            yieldNow();
            assertThat(order).isEmpty();
            assertThat(loop.allTasks()).hasSize(1);
        });
    }

    @Test
    void theEagerFactoryMakesEveryTaskEager() {
        TestLoop.run(() -> {
            EventLoop.current().setTaskFactory(TaskFactory.eager());
            assertThat(spawn(() -> "value").isDone()).isTrue();
        });
    }

    @Test
    void aBuilderStartsOneTask() {
        TestLoop.run(() -> {
            TaskBuilder builder = EventLoop.current().task();
            builder.spawn(() -> {});
            assertThatIllegalStateException().isThrownBy(() -> builder.spawn(() -> {}));
        });
    }

    // --- the context

    @Test
    void anEagerTaskHasItsOwnContextAndItsCallerKeepsItsOwn() {
        ContextVar<String> user = ContextVar.of("user");
        TestLoop.run(() -> {
            user.set("caller");
            eager().spawn(() -> {
                order.add(user.get());
                user.set("child");
                yieldNow();
                order.add(user.get());
            });
            order.add(user.get());
            yieldNow();
            order.add(user.get());
            assertThat(order).containsExactly("caller", "caller", "child", "caller");
            EventLoop.current().callSoon(() -> {
                user.set("callback");
                eager().spawn(() -> user.set("its child"));
                order.add(user.get());
            });
            yieldNow();
            assertThat(order).endsWith("callback");
        });
    }

    @Test
    void aBuilderSetsTheContextOfItsTask() {
        ContextVar<String> user = ContextVar.of("user");
        TestLoop.run(() -> {
            user.set("caller");
            Context other = user.where("other");
            Task<String> task = EventLoop.current().task().context(other).spawn(() -> user.get());
            assertThat(task.await()).isEqualTo("other");
            assertThat(user.get()).isEqualTo("caller");
        });
    }
}

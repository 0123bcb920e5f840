package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.queue.Queue;
import dev.loop.spi.Interest;
import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On which threads a loop's code runs, and who may call what. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopThreadTest {

    @Test
    @Tag("both-engines")
    void allCallbacksRunOnOneThread() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Set<Thread> threads = new HashSet<>();
            Runnable note = () -> {
                threads.add(Thread.currentThread());
                assertThat(loop.isCallbackThread(Thread.currentThread())).isTrue();
            };
            Promise<String> promise = loop.promise();
            promise.addDoneCallback(_ -> note.run());
            loop.callSoon(note);
            loop.callSoonThreadsafe(note);
            loop.callLater(Duration.ofMillis(1), note);
            loop.setExceptionHandler((_, _) -> note.run());
            loop.callSoon(() -> {
                throw new IllegalStateException("for the handler");
            });
            promise.complete("value");
            sleep(Duration.ofMillis(2)).await();
            assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
        });
    }

    @Test
    void noUserCodeRunsOnThePlatformThread() {
        Thread platform = Thread.currentThread();
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(Thread.currentThread().isVirtual()).isTrue();
            Promise<Thread> callback = loop.promise();
            loop.callSoon(() -> callback.complete(Thread.currentThread()));
            assertThat(callback.await()).isNotSameAs(platform).matches(Thread::isVirtual);
            assertThat(loop.isCallbackThread(Thread.currentThread())).isFalse();
            assertThat(loop.isCallbackThread(platform)).isFalse();
        });
    }

    @Test
    @Tag("both-engines")
    void aThreadIsNamedAfterItsTask() {
        TestLoop.run(() -> {
            Task<String> task = spawn("my task", () -> Thread.currentThread().getName());
            assertThat(task.await()).isEqualTo("my task");
            assertThat(task.name()).isEqualTo("my task");
            assertThat(task.toString()).contains("my task").contains("done");
            assertThat(spawn(() -> {}).name()).matches("task-\\d+");
        });
    }

    @Test
    @Tag("both-engines")
    void theCurrentLoopIsTheOneThatRunsTheCaller() {
        assertThat(EventLoop.currentOrNull()).isNull();
        assertThatIllegalStateException().isThrownBy(EventLoop::current).withMessageContaining("no event loop");
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            var seen = new ArrayList<EventLoop>();
            loop.callSoon(() -> seen.add(EventLoop.current()));
            test.runMain(() -> {
                seen.add(EventLoop.current());
                yieldNow();
            });
            assertThat(seen).containsExactly(loop, loop);
        }
        assertThat(EventLoop.currentOrNull()).isNull();
    }

    @Test
    @Tag("both-engines")
    void theCurrentTaskIsTheOneThatCallsAlsoWhenTasksInterleave() {
        TestLoop.run(() -> {
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 3; i++) {
                var self = new Task<?>[1];
                self[0] = spawn(() -> {
                    for (int k = 0; k < 3; k++) {
                        assertThat(currentTask()).isSameAs(self[0]);
                        yieldNow();
                        assertThat(spawn(() -> currentTask()).await()).isNotSameAs(self[0]);
                    }
                });
                tasks.add(self[0]);
            }
            Async.gather(tasks).await();
        });
    }

    @Test
    @Tag("both-engines")
    void whatNeedsATaskIsRefusedInACallback() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> pending = loop.promise();
            Promise<String> checked = loop.promise();
            loop.callSoon(() -> {
                List<Runnable> calls = List.of(
                        Async::currentTask, Async::yieldNow, () -> timeout(Duration.ZERO, () -> {}), pending::await);
                for (Runnable call : calls) {
                    assertThatIllegalStateException().isThrownBy(call::run).withMessageContaining("callback");
                }
                checked.complete("checked");
            });
            assertThat(checked.await()).isEqualTo("checked");
        });
    }

    @Test
    @Tag("both-engines")
    void theStaticFaceIsRefusedWhereNoLoopRuns() {
        List<Callable<?>> calls = List.of(
                () -> spawn(() -> 1), () -> sleep(Duration.ZERO), () -> Async.gather(), Async::currentTask, Queue::new);
        for (Callable<?> call : calls) {
            assertThatIllegalStateException().isThrownBy(call::call).withMessageContaining("no event loop");
        }
    }

    @Test
    void aLoopCannotRunOnAVirtualThreadAndIsNotDamagedByTheAttempt() throws Exception {
        EventLoop loop = EventLoop.create();
        var errors = new ArrayList<Throwable>();
        Thread.ofVirtual()
                .start(() -> {
                    try (var runner = Runner.create(() -> loop)) {
                        runner.run(() -> 1);
                    } catch (Throwable e) {
                        errors.add(e);
                    }
                })
                .join();
        assertThat(errors).singleElement().satisfies(e -> {
            assertThat(e).isInstanceOf(IllegalStateException.class).hasMessageContaining("virtual thread");
            assertThat(e.getSuppressed()).isEmpty();
        });
        assertThat(loop.isClosed()).isTrue();
    }

    @Test
    @Tag("both-engines")
    void anotherThreadIsRefusedByEveryMethodThatDoesNotSayThreadSafe() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            Task<?> task = spawn(() -> promise.await());
            var timer = loop.callLater(Duration.ofHours(1), () -> {});
            var soon = loop.callSoon(() -> {});
            var queue = new Queue<String>(1);
            var lock = new Lock();
            var held = lock.tryAcquire();
            var free = new Lock();

            Map<String, Callable<?>> calls = new LinkedHashMap<>();
            calls.put("callSoon", () -> loop.callSoon(() -> {}));
            calls.put("callLater", () -> loop.callLater(Duration.ZERO, () -> {}));
            calls.put("callAt", () -> loop.callAt(0, () -> {}));
            calls.put("spawn", () -> loop.spawn(() -> 1));
            calls.put("sleep", () -> loop.sleep(Duration.ZERO));
            calls.put("runInExecutor", () -> loop.runInExecutor(() -> 1));
            calls.put("register", () -> loop.register(pipe.source(), Interest.READ, _ -> {}));
            calls.put("stop", run(loop::stop));
            calls.put("exceptionHandler", loop::exceptionHandler);
            calls.put("setExceptionHandler", run(() -> loop.setExceptionHandler(null)));
            calls.put("isDone", promise::isDone);
            calls.put("isCancelled", promise::isCancelled);
            calls.put("result", promise::result);
            calls.put("exception", promise::exception);
            calls.put("cancel", promise::cancel);
            calls.put("addDoneCallback", run(() -> promise.addDoneCallback(_ -> {})));
            calls.put("addWaiter", run(() -> promise.addWaiter(_ -> {})));
            calls.put("removeDoneCallback", () -> promise.removeDoneCallback(_ -> {}));
            calls.put("complete", run(() -> promise.complete("x")));
            calls.put("tryComplete", () -> promise.tryComplete("x"));
            calls.put("fail", run(() -> promise.fail(new IllegalStateException())));
            calls.put("tryFail", () -> promise.tryFail(new IllegalStateException()));
            calls.put("Task.cancel", task::cancel);
            calls.put("cancelling", task::cancelling);
            calls.put("uncancel", task::uncancel);
            calls.put("Handle.cancel", run(soon::cancel));
            calls.put("TimerHandle.cancel", run(timer::cancel));
            calls.put("Queue.put", () -> queue.put("x"));
            calls.put("Queue.tryPut", () -> queue.tryPut("x"));
            calls.put("Queue.get", queue::get);
            calls.put("Queue.tryGet", queue::tryGet);
            calls.put("Lock.acquire of a free lock", free::acquire);
            calls.put("Lock.acquire", lock::acquire);
            calls.put("Lock.tryAcquire", free::tryAcquire);
            calls.put("Held.close", run(held::close));

            var accepted = new ArrayList<String>();
            Thread other = Thread.ofPlatform()
                    .start(() -> calls.forEach((name, call) -> {
                        try {
                            call.call();
                            accepted.add(name);
                        } catch (WrongThreadException e) {
                            assertThat(e).hasMessageContaining(loop.name());
                        } catch (Exception e) {
                            accepted.add(name + ": " + e);
                        }
                    }));
            other.join();
            assertThat(accepted).isEmpty();
            assertThat(promise.isDone()).isFalse();
            task.cancel();
            timer.cancel();
        });
        pipe.source().close();
        pipe.sink().close();
    }

    @Test
    @Tag("both-engines")
    void whoeverOwnsALoopMayCallItWhileItDoesNotRun() {
        try (EventLoop loop = EventLoop.create()) {
            Promise<String> promise = loop.promise();
            loop.callSoon(() -> promise.complete("value"));
            assertThat(promise.isDone()).isFalse();
            assertThat(loop.isRunning()).isFalse();
            assertThat(loop.runUntilComplete(promise)).isEqualTo("value");
            assertThat(promise.result()).isEqualTo("value");
        }
    }

    @Test
    @Tag("both-engines")
    void theTaskOfAnotherLoopIsAnotherThread() throws Exception {
        EventLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var error = new Throwable[2];
            Thread other = Thread.ofPlatform()
                    .start(() -> EventLoop.run(() -> {
                        error[0] = org.assertj.core.api.Assertions.catchThrowable(promise::isDone);
                        error[1] = org.assertj.core.api.Assertions.catchThrowable(promise::await);
                    }));
            other.join();
            assertThat(error[0]).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> {
                        throw error[1];
                    })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("toCompletableFuture");
        });
    }

    private static Callable<?> run(Runnable call) {
        return () -> {
            call.run();
            return null;
        };
    }
}

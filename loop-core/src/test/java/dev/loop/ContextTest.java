package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.spi.Interest;
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is scheduled takes the context along, and what happens there stays there. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContextTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final ContextVar<String> USER = ContextVar.of("user", "nobody");

    private final List<String> seen = new ArrayList<>();

    private void see(String who) {
        seen.add(who + " " + USER.get());
    }

    // --- what is taken along

    @Test
    void aTaskHasThatOfItsSpawner() {
        TestLoop.run(() -> {
            USER.set("ada");
            Task<?> child = spawn(() -> see("child"));
            USER.set("bob"); // too late for the child
            child.await();
            assertThat(child.context().get(USER)).isEqualTo("ada");
            assertThat(Async.currentTask().context().get(USER)).isEqualTo("bob");
        });
        assertThat(seen).containsExactly("child ada");
    }

    @Test
    void everyKindOfCallbackHasThatOfTheCall() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            USER.set("ada");
            Handle handle = loop.callSoon(() -> see("callSoon"));
            loop.callLater(SECOND, () -> see("callLater"));
            loop.callAt(loop.time() + 2 * SECOND.toNanos(), () -> see("callAt"));
            loop.callSoonThreadsafe(() -> see("callSoonThreadsafe"));
            loop.done().addDoneCallback(_ -> see("done already"));
            promise.addDoneCallback(_ -> see("done callback"));
            promise.addWaiter(_ -> see("waiter"));
            promise.toCompletableFuture().thenRun(() -> see("stage"));
            USER.set("bob");
            assertThat(handle.context().get(USER)).isEqualTo("ada");
            spawn(() -> {
                USER.set("the completer");
                promise.complete("x");
            });
            sleep(SECOND.multipliedBy(3)).await();
        });
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "callSoon ada",
                        "callLater ada",
                        "callAt ada",
                        "callSoonThreadsafe ada",
                        "done already ada",
                        "done callback ada",
                        "waiter ada",
                        "stage ada");
    }

    @Test
    @Tag("unseeded") // lists callbacks of different causes in their plain order
    void scheduledInsideCallItIsTheExplicitOne() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            USER.set("ada");
            Context bob = Context.empty().with(USER, "bob");
            Handle soon = bob.call(() -> loop.callSoon(() -> see("callSoon")));
            bob.call(() -> loop.callLater(SECOND, () -> see("callLater")));
            bob.run(() -> loop.done().addDoneCallback(_ -> see("done callback")));
            Task<?> task = bob.call(() -> spawn(() -> see("task")));
            assertThat(soon.context().get(USER)).isEqualTo("bob");
            assertThat(task.context().get(USER)).isEqualTo("bob");
            see("here");
            sleep(SECOND.multipliedBy(2)).await();
        });
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "here ada", "callSoon bob", "done callback bob", "task bob", "callLater bob");
    }

    @Test
    void anotherThreadsCallbackHasThatOfTheThread() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            USER.set("ada");
            Promise<String> promise = loop.promise();
            toThread(() -> {
                        Thread.ofPlatform()
                                .start(() -> {
                                    loop.callSoonThreadsafe(() -> see("without"));
                                    USER.set("thread");
                                    loop.callSoonThreadsafe(() -> see("with"));
                                    promise.completeThreadsafe("x");
                                })
                                .join();
                        return null;
                    })
                    .await();
            promise.await();
            yieldNow();
            see("here");
        });
        assertThat(seen).containsExactly("without nobody", "with thread", "here ada");
    }

    @Test
    void aTaskThatAPortalStartsHasThatOfTheThreadThatSubmitsIt() {
        EventLoop.run(() -> {
            USER.set("ada");
            LoopPortal portal = EventLoop.current().portal();
            Context empty = Context.empty();
            empty.call(() -> toThread(() -> USER.where("thread").call(() -> {
                        portal.call(() -> see("call"));
                        return portal.submit(() -> see("submit"))
                                .thenRun(() -> see("dependent"))
                                .get();
                    })))
                    .await();
            portal.close();
        });
        assertThat(seen).containsExactly("call thread", "submit thread", "dependent thread");
    }

    @Test
    void aTaskBuilderCanSetIt() {
        TestLoop.run(() -> {
            USER.set("ada");
            Context bob = USER.where("bob");
            EventLoop loop = EventLoop.current();
            loop.task().context(bob).spawn(() -> see("task")).await();
            loop.task().context(bob).eager().spawn(() -> see("eager")).await();
            loop.setTaskFactory(task -> task.context(Context.empty()));
            spawn(() -> see("factory's")).await();
            loop.setTaskFactory(null);
            see("spawner");
        });
        assertThat(seen).containsExactly("task bob", "eager bob", "factory's nobody", "spawner ada");
    }

    @Test
    void aHelperThreadHasItForTheCall() {
        TestLoop.run(() -> {
            USER.set("ada");
            for (int i = 0; i < 3; i++) { // on one thread, or on several
                assertThat(toThread(() -> {
                                    String before = USER.get();
                                    USER.set("changed");
                                    return before + " " + USER.get();
                                })
                                .await())
                        .isEqualTo("ada changed");
            }
            assertThat(USER.get()).isEqualTo("ada");
            EventLoop loop = EventLoop.current();
            assertThat(Context.empty().call(() -> loop.runInExecutor(USER::get)).await())
                    .isEqualTo("nobody");
        });
    }

    @Test
    void theMainTaskHasThatOfTheThreadThatRunsIt() {
        USER.where("main thread").run(() -> {
            EventLoop.run(() -> {
                see("main task");
                USER.set("main task's own");
            });
            see("afterwards");
        });
        assertThat(seen).containsExactly("main task main thread", "afterwards main thread");
    }

    @Test
    void theMainTasksOfOneRunnerShareOne() {
        try (var runner = Runner.create()) {
            USER.where("thread")
                    .run(() -> runner.run(() -> {
                        see("first");
                        USER.set("first's");
                    }));
            runner.run(() -> see("second"));
            USER.where("ignored").run(() -> runner.run(() -> see("third")));
        }
        assertThat(seen).containsExactly("first thread", "second first's", "third first's");
    }

    @Test
    void whatClosesWithTheLoopHasThatOfItsRegistration() {
        try (var runner = Runner.create()) {
            runner.run(() -> {
                USER.set("ada");
                EventLoop.current().onClose(() -> see("closer"));
            });
        }
        assertThat(seen).containsExactly("closer ada");
    }

    @Test
    void theExceptionHandlerHasThatOfWhatFailed() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.setExceptionHandler((_, context) -> see(context.exception().getMessage()));
            test.runMain(() -> {
                USER.set("ada");
                loop.callSoon(() -> {
                    throw new IllegalStateException("callback");
                });
                loop.callSoon(() -> {
                    USER.set("callback's own");
                    throw new IllegalStateException("callback that sets");
                });
                Task<?> task = spawn(() -> {
                    USER.set("task's own");
                    yieldNow();
                });
                Promise<String> promise = loop.promise();
                spawn(() -> {
                    USER.set("the one that failed it");
                    promise.fail(new IllegalStateException("never looked at"));
                });
                USER.set("bob");
                yieldNow();
                loop.callExceptionHandler(new ExceptionContext("", new IllegalStateException("task"), task, null));
                loop.callExceptionHandler(new ExceptionContext("", new IllegalStateException("told"), null, null));
                yieldNow();
            });
        }
        assertThat(seen)
                .containsExactly(
                        "callback ada",
                        "callback that sets callback's own",
                        "task task's own",
                        "told bob",
                        "never looked at the one that failed it");
    }

    // --- what stays where it is

    @Test
    void aCallbackLeavesNothingToTheNext() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.callSoon(() -> {
                USER.set("first");
                see("first");
                loop.callSoon(() -> see("scheduled by the first"));
            });
            loop.callSoon(() -> see("second"));
            yieldNow();
            yieldNow();
            see("task");
        });
        assertThat(seen).containsExactly("first first", "second nobody", "scheduled by the first first", "task nobody");
    }

    @Test
    void twoTasksNeverSeeEachOthersValues() {
        TestLoop.run(() -> {
            List<Task<?>> tasks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String mine = "user " + i;
                tasks.add(spawn(() -> {
                    assertThat(USER.get()).isEqualTo("nobody");
                    USER.set(mine);
                    for (int j = 0; j < 20; j++) {
                        switch (j % 3) {
                            case 0 -> yieldNow();
                            case 1 -> sleep(Duration.ofMillis(j)).await();
                            default ->
                                spawn(() -> USER.set(USER.get() + "'s child")).await();
                        }
                        assertThat(USER.get()).isEqualTo(mine);
                    }
                    return null;
                }));
            }
            for (Task<?> task : tasks) {
                task.await();
            }
            assertThat(USER.isSet()).isFalse();
        });
    }

    @Test
    void callInATaskHoldsThroughItsWaits() {
        TestLoop.run(() -> {
            USER.set("ada");
            Task<?> other = spawn(() -> {
                sleep(SECOND).await();
                see("other");
            });
            USER.where("bob").run(() -> {
                sleep(SECOND.multipliedBy(2)).await();
                see("inside");
            });
            see("outside");
            other.await();
        });
        assertThat(seen).containsExactly("other ada", "inside bob", "outside ada");
    }

    @Test
    void callEndsAlsoWhenTheTaskIsCancelled() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    USER.where("bob").run(() -> sleep(SECOND).await());
                } finally {
                    see("finally");
                }
            });
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
        });
        assertThat(seen).containsExactly("finally nobody");
    }

    @Test
    void whatAnIoEventRunsHasNothingOfWhoRanBefore() throws Exception {
        Pipe pipe = Pipe.open();
        try (var runner = Runner.create();
                var source = pipe.source();
                var sink = pipe.sink()) {
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                source.configureBlocking(false);
                USER.set("ada");
                Promise<String> readable = loop.promise();
                var failures = new ArrayList<Throwable>();
                var registration = new dev.loop.spi.Registration[1];
                registration[0] = loop.register(source, Interest.READ, _ -> {
                    try {
                        USER.set("the platform thread's");
                    } catch (IllegalStateException e) {
                        failures.add(e);
                    }
                    see("handler");
                    loop.callSoon(() -> see("callback of the handler"));
                    registration[0].cancel();
                    readable.complete("x");
                });
                sink.write(ByteBuffer.wrap(new byte[] {1}));
                readable.await();
                yieldNow();
                assertThat(failures)
                        .singleElement()
                        .satisfies(e -> assertThat(e)
                                .hasMessageContaining("platform thread")
                                .hasMessageContaining("callSoon"));
            });
        }
        assertThat(seen).containsExactly("handler nobody", "callback of the handler nobody");
    }

    // --- tokens

    @Test
    void aTokenWorksThroughWaitsAndInItsTaskOnly() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            try (var _ = USER.set("ada")) {
                sleep(SECOND).await();
                see("inside");
            }
            see("outside");
            ContextVar.Token token = USER.set("bob");
            Task<?> thief = spawn(token::reset);
            assertThatThrownBy(thief::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("elsewhere");
            assertThat(USER.get()).isEqualTo("bob");
            var ofCallback = new ContextVar.Token[1];
            loop.callSoon(() -> ofCallback[0] = USER.set("carol"));
            loop.callSoon(() -> assertThatThrownBy(ofCallback[0]::reset)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("elsewhere"));
            yieldNow();
            token.reset();
            see("at the end");
        });
        assertThat(seen).containsExactly("inside ada", "outside nobody", "at the end nobody");
    }

    // --- loops that do not run, or no more

    @Test
    void whatIsScheduledBeforeTheRunHasThatOfTheThread() {
        EventLoop loop = EventLoop.create();
        try (var _ = USER.set("owner")) {
            loop.callSoon(() -> see("callSoon"));
            loop.spawn(() -> see("task"));
        }
        loop.stop();
        loop.runForever();
        loop.close();
        assertThat(seen).containsExactly("callSoon owner", "task owner");
    }

    @Test
    void aTaskThatOutlivesItsLoopKeepsIt() throws Exception {
        var stop = new CountDownLatch(1);
        EventLoop loop = EventLoop.builder().closeLimit(Duration.ofMillis(1)).build();
        loop.setExceptionHandler((_, _) -> {});
        try (var runner = Runner.create(() -> loop)) {
            runner.run(() -> {
                USER.set("ada");
                spawn("stubborn", () -> {
                    while (true) {
                        try {
                            sleep(SECOND).await();
                        } catch (CancelledException e) {
                            // not yet
                        } catch (IllegalStateException closed) {
                            see("stranded");
                            stop.countDown();
                            return;
                        }
                    }
                });
                yieldNow();
            });
        }
        stop.await();
        assertThat(seen).containsExactly("stranded ada");
    }

    @Test
    void aStageOfTheJdkBringsNothingAlong() {
        TestLoop.run(() -> {
            USER.set("ada");
            var stage = new CompletableFuture<String>();
            Future<String> future = Future.from(stage);
            future.addDoneCallback(_ -> see("done callback"));
            Thread.ofPlatform().start(() -> {
                USER.set("completer");
                stage.complete("x");
            });
            future.await();
            yieldNow();
            see("task");
        });
        assertThat(seen).containsExactly("done callback ada", "task ada");
    }

    // --- what asyncio says of eager tasks (34), runs of one runner (67) and helper threads (99)

    @Test
    void anEagerTaskHasThatOfItsSpawnerAndLeavesItAlone() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            USER.set("ada");
            loop.task().eager().spawn(() -> {
                see("eager");
                USER.set("eager's own");
                loop.task().eager().spawn(() -> see("nested"));
                see("eager still");
                yieldNow();
                see("eager later");
            });
            see("spawner");
            loop.callSoon(() -> {
                USER.set("callback's own");
                loop.task().eager().spawn(() -> {
                    see("eager in a callback");
                    USER.set("its own");
                    loop.callSoon(() -> see("its callback"));
                });
                see("callback");
            });
            yieldNow();
            yieldNow();
            see("spawner");
        });
        assertThat(seen)
                .containsExactly(
                        "eager ada",
                        "nested eager's own",
                        "eager still eager's own",
                        "spawner ada",
                        "eager later eager's own",
                        "eager in a callback callback's own",
                        "callback callback's own",
                        "its callback its own",
                        "spawner ada");
    }
}

package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an instrument is told, where, and what becomes of one that fails. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InstrumentTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> heard = new ArrayList<>();

    /** Writes down what it is told of the tasks, except of the main one. */
    private class Recorder implements Instrument {
        void hear(String what, Task<?> task) {
            if (!task.name().equals("main")) {
                heard.add(task.name() + " " + what);
            }
        }

        @Override
        public void taskSpawned(Task<?> task) {
            hear("spawned", task);
        }

        @Override
        public void taskScheduled(Task<?> task, long when) {
            hear("scheduled at " + Duration.ofNanos(when).toSeconds(), task);
        }

        @Override
        public void beforeStep(Task<?> task) {
            assertThat(currentTask()).isSameAs(task);
            hear("begins", task);
        }

        @Override
        public void afterStep(Task<?> task) {
            assertThat(currentTask()).isSameAs(task);
            hear("pauses", task);
        }

        @Override
        public void taskFinished(Task<?> task) {
            assertThat(task.isDone()).isTrue();
            hear("finished", task);
        }
    }

    @Test
    void aTasksLifeIsToldInOrder() {
        TestLoop.run(() -> {
            EventLoop.current().addInstrument(new Recorder());
            spawn("a", () -> {
                        sleep(SECOND).await();
                        EventLoop.current().done().await(); // no step
                        yieldNow();
                        heard.add("a works");
                    })
                    .await();
        });
        assertThat(heard)
                .containsExactly(
                        "a spawned",
                        "a scheduled at 0",
                        "a begins",
                        "a pauses",
                        "a scheduled at 1",
                        "a begins",
                        "a pauses",
                        "a scheduled at 1",
                        "a begins",
                        "a works",
                        "a finished",
                        "a pauses");
    }

    @Test
    void aTaskThatFailsOrIsCancelledIsFinishedToo() {
        TestLoop.run(() -> {
            EventLoop.current().addInstrument(new Recorder());
            Task<?> failing = spawn("failing", () -> {
                throw new IllegalArgumentException("boom");
            });
            Task<?> waiting = spawn("waiting", () -> sleep(SECOND).await());
            yieldNow();
            assertThat(failing.exception()).hasMessage("boom");
            waiting.cancel();
            yieldNow();
        });
        assertThat(heard)
                .containsExactly(
                        "failing spawned",
                        "waiting spawned",
                        "failing scheduled at 0",
                        "failing begins",
                        "failing finished",
                        "failing pauses",
                        "waiting scheduled at 0",
                        "waiting begins",
                        "waiting pauses",
                        "waiting scheduled at 0",
                        "waiting begins",
                        "waiting finished",
                        "waiting pauses");
    }

    @Test
    void aTaskThatNeverBeganIsFinishedInACallback() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.addInstrument(new Recorder() {
                @Override
                void hear(String what, Task<?> task) {
                    if (what.equals("finished") && task.name().equals("stillborn")) {
                        assertThat(loop.isCallbackThread(Thread.currentThread()))
                                .isTrue();
                    }
                    super.hear(what, task);
                }
            });
            spawn("stillborn", () -> {}).cancel();
            yieldNow();
            yieldNow();
            assertThat(heard).containsExactly("stillborn spawned", "stillborn finished");
        });
    }

    @Test
    void aWaitForIoIsToldWhenItIsOverWithItsTimes() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            sleep(SECOND).await();
            var waits = new Instrument() {
                @Override
                public void beforeIoWait(long timeout, long when) {
                    assertThat(loop.isCallbackThread(Thread.currentThread())).isTrue();
                    if (timeout != 0) {
                        heard.add("for " + Duration.ofNanos(timeout) + " at " + Duration.ofNanos(when));
                    }
                }

                @Override
                public void afterIoWait(long timeout, long when) {
                    if (timeout != 0) {
                        heard.add("until " + Duration.ofNanos(when));
                    }
                }
            };
            loop.addInstrument(waits);
            sleep(Duration.ofSeconds(2)).await();
            yieldNow();
            assertThat(heard).containsExactly("for PT2S at PT1S", "until PT3S");
            assertThat(loop.removeInstrument(waits)).isTrue();
            assertThat(loop.removeInstrument(waits)).isFalse();
        });
    }

    /** Telling of a poll is an entry of the ready queue, and must not be what keeps the next poll from waiting. */
    @Test
    void aLoopThatIsWatchedStillSleeps() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.addInstrument(new Instrument() {});
            long polls = loop.statistics().polls();
            sleep(Duration.ofDays(1)).await();
            assertThat(loop.statistics().polls() - polls).isLessThan(5);
        });
    }

    @Test
    void aHookMayCallTheLoop() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.addInstrument(new Instrument() {
                @Override
                public void afterStep(Task<?> task) {
                    if (task.name().equals("a") && heard.isEmpty()) {
                        heard.add("hook");
                        loop.callSoon(() -> heard.add("callback"));
                        spawn("b", () -> heard.add("b"));
                    }
                }
            });
            spawn("a", () -> sleep(SECOND).await()).await();
        });
        assertThat(heard).containsExactly("hook", "callback", "b");
    }

    /** The task that is about to wait may be woken, or cancelled, by the hook that is told of it. */
    @Test
    void aHookMayEndTheWaitThatItIsToldOf() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            Task<String> awaits = spawn("awaits", promise::await);
            Task<?> sleeps = spawn("sleeps", () -> sleep(SECOND).await());
            loop.addInstrument(new Instrument() {
                @Override
                public void afterStep(Task<?> task) {
                    if (task == awaits) {
                        promise.tryComplete("value");
                    } else if (task == sleeps) {
                        task.cancel("by the hook");
                    }
                }
            });
            assertThat(awaits.await()).isEqualTo("value");
            assertThatThrownBy(sleeps::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("by the hook");
        });
    }

    @Test
    void aHookThatThrowsIsRemovedAndTold() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var broken = new Instrument() {
                    @Override
                    public void beforeStep(Task<?> task) {
                        throw new IllegalStateException("broken");
                    }
                };
                EventLoop loop = EventLoop.current();
                loop.addInstrument(broken);
                loop.addInstrument(new Recorder());
                assertThatThrownBy(() -> loop.addInstrument(broken)).isInstanceOf(IllegalArgumentException.class);
                spawn("a", () -> {
                            yieldNow();
                            heard.add("a works");
                        })
                        .await();
                yieldNow(); // until it is told
                assertThat(test.reports()).singleElement().satisfies(report -> {
                    assertThat(report.message()).contains("an instrument failed and was removed");
                    assertThat(report.exception()).hasMessage("broken");
                });
                test.reports().clear();
                assertThat(loop.removeInstrument(broken)).isFalse();
            });
        }
        assertThat(heard).contains("a begins", "a works", "a finished");
    }

    @Test
    void aHookCannotWait() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                EventLoop.current().addInstrument(new Instrument() {
                    @Override
                    public void beforeStep(Task<?> task) {
                        sleep(SECOND).await();
                    }
                });
                spawn("a", () -> {}).await();
                yieldNow();
                assertThat(test.reports())
                        .singleElement()
                        .satisfies(report -> assertThat(report.exception())
                                .hasMessageContaining("a hook of an instrument cannot wait"));
                test.reports().clear();
                assertThat(test.elapsed()).isZero();
            });
        }
    }

    @Test
    void anInstrumentThatRemovesItselfHearsNothingMore() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.addInstrument(new Recorder() {
                @Override
                public void taskScheduled(Task<?> task, long when) {
                    super.taskScheduled(task, when);
                    loop.removeInstrument(this);
                }
            });
            spawn("a", () -> {}).await();
        });
        assertThat(heard).containsExactly("a spawned", "a scheduled at 0");
    }

    @Test
    void aLoopThatClosesWithTasksLeftTellsTheirEnd() {
        try (var test = new TestLoop()) {
            test.loop().addInstrument(new Recorder());
            test.runMain(() -> {
                spawn("left", () -> sleep(SECOND).await());
                yieldNow();
            });
        }
        assertThat(heard)
                .containsExactly(
                        "left spawned",
                        "left scheduled at 0",
                        "left begins",
                        "left pauses",
                        "left scheduled at 0",
                        "left begins",
                        "left finished",
                        "left pauses");
    }
}

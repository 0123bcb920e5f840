package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every method of a running loop and of what belongs to it is refused to other threads, or is made for them. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WrongThreadTest {

    private final EventLoop loop = EventLoop.builder().debug(false).build();
    private final Promise<String> promise = loop.promise();
    private final Handle handle = loop.callLater(Duration.ofHours(1), () -> {});
    private final Task<String> task = loop.spawn(promise::await);

    private Map<String, Throwable> onAnotherThread(Map<String, VoidBody<Exception>> calls) throws InterruptedException {
        Thread thread = Thread.ofPlatform().start(loop::runForever);
        while (!loop.isRunning()) {
            Thread.onSpinWait();
        }
        var thrown = new LinkedHashMap<String, Throwable>();
        calls.forEach((name, call) -> thrown.put(name, catchThrowable(call::run)));
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
        loop.close();
        return thrown;
    }

    @Test
    void whatIsNotThreadSafeIsRefusedAndSaysWhatIs() throws InterruptedException {
        var calls = new LinkedHashMap<String, VoidBody<Exception>>();
        // the loop
        calls.put("callSoon", () -> loop.callSoon(() -> {}));
        calls.put("callLater", () -> loop.callLater(Duration.ZERO, () -> {}));
        calls.put("callAt", () -> loop.callAt(0, () -> {}));
        calls.put("spawn", () -> loop.spawn(() -> {}));
        calls.put(
                "failed",
                () -> assertThat(loop.failed(new IllegalArgumentException())).isNotNull());
        calls.put("sleep", () -> assertThat(loop.sleep(Duration.ZERO)).isNotNull());
        calls.put(
                "sleepUntil",
                () -> assertThat(loop.sleepUntil(Deadline.never())).isNotNull());
        calls.put("setDefaultExecutor", () -> loop.setDefaultExecutor(java.util.concurrent.ForkJoinPool.commonPool()));
        calls.put(
                "shutdownDefaultExecutor",
                () -> assertThat(loop.shutdownDefaultExecutor(Duration.ZERO)).isNotNull());
        calls.put(
                "runInExecutor", () -> assertThat(loop.runInExecutor(() -> "")).isNotNull());
        calls.put("stop", loop::stop);
        calls.put("onClose", () -> loop.onClose(() -> {}));
        calls.put("exceptionHandler", () -> assertThat(loop.exceptionHandler()).isNull());
        calls.put("setExceptionHandler", () -> loop.setExceptionHandler(null));
        calls.put("callExceptionHandler", () -> loop.callExceptionHandler(new ExceptionContext("", null, null, null)));
        calls.put("setTaskFactory", () -> loop.setTaskFactory(null));
        calls.put("taskFactory", () -> assertThat(loop.taskFactory()).isNull());
        calls.put("setDebug", () -> loop.setDebug(true));
        calls.put(
                "slowCallbackDuration",
                () -> assertThat(loop.slowCallbackDuration()).isNotNull());
        calls.put("setSlowCallbackDuration", () -> loop.setSlowCallbackDuration(Duration.ZERO));
        calls.put("addInstrument", () -> loop.addInstrument(new Instrument() {}));
        calls.put("removeInstrument", () -> loop.removeInstrument(new Instrument() {}));
        calls.put("statistics", () -> assertThat(loop.statistics()).isNotNull());
        // futures, promises, tasks, handles
        calls.put("isDone", () -> assertThat(promise.isDone()).isFalse());
        calls.put("isCancelled", () -> assertThat(promise.isCancelled()).isFalse());
        calls.put("result", promise::result);
        calls.put("exception", () -> assertThat(promise.exception()).isNull());
        calls.put("addDoneCallback", () -> promise.addDoneCallback(_ -> {}));
        calls.put("addWaiter", () -> promise.addWaiter(_ -> {}));
        calls.put("removeDoneCallback", () -> promise.removeDoneCallback(_ -> {}));
        calls.put("complete", () -> promise.complete(""));
        calls.put("fail", () -> promise.fail(new IllegalArgumentException()));
        calls.put("cancel", () -> task.cancel(""));
        calls.put("join", () -> assertThat(task.join()).isNotNull());
        calls.put("cancelAndJoin", () -> assertThat(task.cancelAndJoin()).isNotNull());
        calls.put("awaiting", () -> assertThat(task.awaiting()).isNotNull());
        calls.put("stack", () -> assertThat(task.stack()).isNotNull());
        calls.put("context", () -> assertThat(task.context()).isNotNull());
        calls.put("dependencies", () -> assertThat(task.dependencies()).isNotNull());
        calls.put("cancelling", () -> assertThat(task.cancelling()).isZero());
        calls.put("uncancel", task::uncancel);
        calls.put("cancel ", handle::cancel);
        onAnotherThread(calls)
                .forEach((name, thrown) -> assertThat(thrown)
                        .as(name)
                        .isInstanceOf(WrongThreadException.class)
                        .hasMessageContaining(": " + name.strip() + " was called from Thread[")
                        .hasMessageContaining(instead(name)));
    }

    private static String instead(String name) {
        return switch (name) {
            case "complete" -> "use completeThreadsafe";
            case "fail" -> "use failThreadsafe";
            case "result", "exception" -> "use await(), or toCompletableFuture()";
            case "addDoneCallback", "addWaiter" -> "use toCompletableFuture()";
            case "callSoon" -> "use callSoonThreadsafe";
            default -> "callSoonThreadsafe(() -> …" + name.strip() + "(…))";
        };
    }

    @Test
    void whatSaysThreadSafeIsTaken() throws InterruptedException {
        var calls = new LinkedHashMap<String, VoidBody<Exception>>();
        calls.put("callSoonThreadsafe", () -> loop.callSoonThreadsafe(() -> {}).cancel());
        calls.put("promise", () -> loop.promise().completeThreadsafe(""));
        calls.put("done", () -> assertThat(loop.done()).isNotNull());
        calls.put("allTasks", () -> assertThat(loop.allTasks()).containsExactly(task));
        calls.put("completed", () -> assertThat(loop.completed("")).isNotNull());
        calls.put("state", () -> {
            assertThat(loop.isRunning()).isTrue();
            assertThat(loop.isClosed()).isFalse();
            assertThat(loop.isDebug()).isFalse();
            assertThat(loop.name()).isNotNull();
            assertThat(loop.clock()).isNotNull();
            assertThat(loop.time()).isNotZero();
            assertThat(promise.loop()).isSameAs(loop);
            assertThat(task.name()).isNotNull();
            assertThat(loop.isCallbackThread(Thread.currentThread())).isFalse();
        });
        calls.put("toCompletableFuture", () -> {
            promise.completeThreadsafe("value");
            assertThat(promise.toCompletableFuture().get()).isEqualTo("value");
            assertThat(task.await()).isEqualTo("value");
        });
        onAnotherThread(calls)
                .forEach((name, thrown) -> assertThat(thrown).as(name).isNull());
        assertThatCode(loop::close).doesNotThrowAnyException();
    }
}

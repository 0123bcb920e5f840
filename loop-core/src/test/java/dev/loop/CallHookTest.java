package dev.loop;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocking calls whose cancel is somebody's to answer; the executor runs them when the test says so. */
@Tag("both-engines")
class CallHookTest {

    private final List<String> order = new ArrayList<>();
    private final List<Runnable> calls = new ArrayList<>();
    private final Executor executor = calls::add;
    private boolean stops;
    private final CallHook<String> hook = new CallHook<>() {
        @Override
        public boolean stop(Promise<String> promise, @Nullable String reason) {
            order.add("stop " + reason);
            return stops;
        }

        @Override
        public void ended() {
            order.add("ended");
        }

        @Override
        public void failedLate(Throwable error) {
            order.add("late " + error.getMessage());
        }

        @Override
        public boolean takeBack(String value) {
            order.add("back " + value);
            return true;
        }
    };

    @Test
    void itHearsOfTheEndBeforeAnybodyHearsOfTheOutcome() {
        TestLoop.run(() -> {
            Future<String> call = EventLoop.current().runInExecutor(executor, () -> "value", hook);
            call.addDoneCallback(_ -> order.add("done"));
            calls.getFirst().run();
            assertThat(call.await()).isEqualTo("value");
            yieldNow();
            assertThat(order).containsExactly("ended", "done");
            assertThat(call.cancel()).as("its value was read").isFalse();
        });
    }

    @Test
    void whatHasNotBegunIsCancelledWithoutAsking() {
        TestLoop.run(() -> {
            Future<String> call = EventLoop.current().runInExecutor(executor, () -> "value", hook);
            assertThat(call.cancel()).isTrue();
            calls.getFirst().run();
            yieldNow();
            assertThat(order).containsExactly("ended");
            assertThat(EventLoop.current().externalWork()).isZero();
        });
    }

    @Test
    void aValueThatComesTooLateIsTakenBackAndAFailureIsTold() {
        TestLoop.run(() -> {
            stops = true;
            EventLoop loop = EventLoop.current();
            begun(loop, () -> "value").cancel("one");
            begun(loop, () -> {
                        throw new IllegalStateException("boom");
                    })
                    .cancel("two");
            begun(loop, () -> {
                        throw new CancelledException("of itself");
                    })
                    .cancel("three");
            untilItHasCome(loop);
            assertThat(order)
                    .containsExactly(
                            "stop one", "stop two", "stop three", "ended", "back value", "ended", "late boom", "ended");
        });
    }

    /** A call that has ended on its thread, of which the loop has not heard. */
    private Future<String> begun(EventLoop loop, Callable<String> work) {
        Future<String> call = loop.runInExecutor(executor, work, hook);
        calls.removeLast().run(); // on whichever thread: its word comes through the inbox
        return call;
    }

    private static void untilItHasCome(EventLoop loop) {
        while (loop.externalWork() > 0) {
            yieldNow();
        }
    }

    @Test
    void aValueThatNobodyHasReadIsTakenBackAndACancelThatIsRefusedIsHeld() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Future<String> unread = begun(loop, () -> "unread");
            assertThat(unread.cancel("no")).isFalse();
            untilItHasCome(loop);
            assertThat(unread.isDone()).isTrue();
            assertThat(unread.cancel()).isTrue();
            assertThatThrownBy(unread::await).isInstanceOf(CancelledException.class);
            assertThat(order).containsExactly("stop no", "ended", "back unread");
        });
    }

    @Test
    void anExecutorThatHasNoThreadLeftLeavesNoWorkOutside() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Error none = new Error("unable to create native thread");
            assertThatThrownBy(() -> loop.runInExecutor(
                            _ -> {
                                throw none;
                            },
                            () -> "value",
                            hook))
                    .isSameAs(none);
            assertThat(loop.externalWork()).isZero();
            assertThat(order).isEmpty();
        });
    }
}

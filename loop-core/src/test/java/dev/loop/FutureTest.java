package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every future promises, shown on a promise. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FutureTest {

    private final List<String> order = new ArrayList<>();

    // --- outcomes

    @Test
    void aPendingFutureHasNoOutcome() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            assertThat(promise.isDone()).isFalse();
            assertThat(promise.isCancelled()).isFalse();
            assertThatThrownBy(promise::result)
                    .isInstanceOf(InvalidStateException.class)
                    .hasMessageContaining("not done yet");
            assertThatThrownBy(promise::exception).isInstanceOf(InvalidStateException.class);
            assertThat(promise).hasToString("Promise[pending]");
        });
    }

    @Test
    void aValueMayBeNull() {
        TestLoop.run(() -> {
            Promise<@Nullable String> promise = EventLoop.current().promise();
            promise.complete(null);
            assertThat(promise.isDone()).isTrue();
            assertThat(promise.result()).isNull();
            assertThat(promise.await()).isNull();
            assertThat(promise.exception()).isNull();
            assertThat(promise).hasToString("Promise[done]");
        });
    }

    @Test
    void anUncheckedFailureIsRethrownAsItIs() {
        TestLoop.run(() -> {
            for (Throwable failure :
                    List.of(new UncheckedIOException(new IOException("io")), new AssertionError("assertion"))) {
                Promise<String> promise = EventLoop.current().promise();
                promise.fail(failure);
                assertThatThrownBy(promise::await).isSameAs(failure);
                assertThatThrownBy(promise::result).isSameAs(failure);
                assertThat(promise.exception()).isSameAs(failure);
                assertThat(promise.isCancelled()).isFalse();
            }
        });
    }

    @Test
    void aCheckedFailureArrivesAsACause() {
        TestLoop.run(() -> {
            var failure = new IOException("checked");
            Promise<String> promise = EventLoop.current().promise();
            promise.fail(failure);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(promise::await)
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .isSameAs(failure);
            }
            assertThat(promise.exception()).isSameAs(failure);
        });
    }

    @Test
    void aFailureThatIsNullIsRefused() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            assertThatNullPointerException().isThrownBy(() -> promise.fail(null));
            assertThatNullPointerException().isThrownBy(() -> promise.tryFail(null));
            assertThatNullPointerException().isThrownBy(() -> promise.failThreadsafe(null));
            assertThat(promise.isDone()).isFalse();
        });
    }

    @Test
    void aCancelCarriesItsReason() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            assertThat(promise.cancel("reason")).isTrue();
            assertThat(promise.isCancelled()).isTrue();
            assertThat(promise).hasToString("Promise[cancelled: reason]");
            List<Runnable> reads = List.of(promise::await, promise::result, promise::exception);
            for (Runnable read : reads) {
                assertThatThrownBy(read::run)
                        .isInstanceOf(java.util.concurrent.CancellationException.class)
                        .isInstanceOfSatisfying(
                                CancelledException.class,
                                e -> assertThat(e.reason()).isEqualTo("reason"))
                        .hasMessage("cancelled: reason");
            }
        });
    }

    @Test
    void failingWithACancelIsACancel() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.fail(new CancelledException("reason"));
            assertThat(promise.isCancelled()).isTrue();
            assertThat(EventLoop.current().failed(new CancelledException()).isCancelled())
                    .isTrue();
        });
    }

    @Test
    void aSecondOutcomeIsRefused() {
        TestLoop.run(() -> {
            var failure = new IllegalStateException();
            List<Consumer<Promise<String>>> firsts =
                    List.of(p -> p.complete("value"), p -> p.fail(failure), Promise::cancel);
            for (Consumer<Promise<String>> first : firsts) {
                Promise<String> promise = EventLoop.current().promise();
                first.accept(promise);
                String state = promise.toString();
                assertThatThrownBy(() -> promise.complete("other"))
                        .isInstanceOf(InvalidStateException.class)
                        .hasMessageContaining("twice");
                assertThatThrownBy(() -> promise.fail(new IOException())).isInstanceOf(InvalidStateException.class);
                assertThat(promise.tryComplete("other")).isFalse();
                assertThat(promise.tryFail(new IOException())).isFalse();
                assertThat(promise.cancel()).isFalse();
                assertThat(promise).hasToString(state);
                assertThat(promise.isCancelled() || promise.exception() == failure || "value".equals(promise.result()))
                        .isTrue();
            }
        });
    }

    @Test
    void theLoopMakesFuturesThatAreDone() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(loop.completed("value").await()).isEqualTo("value");
            assertThat(loop.done().await()).isNull();
            assertThat(loop.done()).isSameAs(loop.done());
            assertThat(loop.done().cancel()).isFalse();
            assertThatThrownBy(loop.failed(new IOException("io"))::await).hasCauseInstanceOf(IOException.class);
        });
    }

    // --- await

    @Test
    void aFutureThatIsDoneDoesNotGiveWay() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.callSoon(() -> order.add("other"));
            assertThat(loop.completed("value").await()).isEqualTo("value");
            assertThat(order).isEmpty();
        });
    }

    @Test
    void oneFutureWakesManyTasksInTheOrderInWhichTheyCame() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var tasks = new ArrayList<Task<Boolean>>();
            IntStream.range(0, 100).forEach(i -> tasks.add(spawn(() -> order.add(promise.await() + i))));
            yieldNow();
            promise.complete("v");
            Async.gather(tasks).await();
            assertThat(order)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 100).mapToObj(i -> "v" + i).toList());
        });
    }

    @Test
    void anAwaitWorksAtAnyDepthOfTheCallStack() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            EventLoop.current().callSoon(() -> promise.complete("value"));
            assertThat(deep(500, promise)).isEqualTo("value");
        });
    }

    private static String deep(int depth, Future<String> future) {
        return depth == 0 ? future.await() : deep(depth - 1, future);
    }

    @Test
    void aFutureKnowsItsLoop() {
        TestLoop.run(() -> assertThat(EventLoop.current().promise().loop()).isSameAs(EventLoop.current()));
    }

    // --- hooks

    @Test
    void aHookTakesBackAValueThatNobodyHasRead() {
        TestLoop.run(() -> {
            CancelHook<String> hook = new CancelHook<>() {
                @Override
                public boolean stop(Promise<String> promise, @Nullable String reason) {
                    return true;
                }

                @Override
                public boolean takeBack(String value) {
                    order.add(value + " is back");
                    return true;
                }
            };
            Promise<String> unread = EventLoop.current().promise(hook);
            unread.complete("unread");
            assertThat(unread.cancel()).isTrue();
            assertThat(unread.cancel()).isFalse();
            assertThatThrownBy(unread::await).isInstanceOf(CancelledException.class);

            Promise<String> read = EventLoop.current().promise(hook);
            read.complete("read");
            assertThat(read.result()).isEqualTo("read");
            assertThat(read.cancel()).isFalse();

            Promise<String> pending = EventLoop.current().promise(hook);
            assertThat(pending.cancel()).isTrue();
            assertThat(order).containsExactly("unread is back");
        });
    }
}

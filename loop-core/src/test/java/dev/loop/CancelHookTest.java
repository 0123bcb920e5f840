package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A promise whose cancel stops the work behind it, or takes its value back. */
@Tag("both-engines")
class CancelHookTest {

    /** Notes what it is asked. */
    private static final class Hook implements CancelHook<String> {
        final List<String> asked = new ArrayList<>();
        boolean stops = true;
        boolean takesBack = true;

        @Override
        public boolean stop(Promise<String> promise, @Nullable String reason) {
            asked.add("stop: " + reason);
            return stops;
        }

        @Override
        public boolean takeBack(String value) {
            asked.add("take back: " + value);
            return takesBack;
        }
    }

    private final Hook hook = new Hook();

    private Promise<String> promise() {
        return EventLoop.current().promise(hook);
    }

    @Test
    void aCancelStopsTheWorkOfAPendingPromiseOnce() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            assertThat(promise.cancel("no longer needed")).isTrue();
            assertThat(promise.isCancelled()).isTrue();
            assertThat(promise.cancel("again")).isFalse();
            assertThat(hook.asked).containsExactly("stop: no longer needed");
        });
    }

    @Test
    void aCancelledTaskStopsTheWorkThatItWaitsFor() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            Task<String> task = spawn(promise::await);
            yieldNow();
            task.cancel("enough");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("enough");
            assertThat(hook.asked).containsExactly("stop: enough");
        });
    }

    @Test
    void workThatCannotBeStoppedGoesOnAndItsValueIsDelivered() {
        TestLoop.run(() -> {
            hook.stops = false;
            Promise<String> promise = promise();
            Task<String> task = spawn(promise::await);
            yieldNow();
            task.cancel("enough");
            yieldNow();
            assertThat(task.isDone()).isFalse();
            promise.complete("value");
            assertThat(task.await()).isEqualTo("value");
        });
    }

    @Test
    void theHookMayCompleteThePromiseInsteadOfStoppingIt() {
        TestLoop.run(() -> {
            Promise<String> promise =
                    EventLoop.current().promise((CancelHook<String>) (p, _) -> p.tryComplete("just in time"));
            assertThat(promise.cancel()).isFalse();
            assertThat(promise.await()).isEqualTo("just in time");
        });
    }

    @Test
    void aValueThatNobodyHasReadIsTakenBack() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            promise.complete("value");
            assertThat(promise.cancel("not wanted")).isTrue();
            assertThat(promise.isCancelled()).isTrue();
            assertThat(promise.cancel()).isFalse();
            assertThat(hook.asked).containsExactly("take back: value");
            assertThatThrownBy(promise::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("not wanted");
        });
    }

    @Test
    void aValueThatWasReadStaysWhereItIs() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            promise.complete("value");
            assertThat(promise.await()).isEqualTo("value");
            assertThat(promise.cancel()).isFalse();
            assertThat(promise.result()).isEqualTo("value");
            assertThat(hook.asked).isEmpty();
        });
    }

    @Test
    void aHookThatTakesNothingBackRefusesTheCancel() {
        TestLoop.run(() -> {
            hook.takesBack = false;
            Promise<String> promise = promise();
            promise.complete("value");
            assertThat(promise.cancel()).isFalse();
            assertThat(promise.await()).isEqualTo("value");
        });
    }

    @Test
    void aFailureIsNeverTakenBack() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            promise.fail(new IllegalStateException("broken"));
            assertThat(promise.cancel()).isFalse();
            assertThatThrownBy(promise::await).hasMessage("broken");
            assertThat(hook.asked).isEmpty();
        });
    }

    @Test
    void aTimeoutStopsTheWork() {
        TestLoop.run(() -> {
            Promise<String> promise = promise();
            assertThatThrownBy(() -> waitFor(promise, Duration.ofSeconds(3)).await())
                    .isInstanceOf(TimeoutException.class);
            assertThat(hook.asked).containsExactly("stop: not done within PT3S");
        });
    }

    @Test
    void aFailureOfSomethingWithoutAnOwnerReachesTheExceptionHandlerInACallback() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var error = new IllegalStateException("nobody's");
                EventLoop.current().callExceptionHandler(new ExceptionContext("it failed", error, null, null));
                assertThat(test.reports()).isEmpty();
                yieldNow();
                assertThat(test.reports()).singleElement().satisfies(report -> {
                    assertThat(report.message()).isEqualTo("it failed");
                    assertThat(report.exception()).isSameAs(error);
                });
                test.reports().clear();
            });
        }
    }

    @Test
    void aLoopRefusesAThreadThatIsNotItsOwn() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.checkThread();
            Throwable refused = Async.toThread(() -> {
                        try {
                            loop.checkThread();
                            return null;
                        } catch (WrongThreadException e) {
                            return e;
                        }
                    })
                    .await();
            assertThat(refused).hasMessageContaining(loop.name()).hasMessageContaining("callSoonThreadsafe");
        });
    }
}

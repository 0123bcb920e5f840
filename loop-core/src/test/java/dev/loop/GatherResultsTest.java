package dev.loop;

import static dev.loop.Async.gatherResults;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How each of several futures has ended. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GatherResultsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private static void assertNow(Duration time) {
        assertThat(EventLoop.current().time()).isEqualTo(time.toNanos());
    }

    @Test
    void itTellsOfEachInTheOrderOfTheArgumentsWhenAllHaveEnded() {
        TestLoop.run(() -> {
            var boom = new IOException("boom");
            Task<String> failing = spawn(() -> {
                throw boom;
            });
            Promise<String> cancelled = EventLoop.current().promise();
            EventLoop.current().callLater(SECOND, () -> cancelled.cancel("reason"));
            Future<String> value = sleep(SECOND.multipliedBy(2), "value");
            Future<String> nothing = EventLoop.current().completed(null);
            assertThat(gatherResults(value, failing, cancelled, nothing).await())
                    .containsExactly(
                            new Result.Value<>("value"),
                            new Result.Failure<>(boom),
                            new Result.Cancelled<>("reason"),
                            new Result.Value<>(null));
            assertNow(SECOND.multipliedBy(2));
        });
    }

    @Test
    void ofNothingIsAnEmptyListAtOnce() {
        TestLoop.run(() -> {
            Future<List<Result<String>>> none = gatherResults(List.of());
            assertThat(none.isDone()).isTrue();
            assertThat(none.await()).isEmpty();
        });
    }

    @Test
    void aFutureThatStandsTwiceIsCountedTwiceAndFailuresCountAsLookedAt() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Future<List<Result<String>>> all = gatherResults(promise, promise);
            promise.fail(new IllegalArgumentException("boom"));
            assertThat(all.await()).hasSize(2).allMatch(result -> result instanceof Result.Failure);
        });
    }

    @Test
    void aCancelGoesToAllAndItIsCancelledWhenTheyHaveEnded() {
        TestLoop.run(() -> {
            Task<String> refuses = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    sleep(SECOND).await();
                }
                return "value";
            });
            Promise<String> promise = EventLoop.current().promise();
            Task<?> task = spawn(() -> gatherResults(refuses, promise).await());
            yieldNow();
            task.cancel("all");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("all");
            assertNow(SECOND);
            assertThat(promise.isCancelled()).isTrue();
            assertThat(refuses.await()).isEqualTo("value");
        });
    }

    @Test
    void childrenThatEndAndACancelAtTheSameInstant() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            Task<List<Result<String>>> task = spawn(() -> gatherResults(promise).await());
            yieldNow();
            promise.complete("value");
            task.cancel("too late");
            assertThat(task.await()).containsExactly(new Result.Value<>("value"));
        });
    }

    @Test
    void aCancelThatNobodyTakesLeavesItGoingOn() {
        TestLoop.run(() -> {
            Promise<String> work = EventLoop.current().promise((_, _) -> false);
            Future<List<Result<String>>> all = gatherResults(work);
            assertThat(all.cancel()).isFalse();
            work.complete("value");
            assertThat(all.await()).containsExactly(new Result.Value<>("value"));
        });
    }

    @Test
    void whatWasGrantedAndNotReadGoesBack() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var queue = new Queue<String>();
            assertThat(queue.tryPut("item")).isTrue();
            Future<List<Result<Object>>> all = gatherResults(lock.acquire(), queue.get());
            assertThat(all.isDone()).isTrue();
            assertThat(all.cancel()).isTrue();
            assertThat(lock.isLocked()).isFalse();
            assertThat(queue.tryGet()).isEqualTo("item");
        });
    }

    @Test
    void aShieldAroundItProtectsAll() {
        TestLoop.run(() -> {
            Future<List<Result<String>>> all = gatherResults(sleep(SECOND, "a"), sleep(SECOND, "b"));
            Future<?> shield = shield(all);
            shield.cancel();
            assertThat(all.await()).extracting(Result::orThrow).containsExactly("a", "b");
        });
    }

    @Test
    void aFutureOfAnotherLoopIsRefused() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            Promise<String> foreign = other.promise();
            TestLoop.run(() -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> gatherResults(foreign).isDone())
                    .withMessageContaining("other"));
        }
    }

    // --- the result itself

    @Test
    void aResultGivesItsValueOrThrowsAsAnAwaitDoes() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(Result.of(loop.completed("value")).orThrow()).isEqualTo("value");
            var unchecked = new IllegalArgumentException("boom");
            assertThatThrownBy(() -> Result.of(loop.failed(unchecked)).orThrow())
                    .isSameAs(unchecked);
            var checked = new IOException("boom");
            assertThatThrownBy(() -> Result.of(loop.failed(checked)).orThrow())
                    .isInstanceOf(CompletionException.class)
                    .hasCause(checked);
            Promise<String> cancelled = loop.promise();
            cancelled.cancel("reason");
            assertThatThrownBy(() -> Result.of(cancelled).orThrow())
                    .isInstanceOfSatisfying(
                            CancelledException.class,
                            e -> assertThat(e.reason()).isEqualTo("reason"));
            Promise<String> pending = loop.promise();
            assertThatThrownBy(() -> Result.of(pending))
                    .isInstanceOf(InvalidStateException.class)
                    .hasMessageContaining("pending");
        });
    }

    @Test
    void aResultCanBeSwitchedOver() {
        Result<String> result = new Result.Cancelled<>("reason");
        String text = switch (result) {
            case Result.Value(String value) -> value;
            case Result.Failure(Throwable error) -> error.toString();
            case Result.Cancelled(String reason) -> reason;
        };
        assertThat(text).isEqualTo("reason");
    }
}

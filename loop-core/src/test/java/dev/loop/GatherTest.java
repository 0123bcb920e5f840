package dev.loop;

import static dev.loop.Async.gather;
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
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All of several futures. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GatherTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    private static <T> Future<T> after(int seconds, T value) {
        return spawn(() -> {
            sleep(Duration.ofSeconds(seconds)).await();
            return value;
        });
    }

    private static Future<?> failAfter(int seconds, Exception failure) {
        return spawn(() -> {
            sleep(Duration.ofSeconds(seconds)).await();
            throw failure;
        });
    }

    // --- values

    @Test
    void theValuesStandInTheOrderOfTheArguments() {
        TestLoop.run(() -> {
            List<String> values = gather(
                            after(3, "a"), after(1, "b"), EventLoop.current().completed("c"), after(2, "d"))
                    .await();
            assertThat(values).containsExactly("a", "b", "c", "d");
            assertThat(EventLoop.current().time()).isEqualTo(3 * SECOND.toNanos());
            assertThatThrownBy(() -> values.add("e")).isInstanceOf(UnsupportedOperationException.class);
        });
    }

    @Test
    void ofNothingItIsDone() {
        TestLoop.run(() -> {
            assertThat(gather().await()).isEmpty();
            Future<List<String>> none = gather(List.<Future<String>>of());
            assertThat(none.isDone()).isTrue();
            assertThat(none.result()).isEmpty();
        });
    }

    @Test
    void valuesMayBeNull() {
        TestLoop.run(() -> {
            Future<@Nullable String> nothing = EventLoop.current().completed(null);
            List<@Nullable String> values =
                    gather(nothing, after(1, "b"), nothing).await();
            assertThat(values).isEqualTo(Arrays.asList(null, "b", null));
        });
    }

    @Test
    void whatStandsThereTwiceIsCountedTwice() {
        TestLoop.run(() -> {
            Future<String> twice = after(1, "twice");
            assertThat(gather(twice, after(2, "once"), twice).await()).containsExactly("twice", "once", "twice");
            Future<?> done = EventLoop.current().done();
            assertThat(gather(done, done).await()).hasSize(2);
        });
    }

    @Test
    void aFutureOfAnotherLoopIsRefused() {
        try (EventLoop other = EventLoop.builder().name("other").build()) {
            Promise<String> foreign = other.promise();
            TestLoop.run(() -> assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> gather(EventLoop.current().done(), foreign).isDone())
                    .withMessageContaining("other"));
        }
    }

    @Test
    void manyFutures() {
        TestLoop.run(() -> {
            var futures = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 1000; i++) {
                futures.add(after(i % 10, i));
            }
            assertThat(gather(futures).await()).hasSize(1000).isSorted();
        });
    }

    // --- failures

    @Test
    void theFirstFailureEndsItAndTheOthersGoOn() {
        TestLoop.run(() -> {
            Future<String> other = after(3, "still here");
            assertThatThrownBy(gather(
                            other,
                            failAfter(2, new IllegalStateException("second")),
                            failAfter(1, new IOException("first")))::await)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .hasMessage("first");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
            assertThat(other.isDone()).isFalse();
            assertThat(other.await()).isEqualTo("still here"); // and the second failure is not reported
        });
    }

    @Test
    void aChildThatIsCancelledByOthersEndsItAndTheOthersGoOn() {
        TestLoop.run(() -> {
            Future<String> cancelled = after(5, "never");
            Future<String> other = after(1, "still here");
            Future<?> all = gather(cancelled, other);
            yieldNow();
            cancelled.cancel("only this one");
            assertThatThrownBy(all::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("only this one");
            assertThat(all.isCancelled()).isTrue();
            assertThat(other.await()).isEqualTo("still here");
        });
    }

    // --- cancels

    @Test
    void aCancelGoesToAllAndItEndsWhenAllHaveEnded() {
        TestLoop.run(() -> {
            Task<String> slow = spawn(() -> {
                try {
                    sleep(HOUR).await();
                    return "slept";
                } finally {
                    sleep(SECOND).await();
                }
            });
            Future<String> quick = after(100, "never");
            Future<String> done = EventLoop.current().completed("done");
            Future<?> all = gather(slow, quick, done);
            yieldNow();
            assertThat(all.cancel("all")).isTrue();
            assertThat(all.isDone()).isFalse();
            assertThatThrownBy(all::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("all");
            assertThat(List.of(slow.isCancelled(), quick.isCancelled(), done.isCancelled()))
                    .containsExactly(true, true, false);
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void aCancelOfTheTaskThatAwaitsItGoesToAll() {
        TestLoop.run(() -> {
            Future<String> one = after(100, "never");
            Future<String> two = after(100, "never");
            Task<?> task = spawn(() -> gather(one, two).await());
            yieldNow();
            task.cancel("reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(one.isCancelled() && two.isCancelled()).isTrue();
        });
    }

    @Test
    void childrenThatRefuseDoNotMakeItSucceed() {
        TestLoop.run(() -> {
            Task<String> refuses = spawn(() -> {
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    order.add("refused");
                }
                return "value";
            });
            Future<?> all = gather(refuses);
            yieldNow();
            all.cancel();
            assertThatThrownBy(all::await).isInstanceOf(CancelledException.class);
            assertThat(refuses.await()).isEqualTo("value");
            assertThat(order).containsExactly("refused");
        });
    }

    @Test
    void oneThatIsDoneRefusesACancel() {
        TestLoop.run(() -> {
            Future<?> all = gather(EventLoop.current().completed("value"));
            assertThat(all.cancel()).isFalse();
            assertThat(all.isCancelled()).isFalse();
        });
    }

    @Test
    void behindAShieldAChildGoesOn() {
        TestLoop.run(() -> {
            Future<String> inner = after(1, "protected");
            Future<?> all = gather(shield(inner), after(100, "never"));
            yieldNow();
            all.cancel();
            assertThatThrownBy(all::await).isInstanceOf(CancelledException.class);
            assertThat(inner.await()).isEqualTo("protected");
        });
    }

    @Test
    void aShieldAroundItProtectsAll() {
        TestLoop.run(() -> {
            Future<List<String>> all = gather(after(1, "a"), after(2, "b"));
            Future<?> shield = shield(all);
            shield.cancel();
            assertThatThrownBy(shield::await).isInstanceOf(CancelledException.class);
            assertThat(all.await()).containsExactly("a", "b");
        });
    }

    // --- what was granted and is taken back

    @Test
    void aChildTakenBackAfterItWasDoneDoesNotBreakWhoCompletesTheOthers() {
        TestLoop.run(() -> {
            var queue = new Queue<String>();
            assertThat(queue.tryPut("item")).isTrue();
            Future<String> get = queue.get();
            Promise<String> other = EventLoop.current().promise();
            Future<?> all = gather(get, other);
            assertThat(get.cancel("changed my mind")).isTrue();
            other.complete("value"); // must not throw here
            assertThatThrownBy(all::await).isInstanceOf(CancelledException.class);
            assertThat(queue.tryGet()).isEqualTo("item");
        });
    }

    @Test
    void aCancelGivesBackWhatWasGranted() {
        TestLoop.run(() -> {
            var lock = new Lock();
            var queue = new Queue<String>();
            assertThat(queue.tryPut("item")).isTrue();
            Future<?> all =
                    gather(lock.acquire(), queue.get(), EventLoop.current().promise());
            assertThat(lock.isLocked()).isTrue();
            all.cancel();
            assertThatThrownBy(all::await).isInstanceOf(CancelledException.class);
            assertThat(lock.isLocked()).isFalse();
            assertThat(queue.tryGet()).isEqualTo("item");
        });
    }

    @Test
    void aChildThatEndsWithAValueInsideItsCancelKeepsIt() {
        TestLoop.run(() -> {
            Promise<String> work = EventLoop.current().promise((promise, _) -> {
                promise.complete("finished just now");
                return false;
            });
            Future<List<String>> all = gather(work);
            assertThat(all.cancel()).isFalse();
            assertThat(all.await()).containsExactly("finished just now");
        });
    }

    @Test
    void oneThatEndedEarlyIsLetGoByTheChildrenThatGoOn() {
        TestLoop.run(() -> {
            Promise<String> longLived = EventLoop.current().promise();
            var gathers = new ArrayList<WeakReference<Future<?>>>();
            for (int i = 0; i < 100; i++) {
                Future<?> gather = gather(longLived, EventLoop.current().failed(new IllegalArgumentException("early")));
                assertThat(gather.exception()).hasMessage("early");
                gathers.add(new WeakReference<>(gather));
            }
            for (int i = 0; i < 20 && gathers.stream().anyMatch(g -> g.get() != null); i++) {
                System.gc();
            }
            assertThat(gathers.stream().filter(g -> g.get() != null)).hasSizeLessThanOrEqualTo(1); // a local, perhaps
            longLived.fail(new IllegalArgumentException("looked at by those that are gone"));
        });
    }
}

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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cancel is delivered once, and can be taken back. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CancelOnceTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private static void assertCancelled(Future<?> future, @Nullable String reason) {
        assertThatThrownBy(future::await)
                .isInstanceOfSatisfying(
                        CancelledException.class, e -> assertThat(e.reason()).isEqualTo(reason));
        assertThat(future.isCancelled()).isTrue();
    }

    @Test
    void itIsDeliveredOnceAndTheTaskMayGoOn() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    order.add("caught " + e.reason());
                }
                sleep(SECOND).await();
                return "went on";
            });
            yieldNow();
            task.cancel("once");
            assertThat(task.await()).isEqualTo("went on");
            assertThat(task.cancelling()).isEqualTo(1);
            assertThat(order).containsExactly("caught once");
            assertThat(EventLoop.current().time()).isEqualTo(SECOND.toNanos());
        });
    }

    @Test
    void aTaskThatWentOnCanBeCancelledAgain() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                for (int i = 0; i < 2; i++) {
                    try {
                        sleep(Duration.ofHours(1)).await();
                    } catch (CancelledException e) {
                        order.add("caught " + e.reason());
                    }
                }
                sleep(Duration.ofHours(1)).await();
            });
            for (String reason : List.of("one", "two", "three")) {
                yieldNow();
                task.cancel(reason);
            }
            assertCancelled(task, "three");
            assertThat(task.cancelling()).isEqualTo(3);
            assertThat(order).containsExactly("caught one", "caught two");
        });
    }

    @Test
    void twoCancelsBeforeItResumesAreOne() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    order.add("caught");
                }
                return "value";
            });
            yieldNow();
            task.cancel("one");
            task.cancel("two");
            assertThat(task.await()).isEqualTo("value");
            assertThat(task.cancelling()).isEqualTo(2);
            assertThat(order).containsExactly("caught");
        });
    }

    @Test
    void aTaskThatGaveWayIsToldOnceToo() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                try {
                    yieldNow();
                } catch (CancelledException e) {
                    order.add("caught " + e.reason());
                }
                yieldNow();
                sleep(SECOND).await();
                return "went on";
            });
            yieldNow();
            task.cancel("once");
            assertThat(task.await()).isEqualTo("went on");
            assertThat(order).containsExactly("caught once");
        });
    }

    @Test
    void cleaningUpMayAwait() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } finally {
                    sleep(SECOND).await();
                    order.add("cleaned up");
                }
            });
            yieldNow();
            task.cancel("reason");
            assertCancelled(task, "reason");
            assertThat(order).containsExactly("cleaned up");
        });
    }

    @Test
    void anotherErrorInsteadOfTheCancelIsTheOutcome() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                try {
                    sleep(SECOND).await();
                } catch (CancelledException e) {
                    throw new IllegalStateException("instead", e);
                }
            });
            yieldNow();
            task.cancel();
            assertThatThrownBy(task::await)
                    .isInstanceOf(IllegalStateException.class)
                    .hasCauseInstanceOf(CancelledException.class);
        });
    }

    @Test
    void aTaskThatThrowsACancelOfItsOwnIsCancelled() {
        TestLoop.run(() -> assertCancelled(
                spawn(() -> {
                    throw new CancelledException("my own");
                }),
                "my own"));
    }

    // --- taking it back

    @Test
    void uncancelToZeroDropsACancelThatWasNotDelivered() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> {
                Task<?> self = currentTask();
                self.cancel();
                self.cancel();
                assertThat(self.cancelling()).isEqualTo(2);
                assertThat(self.uncancel()).isEqualTo(1);
                assertThat(self.uncancel()).isZero();
                assertThat(self.uncancel()).isZero();
                sleep(SECOND).await();
                return "not cancelled";
            });
            assertThat(task.await()).isEqualTo("not cancelled");
        });
    }

    @Test
    void uncancelBeforeTheFirstStepLetsTheBodyRun() {
        TestLoop.run(() -> {
            Task<String> task = spawn(() -> "ran");
            task.cancel();
            task.uncancel();
            assertThat(task.await()).isEqualTo("ran");
        });
    }

    @Test
    void aCancelThatIsPartlyTakenBackStillArrives() {
        TestLoop.run(() -> {
            Task<?> task = spawn(() -> {
                Task<?> self = currentTask();
                self.cancel("one");
                self.cancel("two");
                self.uncancel();
                sleep(SECOND).await();
            });
            assertCancelled(task, "two");
            assertThat(task.cancelling()).isEqualTo(1);
        });
    }
}

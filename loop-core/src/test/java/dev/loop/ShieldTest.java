package dev.loop;

import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A future whose cancel does not reach the one inside. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShieldTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    private Task<String> work() {
        return spawn(() -> {
            sleep(SECOND).await();
            order.add("worked");
            return "value";
        });
    }

    @Test
    void withoutACancelItIsTheInnerOutcome() {
        TestLoop.run(() -> {
            assertThat(shield(work()).await()).isEqualTo("value");
            assertThat(shield(EventLoop.current().completed("done")).await()).isEqualTo("done");
            Task<?> failing = spawn(() -> {
                throw new IllegalArgumentException("boom");
            });
            assertThatThrownBy(shield(failing)::await).isInstanceOf(IllegalArgumentException.class);
        });
    }

    @Test
    void aCancelEndsTheWaitAndTheWorkGoesOn() {
        TestLoop.run(() -> {
            Task<String> work = work();
            Task<?> task = spawn(() -> shield(work).await());
            yieldNow();
            task.cancel("reason");
            assertThatThrownBy(task::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("reason");
            assertThat(EventLoop.current().time()).isZero();
            assertThat(work.isDone()).isFalse();
            assertThat(work.await()).isEqualTo("value");
        });
        assertThat(order).containsExactly("worked");
    }

    @Test
    @Tag("unseeded") // waits for the garbage collector, and one task has no order
    void workThatNobodyHoldsGoesOnToo() {
        TestLoop.run(() -> {
            Future<?> shield = shield(work());
            yieldNow();
            shield.cancel();
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            sleep(SECOND).await();
            yieldNow();
            assertThat(order).containsExactly("worked");
        });
    }

    @Test
    void aCancelOfTheWorkReachesTheWait() {
        TestLoop.run(() -> {
            Task<String> work = work();
            Future<String> shield = shield(work);
            yieldNow();
            work.cancel("the work itself");
            assertThatThrownBy(shield::await)
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("the work itself");
            assertThat(shield.isCancelled()).isTrue();
        });
    }

    @Test
    void aFailureAfterTheWaitWasCancelledIsReportedOnce() {
        var test = new TestLoop();
        test.runMain(() -> {
            Task<?> failing = spawn("failing", () -> {
                sleep(SECOND).await();
                throw new IllegalArgumentException("boom");
            });
            Future<?> shield = shield(failing);
            assertThat(shield.cancel()).isTrue();
            assertThatThrownBy(shield::await).isInstanceOf(CancelledException.class);
            sleep(SECOND).await();
            yieldNow();
            yieldNow();
            assertThat(test.reports()).singleElement().satisfies(report -> {
                assertThat(report.message()).contains("shielded");
                assertThat(report.exception()).hasMessage("boom");
                assertThat(report.future()).isSameAs(failing);
            });
            test.reports().clear();
        });
        test.close(); // and not once more as never looked at
    }

    @Test
    void aValueOrACancelAfterTheWaitWasCancelledIsNotReported() {
        TestLoop.run(() -> {
            shield(work()).cancel();
            Task<String> cancelled = work();
            shield(cancelled).cancel();
            yieldNow();
            cancelled.cancel();
            sleep(SECOND).await();
            yieldNow();
        });
    }

    @Test
    void aShieldOfAShieldIsOne() {
        TestLoop.run(() -> {
            Task<String> work = work();
            Future<String> inner = shield(work);
            Future<String> outer = shield(inner);
            outer.cancel();
            assertThat(inner.isDone()).isFalse();
            assertThat(inner.await()).isEqualTo("value");
        });
    }

    @Test
    void aShieldThatIsDoneRefusesACancel() {
        TestLoop.run(() -> {
            Future<String> shield = shield(EventLoop.current().completed("value"));
            assertThat(shield.cancel()).isFalse();
            assertThat(shield.result()).isEqualTo("value");
        });
    }

    @Test
    void whatWasReadThroughItCannotBeTakenBackAndWhatWasNotCan() {
        TestLoop.run(() -> {
            var lock = new Lock();
            Future<Lock.Held> acquire = lock.acquire();
            Lock.Held held = shield(acquire).await();
            assertThat(acquire.cancel()).isFalse();
            assertThat(lock.isLocked()).isTrue();
            held.close();

            Future<Lock.Held> unread = lock.acquire();
            assertThat(shield(unread).isDone()).isTrue();
            assertThat(unread.cancel()).isTrue();
            assertThat(lock.isLocked()).isFalse();
        });
    }

    @Test
    void theEndOfTheLoopCancelsAlsoWhatIsShielded() {
        var test = new TestLoop();
        test.runMain(() -> {
            Task<?> work = spawn(() -> {
                try {
                    sleep(Duration.ofHours(1)).await();
                } catch (CancelledException e) {
                    order.add(e.reason());
                    throw e;
                }
            });
            spawn(() -> shield(work).await());
            yieldNow();
        });
        test.close();
        assertThat(order).containsExactly("the event loop is closing");
        assertThat(test.elapsed()).isZero();
    }

    /** asyncio keeps one callback for all of them; so does this. */
    @Test
    void aFutureThatIsShieldedAgainAndAgainIsNotFilledWithWhatIsLeftOfThat() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                Promise<String> inner = EventLoop.current().promise();
                var shields = new ArrayList<WeakReference<Future<?>>>();
                for (int i = 0; i < 100; i++) {
                    Future<String> shield = shield(inner);
                    shields.add(new WeakReference<>(shield));
                    shield.cancel();
                }
                for (int i = 0; i < 20 && shields.stream().anyMatch(s -> s.get() != null); i++) {
                    System.gc();
                }
                assertThat(shields.stream().filter(s -> s.get() != null))
                        .hasSizeLessThanOrEqualTo(1); // a local, perhaps
                inner.fail(new IllegalArgumentException("told once"));
                yieldNow();
            });
            assertThat(test.reports())
                    .singleElement()
                    .satisfies(report -> assertThat(report.message()).contains("shielded"));
            test.reports().clear();
        }
    }
}

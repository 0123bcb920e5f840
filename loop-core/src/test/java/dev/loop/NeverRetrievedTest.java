package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.shield;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.testing.TestLoop;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A failure that nobody looks at is told once: when its future is collected, or when the loop closes. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NeverRetrievedTest {

    private static final IllegalArgumentException BOOM = new IllegalArgumentException("boom");

    private static List<ExceptionContext> reportsAtCloseAfter(VoidBody<Exception> body) {
        var test = new TestLoop();
        test.runMain(body);
        assertThat(test.reports()).isEmpty();
        catchThrowable(test::close);
        return test.reports();
    }

    private static Promise<String> failed() {
        Promise<String> promise = EventLoop.current().promise();
        promise.fail(BOOM);
        return promise;
    }

    // --- at the close

    @Test
    void theCloseTellsOfFailuresThatNobodyLookedAt() {
        assertThat(reportsAtCloseAfter(NeverRetrievedTest::failed))
                .singleElement()
                .satisfies(report -> {
                    assertThat(report.message()).contains("never looked at").contains("Promise[failed with");
                    assertThat(report.exception()).isSameAs(BOOM);
                });
        assertThat(reportsAtCloseAfter(() -> {
                    spawn("culprit", () -> {
                        throw BOOM;
                    });
                    yieldNow();
                }))
                .singleElement()
                .satisfies(report -> assertThat(report.message()).contains("culprit"));
        assertThat(reportsAtCloseAfter(() -> EventLoop.current().failed(BOOM).isDone()))
                .hasSize(1);
    }

    @Test
    void inTheOrderInWhichTheyHappened() {
        var reports = reportsAtCloseAfter(() -> {
            for (int i = 0; i < 3; i++) {
                Promise<String> promise = EventLoop.current().promise();
                promise.fail(new IllegalArgumentException("boom " + i));
            }
        });
        assertThat(reports).extracting(r -> r.exception().getMessage()).containsExactly("boom 0", "boom 1", "boom 2");
    }

    @Test
    void aDoneCallbackAloneIsNoLook() {
        assertThat(reportsAtCloseAfter(() -> {
                    Promise<String> promise = EventLoop.current().promise();
                    promise.addDoneCallback(_ -> {});
                    promise.fail(BOOM);
                    promise.addDoneCallback(_ -> {});
                    yieldNow();
                }))
                .hasSize(1);
    }

    @Test
    void aCombinatorsFailureThatNobodyLookedAtIsToldOnce() {
        assertThat(reportsAtCloseAfter(() -> {
                    Future<?> all = gather(waitFor(shield(failed()), Duration.ofSeconds(1)), failed());
                    assertThat(all.isDone()).isTrue();
                }))
                .singleElement()
                .satisfies(report -> assertThat(report.message()).contains("Gather"));
    }

    @Test
    void everyWayToLookCounts() {
        Map<String, Consumer<Future<String>>> looks = new LinkedHashMap<>();
        looks.put("await", f -> assertThat(catchThrowable(f::await)).isSameAs(BOOM));
        looks.put("result", f -> assertThat(catchThrowable(f::result)).isSameAs(BOOM));
        looks.put("exception", f -> assertThat(f.exception()).isSameAs(BOOM));
        looks.put("gather", f -> catchThrowable(gather(f, EventLoop.current().done())::await));
        looks.put("waitFor", f -> catchThrowable(waitFor(f, Duration.ofHours(1))::await));
        looks.put("shield", f -> catchThrowable(shield(f)::await));
        looks.put(
                "toCompletableFuture", f -> assertThat(f.toCompletableFuture()).isNotNull());
        looks.forEach((name, look) -> assertThat(reportsAtCloseAfter(() -> {
                    look.accept(failed()); // done before
                    Promise<String> later = EventLoop.current().promise();
                    EventLoop.current().callLater(Duration.ofSeconds(1), () -> later.fail(BOOM));
                    if (name.equals("result") || name.equals("exception")) {
                        sleep(Duration.ofSeconds(2)).await();
                    }
                    look.accept(later); // done while somebody waits, or after
                    sleep(Duration.ofSeconds(2)).await();
                }))
                .as(name)
                .isEmpty());
    }

    @Test
    void aWaiterWhoWillLookCounts() {
        assertThat(reportsAtCloseAfter(() -> {
                    Promise<String> promise = EventLoop.current().promise();
                    promise.addWaiter(f -> f.exception());
                    promise.fail(BOOM);
                    yieldNow();
                }))
                .isEmpty();
    }

    @Test
    void aCancelIsNoFailure() {
        assertThat(reportsAtCloseAfter(() -> {
                    EventLoop.current().promise().cancel();
                    spawn(() -> sleep(Duration.ofHours(1)).await());
                    yieldNow();
                }))
                .isEmpty();
    }

    @Test
    void aTaskThatFailsWhileTheLoopClosesIsTold() {
        assertThat(reportsAtCloseAfter(() -> {
                    spawn(() -> {
                        try {
                            sleep(Duration.ofHours(1)).await();
                        } finally {
                            throwBoom();
                        }
                    });
                    yieldNow();
                }))
                .singleElement()
                .satisfies(report -> assertThat(report.exception()).isSameAs(BOOM));
    }

    private static void throwBoom() {
        throw BOOM;
    }

    // --- when it is collected

    @Test
    void aCollectedFutureIsToldWhileTheLoopRuns() {
        try (EventLoop loop = EventLoop.create()) {
            var reports = new ArrayList<ExceptionContext>();
            loop.setExceptionHandler((_, context) -> {
                reports.add(context);
                loop.stop();
            });
            WeakReference<?> reference = loseAFailure(loop);
            collect(reference);
            loop.callLater(Duration.ofSeconds(10), loop::stop); // ends the test if nothing comes
            loop.runForever();
            assertThat(reports).singleElement().satisfies(report -> {
                assertThat(report.exception()).isSameAs(BOOM);
                assertThat(report.future()).isNull();
            });
            loop.close();
            assertThat(reports).hasSize(1);
        }
    }

    @Test
    void aCollectedFutureThatSomebodyLookedAtIsNotTold() {
        try (EventLoop loop = EventLoop.create()) {
            var reports = new ArrayList<ExceptionContext>();
            loop.setExceptionHandler((_, context) -> reports.add(context));
            Promise<String> promise = loop.promise();
            promise.fail(BOOM);
            assertThat(promise.exception()).isSameAs(BOOM);
            var reference = new WeakReference<>(promise);
            promise = null;
            collect(reference);
            loop.close();
            assertThat(reports).isEmpty();
        }
    }

    private static WeakReference<?> loseAFailure(EventLoop loop) {
        Promise<String> promise = loop.promise();
        promise.fail(BOOM);
        return new WeakReference<>(promise);
    }

    private static void collect(WeakReference<?> reference) {
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
        }
        assertThat(reference.get()).isNull();
    }

    // --- what the failure itself does

    @Test
    void aFailureThatCannotTellItsMessageDoesNotBreakTheLoop() {
        var test = new TestLoop();
        test.runMain(() -> {
            Promise<String> promise = EventLoop.current().promise();
            promise.failThreadsafe(new Unspeakable());
            sleep(Duration.ofSeconds(1)).await();
            assertThat(promise.isDone()).isTrue();
            Task<?> task = spawn(() -> {
                throw new Unspeakable();
            });
            sleep(Duration.ofSeconds(1)).await();
            assertThat(task.isDone()).isTrue();
        });
        assertThatThrownBy(test::close).isInstanceOf(Throwable.class);
        assertThat(test.reports()).hasSize(2).allMatch(report -> report.exception() instanceof Unspeakable);
        assertThat(test.loop().isClosed()).isTrue();
    }

    /** User code in an exception: it may throw, block, or take a lock. */
    private static final class Unspeakable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }
    }
}

package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work for a loop that comes from other threads, and its outcome on the way back. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopPortalTest {

    private static final Duration HOUR = Duration.ofHours(1);

    /** A loop that runs on a thread of its own while the test's thread is a foreign one. */
    private static final class Served implements AutoCloseable {
        final EventLoop loop = EventLoop.create();
        final List<ExceptionContext> reports = new ArrayList<>();
        private final Thread thread;

        Served() {
            loop.setExceptionHandler((_, context) -> reports.add(context));
            thread = Thread.ofPlatform().start(() -> {
                loop.runForever();
                loop.close();
            });
        }

        @Override
        public void close() throws InterruptedException {
            loop.callSoonThreadsafe(loop::stop);
            thread.join();
        }
    }

    // --- outcomes

    @Test
    @Tag("both-engines")
    void aThreadGetsTheValueTheFailureAndTheNullOfATask() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            assertThat(portal.<EventLoop>call(EventLoop::current)).isSameAs(served.loop);
            assertThat(portal.<String>call("mine", () -> currentTask().name())).isEqualTo("mine");
            assertThat(portal.<Object>call(() -> null)).isNull();
            var ran = new ArrayList<String>();
            portal.call(() -> {
                sleep(Duration.ofMillis(1)).await();
                ran.add("void");
            });
            portal.call("named", () -> {
                ran.add("named void");
            });
            assertThat(ran).containsExactly("void", "named void");
            var io = new IOException("io");
            Callable<String> checked = () -> {
                throw io;
            };
            assertThatThrownBy(() -> portal.call(checked))
                    .isInstanceOf(CompletionException.class)
                    .hasCause(io);
            var boom = new IllegalArgumentException("boom");
            assertThatThrownBy(() -> portal.call(() -> {
                        throw boom;
                    }))
                    .isSameAs(boom);
        }
    }

    @Test
    @Tag("both-engines")
    void aFutureHasTheFailureRawAndACancelWithItsReason() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var io = new IOException("io");
            Callable<String> checked = () -> {
                throw io;
            };
            assertThatThrownBy(portal.submit(checked)::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCause(io);
            CompletableFuture<Void> cancelled = portal.submit(() -> {
                currentTask().cancel("of its own");
                sleep(HOUR).await();
            });
            assertThat(catchThrowable(cancelled::join)).satisfies(e -> {
                var cancel = e instanceof CancelledException c ? c : (CancelledException) e.getCause();
                assertThat(cancel.reason()).isEqualTo("of its own");
            });
            assertThat(cancelled.isCancelled()).isTrue();
            assertThatThrownBy(() -> portal.call(() -> {
                        throw new CancelledException("thrown");
                    }))
                    .isInstanceOf(CancelledException.class)
                    .hasMessageContaining("thrown");
        }
    }

    @Test
    @Tag("both-engines")
    void whatDependsOnAFutureRunsAsACallback() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var dependent = new LinkedBlockingQueue<Thread>();
            var gate = new CountDownLatch(1);
            portal.submit(() -> gate.await()).thenRun(() -> dependent.add(Thread.currentThread()));
            gate.countDown();
            assertThat(served.loop.isCallbackThread(dependent.take()) || !served.loop.carrier.freesTheThread())
                    .isTrue();
        }
    }

    @Test
    @Tag("both-engines")
    void theSubmissionsOfAThreadBeginInTheirOrder() throws Exception {
        var order = new ArrayList<Integer>();
        try (var served = new Served();
                var portal = served.loop.portal()) {
            for (int i = 0; i < 100; i++) {
                int n = i;
                portal.submit(() -> order.add(n));
            }
            portal.close();
            portal.drained().await();
        }
        assertThat(order).hasSize(100).isSorted();
    }

    // --- cancels

    @Test
    @Tag("both-engines")
    void cancellingTheFutureCancelsTheTaskForGood() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var begun = new CountDownLatch(1);
            var seen = new ArrayList<String>();
            CompletableFuture<Void> future = portal.submit(() -> {
                begun.countDown();
                for (int i = 0; i < 2; i++) {
                    try {
                        sleep(HOUR).await();
                    } catch (CancelledException e) {
                        seen.add(e.reason());
                    }
                }
            });
            begun.await();
            assertThat(future.cancel(false)).isTrue();
            assertThat(future.isCancelled()).isTrue();
            portal.close();
            portal.drained().await();
            assertThat(seen).containsOnly("its CompletableFuture was cancelled").hasSize(2);
        }
    }

    @Test
    @Tag("both-engines")
    void whatIsCancelledBeforeItArrivesNeverBegins() {
        var test = new TestLoop();
        var portal = test.loop().portal();
        var ran = new ArrayList<String>();
        CompletableFuture<Boolean> future = portal.submit(() -> ran.add("ran"));
        future.cancel(true);
        portal.close();
        test.runMain(() -> portal.drained().await());
        test.close();
        assertThat(ran).isEmpty();
    }

    @Test
    @Tag("both-engines")
    void aFailureAfterTheCancelIsReported() throws Exception {
        var served = new Served();
        try (served;
                var portal = served.loop.portal()) {
            var begun = new CountDownLatch(1);
            CompletableFuture<Void> future = portal.submit(() -> {
                begun.countDown();
                try {
                    sleep(HOUR).await();
                } catch (CancelledException e) {
                    throw new IllegalArgumentException("cleaning up");
                }
            });
            begun.await();
            future.cancel(true);
        }
        assertThat(served.reports).singleElement().satisfies(report -> {
            assertThat(report.message()).contains("after its caller had cancelled it");
            assertThat(report.exception()).hasMessage("cleaning up");
        });
    }

    @Test
    @Tag("both-engines")
    void anInterruptOfTheCallerCancelsTheTask() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var begun = new CountDownLatch(1);
            var error = new AtomicReference<Throwable>();
            var flag = new AtomicReference<Boolean>();
            Thread caller = Thread.ofPlatform().start(() -> {
                error.set(catchThrowable(() -> portal.call(() -> {
                    begun.countDown();
                    sleep(HOUR).await();
                })));
                flag.set(Thread.currentThread().isInterrupted());
            });
            begun.await();
            caller.interrupt();
            caller.join();
            assertThat(error.get()).isInstanceOf(CancelledException.class).hasMessageContaining("was interrupted");
            assertThat(flag.get()).isTrue();
            portal.close();
            portal.drained().await(); // else the task would go on for an hour
        }
    }

    @Test
    void aTaskOfAnotherLoopParksInACallAndItsCancelArrivesOnceAndGoesOn() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var seen = new ArrayList<String>();
            EventLoop.run(() -> {
                assertThat(portal.<String>call(() -> {
                            sleep(Duration.ofMillis(1)).await();
                            return "from there";
                        }))
                        .isEqualTo("from there");
                var begun = new CountDownLatch(1);
                Task<?> waiting = spawn(() -> {
                    try {
                        portal.call(() -> {
                            begun.countDown();
                            sleep(HOUR).await();
                        });
                    } catch (CancelledException e) {
                        seen.add(e.reason());
                    }
                    sleep(Duration.ofMillis(1)).await(); // the edge was delivered
                    seen.add("went on");
                });
                toThread(() -> {
                            begun.await();
                            return null;
                        })
                        .await();
                waiting.cancel("enough");
                waiting.await();
            });
            assertThat(seen).containsExactly("enough", "went on");
            portal.close();
            portal.drained().await();
        }
    }

    @Test
    void aStockVirtualThreadCalls() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            var value = new LinkedBlockingQueue<String>();
            Thread.startVirtualThread(() -> value.add(portal.call(() -> "value")))
                    .join();
            assertThat(value).containsExactly("value");
        }
    }

    // --- what is refused

    @Test
    @Tag("both-engines")
    void theLoopsOwnCodeMayNotBlockOnItself() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            try (var portal = loop.portal()) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> portal.call(() -> 1))
                        .withMessageContaining("wait for what only this loop can run")
                        .withMessageContaining("spawn a task and await() it")
                        .withMessageContaining("submit");
                Promise<Throwable> inCallback = loop.promise();
                loop.callSoon(() -> inCallback.complete(catchThrowable(() -> portal.call(() -> 1))));
                assertThat(inCallback.await()).isInstanceOf(IllegalStateException.class);
                CompletableFuture<String> future = portal.submit(() -> "allowed");
                assertThat(Future.from(future).await()).isEqualTo("allowed");
            }
        });
    }

    @Test
    void aCallbackOfAnotherLoopMayNotBlockEither() throws Exception {
        try (var served = new Served();
                var portal = served.loop.portal()) {
            EventLoop.run(() -> {
                Promise<Throwable> inCallback = EventLoop.current().promise();
                EventLoop.current().callSoon(() -> inCallback.complete(catchThrowable(() -> portal.call(() -> 1))));
                assertThat(inCallback.await())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("hold every callback");
            });
        }
    }

    @Test
    @Tag("both-engines")
    void aClosedPortalRefusesAndLetsWhatItHasEnd() throws Exception {
        try (var served = new Served();
                var other = served.loop.portal()) {
            var portal = served.loop.portal();
            var gate = new CountDownLatch(1);
            Promise<String> open = served.loop.promise();
            CompletableFuture<String> accepted = portal.submit(() -> {
                gate.countDown();
                return open.await();
            });
            gate.await();
            assertThat(portal.isClosed()).isFalse();
            portal.close();
            portal.close();
            assertThat(portal.isClosed()).isTrue();
            assertThatThrownBy(() -> portal.submit(() -> 1))
                    .isInstanceOf(PortalClosedException.class)
                    .isInstanceOf(RejectedExecutionException.class)
                    .hasMessageContaining("takes no more work");
            assertThatThrownBy(() -> portal.call(() -> 1)).isInstanceOf(PortalClosedException.class);
            assertThat(portal).hasToString("LoopPortal[" + served.loop.name() + ", closed, 1 not ended]");
            assertThat(other.<String>call(() -> "another portal is open")).isNotNull();
            open.completeThreadsafe("ended");
            assertThat(accepted.get()).isEqualTo("ended");
            portal.drained().await();
        }
    }

    @Test
    @Tag("both-engines")
    void cancelAllEndsWhatHasBegunAndWhatHasNot() throws Exception {
        try (var served = new Served()) {
            var portal = served.loop.portal();
            var begun = new CountDownLatch(1);
            CompletableFuture<Void> running = portal.submit(() -> {
                begun.countDown();
                sleep(HOUR).await();
            });
            begun.await();
            portal.cancelAll("going home").await();
            assertThatThrownBy(running::get)
                    .satisfies(e -> assertThat(e.toString() + e.getCause()).contains("going home"));
            assertThatThrownBy(() -> portal.submit(() -> 1)).isInstanceOf(PortalClosedException.class);
            portal.cancelAll("again").await();
        }
    }

    // --- the end of the loop

    @Test
    @Tag("both-engines")
    void theCloseOfTheLoopFailsWhatCouldNotBegin() throws Exception {
        EventLoop loop = EventLoop.create();
        var portal = loop.portal();
        CompletableFuture<Integer> accepted = portal.submit(() -> 1);
        var error = new AtomicReference<Throwable>();
        Thread caller = Thread.ofPlatform().start(() -> error.set(catchThrowable(() -> portal.call(() -> 1))));
        while (loop.arrivals.get() < 2) {
            Thread.onSpinWait();
        }
        loop.close();
        caller.join();
        assertThatThrownBy(accepted::get).hasCauseInstanceOf(PortalClosedException.class);
        assertThat(error.get()).isInstanceOf(PortalClosedException.class).hasMessageContaining("before the work could");
        assertThatThrownBy(() -> portal.submit(() -> 1))
                .isInstanceOf(PortalClosedException.class)
                .hasMessageContaining("its portals with it");
        assertThat(portal.isClosed()).isTrue();
        assertThat(loop.arrivals).hasValue(0);
    }

    @Test
    @Tag("both-engines")
    void theCloseOfTheLoopCancelsWhatHasBegun() throws Exception {
        CompletableFuture<Void> running;
        try (var served = new Served()) {
            var begun = new CountDownLatch(1);
            running = served.loop.portal().submit(() -> {
                begun.countDown();
                sleep(HOUR).await();
            });
            begun.await();
        }
        assertThatThrownBy(running::get)
                .satisfies(e -> assertThat(e.toString() + e.getCause()).contains("the event loop is closing"));
    }

    @Test
    void aTaskThatWouldNotEndFailsItsCaller() throws Exception {
        EventLoop loop = EventLoop.builder().closeLimit(Duration.ofMillis(5)).build();
        loop.setExceptionHandler((_, _) -> {});
        var lock = new ReentrantLock();
        lock.lock();
        var begun = new CountDownLatch(1);
        var portal = loop.portal();
        CompletableFuture<Void> stuck = portal.submit("stuck", () -> {
            begun.countDown();
            lock.lock(); // a wait that no interrupt ends
        });
        Thread thread = Thread.ofPlatform().start(() -> {
            loop.runForever();
            loop.close();
        });
        begun.await();
        loop.callSoonThreadsafe(loop::stop);
        thread.join();
        assertThatThrownBy(stuck::get)
                .hasCauseInstanceOf(PortalClosedException.class)
                .hasMessageContaining("stuck");
        lock.unlock();
    }

    // --- on virtual time

    @Test
    @Tag("both-engines")
    void aTestsTimeWaitsForWhoIsExpectedAndJumpsForWhatHasArrived() {
        var test = new TestLoop();
        test.runMain(() -> {
            try (var portal = test.loop().portal()) {
                var go = new CountDownLatch(1);
                Thread.ofPlatform().start(() -> {
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    portal.submit(() -> sleep(HOUR).await());
                    portal.close();
                });
                Future<Void> drained = portal.drained();
                yieldNow();
                assertThat(test.loop().externalWork()).isEqualTo(1);
                go.countDown();
                drained.await();
                assertThat(test.loop().externalWork()).isZero();
            }
        });
        test.close();
        assertThat(test.elapsed()).isGreaterThanOrEqualTo(HOUR);
    }

    @Test
    @Tag("both-engines")
    void aCancelledWaitForTheEndLeavesTheOthers() {
        TestLoop.run(() -> {
            try (var portal = EventLoop.current().portal()) {
                Future<Void> first = portal.drained();
                Future<Void> second = portal.drained();
                first.cancel();
                portal.close();
                second.await();
                assertThat(first.isCancelled()).isTrue();
            }
        });
    }

    // --- the task factory is user code

    @Test
    void theTaskFactoryPreparesItAsACallbackAndAnEagerTaskIsFine() throws Exception {
        try (var served = new Served()) {
            var onCallbackThread = new LinkedBlockingQueue<Boolean>();
            served.loop.callSoonThreadsafe(() -> served.loop.setTaskFactory(task -> {
                onCallbackThread.add(served.loop.isCallbackThread(Thread.currentThread()));
                task.eager();
            }));
            LoopPortal portal = served.loop.portal();
            assertThat(portal.submit(() -> "eager").get()).isEqualTo("eager");
            assertThat(portal.call(() -> "blocking")).isEqualTo("blocking");
            assertThat(onCallbackThread).containsExactly(true, true);
        }
    }

    @Test
    void aTaskFactoryThatFailsIsToldToTheCaller() throws Exception {
        try (var served = new Served()) {
            served.loop.callSoonThreadsafe(() -> served.loop.setTaskFactory(_ -> {
                throw new AssertionError("factory");
            }));
            assertThatThrownBy(() -> served.loop.portal().submit(() -> "never").get())
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("factory");
        }
    }

    // --- a close that is on its way

    @Test
    void aPortalIsOutsideWorkUntilTheLoopHasHeardOfItsClose() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            LoopPortal portal = loop.portal();
            Future<?> drained = portal.drained();
            Thread closer = Thread.ofPlatform().start(portal::close);
            while (closer.isAlive()) {
                Thread.onSpinWait(); // holds the loop, which has not heard of it
            }
            assertThat(loop.externalWork()).isEqualTo(1); // else a test's clock would jump, or a deadlock be declared
            drained.await();
            assertThat(loop.externalWork()).isZero();
        });
    }
}

package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that is still in the middle when its loop has closed: it is reported, goes on elsewhere, and each of its waits fails. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StrandedTest {

    private final ArrayList<ExceptionContext> reports = new ArrayList<>();

    private Runner runner() {
        EventLoop loop = EventLoop.builder().closeLimit(Duration.ofMillis(5)).build();
        loop.setExceptionHandler((_, context) -> reports.add(context));
        return Runner.create(() -> loop);
    }

    @Test
    void aTaskThatTheJdkWakesAfterTheCloseRunsItsFinallyBlocks() throws Exception {
        var lock = new ReentrantLock();
        var unwound = new CountDownLatch(1);
        var failure = new AtomicReference<Throwable>();
        lock.lock();
        try (var runner = runner()) {
            runner.run(() -> {
                spawn("stuck", () -> {
                    try {
                        lock.lock(); // a wait that no interrupt ends
                        EventLoop.current().promise().await();
                    } catch (Throwable e) {
                        failure.set(e);
                        throw e;
                    } finally {
                        unwound.countDown();
                    }
                });
                yieldNow();
            });
        }
        assertThat(reports).singleElement().satisfies(report -> {
            assertThat(report.message()).contains("stuck").contains("did not end");
            assertThat(report.exception().getStackTrace())
                    .anyMatch(frame -> frame.getClassName().equals(ReentrantLock.class.getName()));
        });
        lock.unlock(); // the JDK unparks the task: this must not throw here, nor be lost there
        assertThat(unwound.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(failure.get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aTaskThatWillNotEndItsWaitsIsUnwoundByTheClose() throws Exception {
        var unwound = new CountDownLatch(1);
        var failure = new AtomicReference<Throwable>();
        try (var runner = runner()) {
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                spawn("stubborn", () -> {
                    // each cancelled wait is followed by another one, of something that refuses to end
                    Task<?> inner = spawn("refuses", () -> {
                        while (true) {
                            try {
                                loop.sleep(Duration.ofHours(1)).await();
                            } catch (CancelledException e) {
                                new CountDownLatch(1).await();
                            }
                        }
                    });
                    try {
                        inner.await();
                    } catch (IllegalStateException e) {
                        failure.set(e);
                        throw e;
                    } finally {
                        unwound.countDown();
                    }
                });
                yieldNow();
                yieldNow();
            });
        }
        assertThat(unwound.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aThreadThatWaitsForAFutureOfAClosedLoopIsTold() throws Exception {
        var failure = new AtomicReference<Throwable>();
        var waits = new CountDownLatch(1);
        Thread[] waiter = new Thread[1];
        try (var runner = runner()) {
            runner.run(() -> {
                Promise<String> never = EventLoop.current().promise();
                waiter[0] = Thread.ofPlatform().start(() -> {
                    waits.countDown();
                    try {
                        never.await();
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
                waits.await();
                while (EventLoop.current().foreignWaits.isEmpty()) {
                    yieldNow();
                }
            });
        }
        waiter[0].join(10_000);
        assertThat(failure.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
    }

    @Test
    void aThreadThatBeginsToWaitWhileTheLoopClosesIsTold() throws Exception {
        EventLoop loop = EventLoop.create();
        Promise<String> never = loop.promise();
        var failure = new AtomicReference<Throwable>();
        // its wait lies in the inbox, and the loop never runs again
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                never.await();
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        while (loop.inbox.isEmpty()) {
            Thread.onSpinWait();
        }
        loop.close();
        waiter.join(10_000);
        assertThat(failure.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
    }

    @Test
    void aStageWhoseOutcomeStandsBehindABlockedCallbackGetsItAtTheClose() throws Exception {
        var lock = new ReentrantLock();
        lock.lock();
        var stages = new ArrayList<CompletableFuture<String>>();
        try (var runner = runner()) {
            runner.run(() -> {
                EventLoop loop = EventLoop.current();
                Promise<String> promise = loop.promise();
                stages.add(promise.toCompletableFuture());
                stages.add(loop.portal().submit(() -> "value"));
                loop.callSoon(
                        lock::lock); // a wait that no interrupt ends; what is delivered by callbacks waits behind it
                promise.complete("value");
                yieldNow();
                yieldNow();
            });
        }
        for (var stage : stages) {
            assertThat(stage.get(10, TimeUnit.SECONDS)).isEqualTo("value");
        }
        lock.unlock();
    }
}

package dev.loop.flow;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.TaskGroup;
import dev.loop.TaskGroupException;
import dev.loop.TimeoutException;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cancels that meet a blocking call of the JDK: they come as interrupts, and are cancels all the same. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptedRunTest {

    private final CountDownLatch never = new CountDownLatch(1);

    @Test
    void aCancelOfAPeriodicInterruptsTheRun() {
        TestLoop.builder().allowRealTime().run(() -> {
            var periodic = Periodic.atFixedRate(ofSeconds(1)).cancelOnClose().start(never::await);
            yieldNow();
            yieldNow();
            assertThat(periodic.statistics().running()).isTrue();
            periodic.close();
            assertThat(periodic.statistics().failures()).isZero();
        });
    }

    @Test
    void aCancelFromFurtherOutIsNoFailureOfTheRun() {
        TestLoop.builder().allowRealTime().run(() -> {
            var failure = catchThrowable(() -> TaskGroup.run(group -> {
                Periodic.atFixedRate(ofSeconds(1)).start(group, never::await);
                group.spawn(() -> {
                    yieldNow();
                    throw new IllegalStateException("sibling");
                });
            }));
            assertThat(failure).isInstanceOf(TaskGroupException.class);
            assertThat(failure.getMessage()).contains("sibling").doesNotContain("Interrupted");
        }); // and nothing was reported
    }

    @Test
    void aCancelOfTheTaskItselfIsNoFailureOfTheRun() {
        TestLoop.builder().allowRealTime().run(() -> {
            var periodic = Periodic.atFixedRate(ofSeconds(1)).name("victim").start(never::await);
            yieldNow();
            yieldNow();
            EventLoop.current().allTasks().stream()
                    .filter(task -> task.name().equals("victim"))
                    .forEach(task -> task.cancel());
            periodic.join().await();
            assertThat(periodic.isStopped()).isTrue();
            assertThat(periodic.statistics().failures()).isZero();
        });
    }

    @Test
    void anInterruptOfOnesOwnIsAFailureOfTheRun() {
        try (var test = new TestLoop()) {
            var runs = new int[1];
            Periodic.atFixedRate(ofSeconds(1)).name("self").start(test.loop(), () -> {
                runs[0]++;
                throw new InterruptedException("of its own");
            });
            test.advance(Duration.ofMillis(1500));
            assertThat(runs[0]).isEqualTo(2);
            assertThat(test.reports())
                    .extracting(ExceptionContext::message)
                    .containsExactly("run 1 of 'self' failed", "run 2 of 'self' failed, 2 in a row");
            test.reports().clear();
        }
    }

    @Test
    void anAttemptThatBlocksTooLongIsTriedAgain() {
        TestLoop.builder().allowRealTime().run(() -> {
            var calls = new int[1];
            var retry = Retry.builder()
                    .attempts(3)
                    .delay(Duration.ZERO)
                    .attemptTimeout(Duration.ofMillis(1))
                    .build();
            var failure = catchThrowable(() -> retry.run(() -> {
                calls[0]++;
                never.await();
            }));
            assertThat(failure).isInstanceOf(TimeoutException.class);
            assertThat(calls[0]).isEqualTo(3);
        });
    }

    @Test
    void theCloseOfALoopEndsAllThatWaits() {
        try (var test = new TestLoop()) {
            test.runMain(() -> {
                var limiter = new RateLimiter(1, ofHours(1), 10);
                for (int i = 0; i < 1000; i++) {
                    EventLoop.current().spawn(() -> limiter.acquire(3).await());
                    Periodic.atFixedRate(ofHours(1))
                            .cancelOnClose()
                            .start(() -> sleep(ofHours(1)).await());
                    EventLoop.current()
                            .spawn(() -> Retry.builder()
                                    .delay(ofHours(1))
                                    .build()
                                    .run(() -> {
                                        throw new IllegalStateException("again");
                                    }));
                }
                yieldNow();
                yieldNow();
            });
        } // nothing is reported
    }
}

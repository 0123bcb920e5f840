package dev.loop.testing;

import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.testing.TestKit.waitAllTasksBlocked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.VoidBody;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that waits on real time fails a test on virtual time. The portable engine cannot see it: there it holds the loop. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RealTimeTest {

    /** Runs a call of the JDK that takes an hour in a task of its own, lets the loop come to rest, and ends it. */
    private static void callForAnHour(VoidBody<InterruptedException> call) {
        TestLoop.run(() -> {
            var sleepy = spawn("sleepy", call);
            for (int i = 0; i < 3; i++) {
                waitAllTasksBlocked().await();
            }
            sleepy.cancel();
            assertThatThrownBy(sleepy::await).isInstanceOf(CancelledException.class);
        });
    }

    @Test
    void aSleepOfTheThreadFailsTheTestAndTellsTheTaskAndThePlace() {
        assertThatThrownBy(() -> callForAnHour(() -> Thread.sleep(Duration.ofHours(1))))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("sleepy waited on real time in java.lang.Thread.sleep")
                .hasMessageContaining("RealTimeTest")
                .hasMessageContaining("allowRealTime()")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .satisfies(where -> assertThat(where.getStackTrace())
                                .anyMatch(frame -> frame.getClassName().equals(RealTimeTest.class.getName()))));
    }

    @Test
    void soDoesALimitOfJavaUtilConcurrent() {
        assertThatThrownBy(() -> callForAnHour(() -> new CountDownLatch(1).await(1, TimeUnit.HOURS)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("sleepy waited on real time")
                .hasMessageContaining("CountDownLatch.await");
    }

    @Test
    void eachTaskIsToldOfOnce() {
        assertThatThrownBy(() -> callForAnHour(() -> {
                    while (!Thread.currentThread().isInterrupted()) {
                        LockSupport.parkNanos(1_000_000);
                    }
                    Async.yieldNow();
                }))
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void aLookAtATaskThatIsJustWokenLosesNoWakeup() {
        for (int i = 0; i < 200; i++) {
            int nanos = i * 5_000;
            try (var test = new TestLoop()) {
                test.runMain(() ->
                        Thread.sleep(0, nanos)); // ends: the wakeup came before, while or after the stack was read
            } catch (AssertionError e) {
                assertThat(e).hasMessageContaining("main waited on real time");
            }
        }
    }

    @Test
    void aWaitWithoutALimitIsNone() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            lock.lock();
            var waits = spawn(() -> {
                lock.lock();
                lock.unlock();
            });
            toThread(() -> "real work").await();
            lock.unlock();
            waits.await();
        });
    }

    @Test
    void aTestMayAllowIt() {
        TestLoop.builder().allowRealTime().run(() -> Thread.sleep(2));
    }
}

package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Locks that a callback shares with a task: the three shapes in which a loop whose callbacks run on the platform thread deadlocks
 * for good. They hold only where a blocking call parks, so on the virtual-thread engine.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedLockTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void aLockHeldOutsideIsHandedToATaskAndThenToACallback() throws Exception {
        var lock = new ReentrantLock();
        var held = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        Thread outside = Thread.ofPlatform().start(() -> {
            lock.lock();
            held.countDown();
            await(release);
            lock.unlock();
        });
        EventLoop.run(() -> {
            held.await();
            Task<?> task = spawn(() -> enter(lock, "task"));
            while (lock.getQueueLength() < 1) {
                yieldNow();
            }
            Future<?> callback = callback(() -> enter(lock, "callback"));
            while (lock.getQueueLength() < 2) {
                yieldNow();
            }
            release.countDown();
            task.await();
            callback.await();
        });
        outside.join();
        assertThat(order).containsExactly("task", "callback");
    }

    @Test
    void aCallbackThatEntersAMonitorInWhichATaskSleepsOnlyWaits() {
        Object monitor = new Object();
        EventLoop.run(() -> {
            Task<?> task = spawn(() -> {
                synchronized (monitor) {
                    Thread.sleep(20);
                    sleep(Duration.ofMillis(1)).await();
                    order.add("task");
                }
            });
            yieldNow();
            callback(() -> enter(monitor, "callback")).await();
            task.await();
        });
        assertThat(order).containsExactly("task", "callback");
    }

    @Test
    void aMonitorHeldOutsideIsHandedToATaskAndToACallback() throws Exception {
        Object monitor = new Object();
        var held = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        Thread outside = Thread.ofPlatform().start(() -> {
            synchronized (monitor) {
                held.countDown();
                await(release);
            }
        });
        EventLoop.run(() -> {
            held.await();
            Task<?> task = spawn(() -> enter(monitor, "task"));
            yieldNow();
            Future<?> callback = callback(() -> enter(monitor, "callback"));
            yieldNow();
            release.countDown();
            task.await();
            callback.await();
        });
        outside.join();
        assertThat(order).containsExactlyInAnyOrder("task", "callback");
    }

    @Test
    void aTaskThatAwaitsInsideAMonitorIsWokenWhileACallbackWaitsForThatMonitor() {
        Object monitor = new Object();
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> promise = loop.promise();
            Task<?> task = spawn(() -> {
                synchronized (monitor) {
                    order.add(promise.await());
                }
            });
            yieldNow();
            Future<?> callback = callback(() -> enter(monitor, "callback"));
            yieldNow();
            yieldNow();
            promise.complete("task");
            task.await();
            callback.await();
        });
        assertThat(order).containsExactly("task", "callback");
    }

    private void enter(ReentrantLock lock, String who) {
        lock.lock();
        try {
            order.add(who);
        } finally {
            lock.unlock();
        }
    }

    private void enter(Object monitor, String who) {
        synchronized (monitor) {
            order.add(who);
        }
    }

    private static Future<@Nullable Void> callback(Runnable code) {
        EventLoop loop = EventLoop.current();
        Promise<@Nullable Void> ran = loop.promise();
        loop.callSoon(() -> {
            code.run();
            ran.complete(null);
        });
        return ran;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

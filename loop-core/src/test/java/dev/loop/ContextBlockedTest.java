package dev.loop;

import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The context of a callback that is blocked in the JDK, while others run. (On the hand-off nothing runs meanwhile.) */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ContextBlockedTest {

    private static final ContextVar<String> USER = ContextVar.of("user", "nobody");

    private final List<String> seen = new ArrayList<>();

    private void see(String who) {
        seen.add(who + " " + USER.get());
    }

    @Test
    void whileOneCallbackIsBlockedTasksAndTheKernelHaveTheirOwn() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var lock = new ReentrantLock();
            lock.lock();
            USER.set("ada");
            loop.callSoon(() -> {
                USER.set("blocked one");
                lock.lock();
                see("unblocked");
                lock.unlock();
            });
            USER.set("task");
            yieldNow();
            yieldNow();
            see("meanwhile");
            spawn(() -> see("child")).await();
            lock.unlock();
            Promise<String> after = loop.promise();
            loop.callSoon(() -> after.complete("x"));
            after.await();
        });
        assertThat(seen).containsExactly("meanwhile task", "child task", "unblocked blocked one");
    }
}

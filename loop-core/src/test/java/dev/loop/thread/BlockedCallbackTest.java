package dev.loop.thread;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.sync.CapacityLimiter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Law D1: no call depends on the thread of the callbacks, so a lock that a task holds over a call cannot end in a deadlock. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockedCallbackTest {

    @Test
    void aCallThatWaitsForItsPlaceDoesNotWaitForACallback() {
        List<String> order = new ArrayList<>();
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var options = Threads.options().limiter(new CapacityLimiter(1));
            var gate = new Gate();
            Future<String> first = options.run(gate.value("first"));
            gate.begun().await();
            var monitor = new Object();
            synchronized (monitor) {
                loop.callSoon(() -> {
                    synchronized (monitor) {
                        order.add("callback");
                    }
                });
                Future<String> queued = options.run(() -> "queued");
                yieldNow();
                yieldNow(); // the callback stands before the monitor
                gate.open();
                order.add(queued.await());
            }
            order.add(first.await());
        });
        assertThat(order)
                .containsExactlyInAnyOrder("queued", "callback", "first")
                .startsWith("queued");
    }
}

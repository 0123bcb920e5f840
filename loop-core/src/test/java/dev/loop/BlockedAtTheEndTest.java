package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that blocks when it has its outcome already, while it tells of it, is run to its end all the same. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockedAtTheEndTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void aHookThatWaitsForALockGoesOnWhenItHasIt() {
        var latch = new CountDownLatch(1);
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.addInstrument(new Instrument() {
                @Override
                public void taskFinished(Task<?> task) {
                    if (task.name().equals("blocks")) {
                        Thread.ofPlatform().start(latch::countDown);
                        try {
                            latch.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        order.add("told of " + task.name());
                    }
                }
            });
            spawn("blocks", () -> {}).await();
            while (order.isEmpty()) {
                sleep(Duration.ofMillis(1)).await();
            }
            assertThat(loop.externalWork()).isZero();
        });
        assertThat(order).containsExactly("told of blocks");
    }
}

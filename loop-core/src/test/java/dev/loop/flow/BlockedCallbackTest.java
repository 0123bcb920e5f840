package dev.loop.flow;

import static dev.loop.Async.yieldNow;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.testing.TestLoop;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A callback that is blocked holds up callbacks, and nothing else; not for the portable engine, which it holds. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BlockedCallbackTest {

    @Test
    void permitsAreGrantedMeanwhile() {
        TestLoop.builder().allowRealTime().run(() -> {
            var limiter = new RateLimiter(1000, ofSeconds(1), 1);
            var lock = new ReentrantLock();
            var over = new boolean[1];
            limiter.acquire().await();
            lock.lock();
            EventLoop.current().callSoon(() -> {
                lock.lock();
                over[0] = true;
                lock.unlock();
            });
            yieldNow(); // the callback stands at the lock now
            limiter.acquire().await();
            assertThat(over[0]).isFalse();
            lock.unlock();
            assertThat(limiter.statistics().granted()).isEqualTo(2);
        });
    }
}

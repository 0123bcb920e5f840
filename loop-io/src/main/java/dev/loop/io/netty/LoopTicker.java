package dev.loop.io.netty;

import dev.loop.EventLoop;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The loop's clock as Netty reads it. It reads as zero at the time when it was made. */
final class LoopTicker implements Ticker {

    private final EventLoop loop;
    private final long origin;

    LoopTicker(EventLoop loop) {
        this.loop = loop;
        origin = loop.time();
    }

    @Override
    public long initialNanoTime() {
        return origin;
    }

    @Override
    public long nanoTime() {
        return loop.time() - origin;
    }

    /** In a task it waits on the loop's clock; on a foreign thread on the machine's; a callback is refused. */
    @Override
    public void sleep(long delay, TimeUnit unit) throws InterruptedException {
        if (EventLoop.currentOrNull() == loop) {
            loop.sleep(Duration.ofNanos(unit.toNanos(delay))).await();
        } else {
            Ticker.systemTicker().sleep(delay, unit);
        }
    }
}

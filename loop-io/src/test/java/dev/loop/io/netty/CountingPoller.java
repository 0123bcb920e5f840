package dev.loop.io.netty;

import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import java.nio.channels.SelectableChannel;

/** The real poller, counting what it does. */
final class CountingPoller implements Poller {

    private final Poller real = new SelectorPoller();
    int polls;
    int events;

    @Override
    public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
        return real.register(channel, ops, ready -> {
            events++;
            handler.ready(ready);
        });
    }

    @Override
    public void poll(long timeoutNanos) {
        polls++;
        real.poll(timeoutNanos);
    }

    @Override
    public void wakeup() {
        real.wakeup();
    }

    @Override
    public int registrations() {
        return real.registrations();
    }

    @Override
    public void close() {
        real.close();
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Channel;
import org.jspecify.annotations.Nullable;

/** The room in a channel, and with those who wait to receive. */
record ChannelRoom<T>(Channel<? super T> channel) implements Room<T> {

    @Override
    public EventLoop loop() {
        return channel.loop();
    }

    @Override
    public int room() {
        return channel.capacity() == UNBOUNDED
                ? UNBOUNDED
                : channel.capacity() - channel.size() + channel.statistics().waitingReceivers();
    }

    @Override
    public Future<@Nullable Void> whenRoom() {
        return channel.whenRoom();
    }

    @Override
    public Future<@Nullable Void> put(T item) {
        return channel.send(item);
    }

    @Override
    public void end(@Nullable Throwable failure) {
        if (failure == null) {
            channel.close();
        } else {
            channel.close(failure);
        }
    }
}

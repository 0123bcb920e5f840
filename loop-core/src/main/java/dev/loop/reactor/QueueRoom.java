package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.queue.Queue;
import org.jspecify.annotations.Nullable;

/** The room in a queue. */
record QueueRoom<T>(Queue<? super T> queue) implements Room<T> {

    @Override
    public EventLoop loop() {
        return queue.loop();
    }

    @Override
    public int room() {
        return queue.capacity() == UNBOUNDED ? UNBOUNDED : queue.capacity() - queue.size();
    }

    @Override
    public Future<@Nullable Void> whenRoom() {
        return queue.whenRoom();
    }

    @Override
    public Future<@Nullable Void> put(T item) {
        return queue.put(item);
    }

    @Override
    public void end(@Nullable Throwable failure) {
        queue.shutdown();
    }
}

package dev.loop.reactor;

import dev.loop.Future;
import dev.loop.queue.Queue;

/** The items of a queue, until it is shut down and empty. */
record QueuePull<T>(Queue<T> queue) implements Pull<T> {

    @Override
    public Future<T> next() {
        return queue.get();
    }
}

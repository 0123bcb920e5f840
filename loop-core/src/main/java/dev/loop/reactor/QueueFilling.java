package dev.loop.reactor;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.WaitCondition;
import dev.loop.queue.Queue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The body of a task that puts the items of a Flux into a queue, and asks for as many as there is room for. */
record QueueFilling<T>(Queue<? super T> queue, FluxIteration<T> items) {

    static <T> void run(Publisher<? extends T> source, Queue<? super T> queue) {
        try (var items = new FluxIteration<T>(EventLoop.current(), source, 0)) {
            new QueueFilling<>(queue, items).run();
        }
    }

    private void run() {
        while (!queue.isFull() || waitForRoom()) {
            int room = queue.capacity() - queue.size();
            items.receiver().request(queue.capacity() == Integer.MAX_VALUE ? Long.MAX_VALUE : room);
            for (int missing = room; missing > 0; missing--) {
                if (!items.hasNext()) {
                    return;
                }
                put(items.next());
            }
        }
        boolean more = items.hasNext(); // throws what the source has failed with
        assert !more;
    }

    /** Waits while the queue is full; false if the source has ended first. */
    private boolean waitForRoom() {
        Future<@Nullable Void> room = queue.whenRoom();
        Promise<@Nullable Void> end = items.receiver().nextSignal(); // nothing is asked for: it can only be the end
        try {
            Async.waitOn(List.of(room, end), WaitCondition.FIRST_COMPLETED).await();
            if (room.isDone()) {
                room.result(); // throws if the queue was shut down
            }
            return room.isDone();
        } finally {
            room.cancel();
            items.receiver().forget(end);
        }
    }

    private void put(T item) {
        try {
            queue.put(item).await();
        } catch (Throwable e) {
            Operators.onDiscard(item, Context.of(ReactorContexts.VIEW.get()));
            throw e;
        }
    }
}

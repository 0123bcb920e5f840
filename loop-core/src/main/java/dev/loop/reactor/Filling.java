package dev.loop.reactor;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.WaitCondition;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The body of a task that puts the items of a Flux where there is room, and asks for as many as there is room for. */
record Filling<T>(Room<T> room, FluxIteration<T> items) {

    static <T> Mono<Void> of(Publisher<? extends T> source, Room<T> room, boolean ends) {
        Objects.requireNonNull(source, "source");
        EventLoop loop = room.loop();
        return WaitMono.create(loop, () -> {
            Task<@Nullable Void> task = loop.spawn(() -> {
                try (var items = new FluxIteration<T>(loop, source, 0)) {
                    new Filling<>(room, items).run();
                }
            });
            if (ends) { // not in the body, which never runs if it is cancelled before its first step
                task.addWaiter(_ -> room.end(Outcomes.failure(task)));
            }
            return task;
        });
    }

    private void run() {
        while (room.room() > 0 || waitForRoom()) {
            int free = room.room();
            items.receiver().request(free == Room.UNBOUNDED ? Long.MAX_VALUE : free);
            for (int missing = free; missing > 0; missing -= free == Room.UNBOUNDED ? 0 : 1) {
                if (!items.hasNext()) {
                    return;
                }
                put(items.next());
            }
        }
        boolean more = items.hasNext(); // throws what the source has failed with
        assert !more;
    }

    /** Waits while there is no room; false if the source has ended first. */
    private boolean waitForRoom() {
        Future<@Nullable Void> free = room.whenRoom();
        Promise<@Nullable Void> end = items.receiver().nextSignal(); // nothing is asked for: it can only be the end
        try {
            Async.waitOn(List.of(free, end), WaitCondition.FIRST_COMPLETED).await();
            if (free.isDone()) {
                free.result(); // throws if it was closed
            }
            return free.isDone();
        } finally {
            free.cancel();
            items.receiver().forget(end);
        }
    }

    private void put(T item) {
        try {
            room.put(item).await();
        } catch (Throwable e) {
            Operators.onDiscard(item, Context.of(ReactorContexts.VIEW.get()));
            throw e;
        }
    }
}

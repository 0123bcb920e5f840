package dev.loop.reactor;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Task;
import dev.loop.WaitQueue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/** A task whose emissions meet the requests of one subscriber: each side waits for the other, and nothing is kept in between. */
final class EmitterPull<T> implements Pull<T>, Emitter<T> {

    private final EventLoop loop;
    private final WaitQueue<@Nullable T, @Nullable Void> takers; // null is the end
    private final WaitQueue<@Nullable Void, T> emissions;
    private final Task<@Nullable Void> task;
    private boolean told; // how the task has ended
    private boolean closed;

    EmitterPull(EventLoop loop, Emitter.Body<T> body) {
        this.loop = loop;
        takers = new WaitQueue<>(loop, null); // nobody else is there to get it
        emissions = new WaitQueue<>(loop, null);
        task = loop.spawn(() -> body.run(this));
        task.addWaiter(_ -> ended());
    }

    @Override
    public Future<@Nullable Void> emit(T item) {
        loop.checkThread();
        Objects.requireNonNull(item, "a Flux has no null items");
        if (closed) {
            throw new CancelledException("the subscriber of this Flux has cancelled");
        }
        if (task.isDone()) {
            throw new IllegalStateException("the body of this Flux has ended: it can emit nothing more");
        }
        return takers.grant(item) ? loop.done() : emissions.park(item);
    }

    @Override
    public Future<@Nullable T> next() {
        if (!emissions.isEmpty()) {
            T item = emissions.firstAttachment();
            emissions.grant(null);
            return loop.<@Nullable T>completed(item);
        }
        if (!task.isDone()) {
            return takers.park(null);
        }
        Throwable failure = failure();
        return failure == null ? loop.<@Nullable T>completed(null) : loop.failed(failure);
    }

    private void ended() {
        if (!takers.isEmpty()) {
            Throwable failure = failure();
            if (failure == null) {
                takers.grant(null);
            } else {
                takers.fail(failure);
            }
        } else if (closed && !told) {
            Outcomes.discard(task, Context.of(ReactorContexts.VIEW.get()));
        }
    }

    private @Nullable Throwable failure() {
        told = true;
        return Outcomes.failure(task);
    }

    @Override
    public boolean isEndedByNull() {
        return true;
    }

    @Override
    public void close() {
        closed = true;
        task.cancel("its subscriber cancelled");
    }
}

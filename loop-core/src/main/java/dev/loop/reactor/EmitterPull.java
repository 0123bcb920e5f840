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

    /** The body has ended; it is compared, and never seen by anybody. */
    private static final RuntimeException END = new RuntimeException("the body has ended", null, false, false) {};

    private final EventLoop loop;
    private final WaitQueue<T, @Nullable Void> takers;
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
    public Future<T> next() {
        if (!emissions.isEmpty()) {
            T item = emissions.firstAttachment();
            emissions.grant(null);
            return loop.completed(item);
        }
        return task.isDone() ? loop.failed(outcome()) : takers.park(null);
    }

    private void ended() {
        if (!takers.isEmpty()) {
            takers.fail(outcome());
        } else if (closed && !told) {
            Outcomes.discard(task, Context.of(ReactorContexts.VIEW.get()));
        }
    }

    private Throwable outcome() {
        told = true;
        Throwable failure = Outcomes.failure(task);
        return failure == null ? END : failure;
    }

    @Override
    public boolean isEnd(Throwable failure) {
        return failure == END;
    }

    @Override
    public void close() {
        closed = true;
        task.cancel("its subscriber cancelled");
    }
}

package dev.loop;

import java.util.function.Consumer;

/** A user's callback on a future: when it is done, one ready entry. */
final class DoneCallback<T> implements Listener, Laned {

    private final Future<T> future;
    private final Consumer<? super Future<T>> callback;
    private final boolean waits;
    private Context context = Context.empty();

    DoneCallback(Future<T> future, Consumer<? super Future<T>> callback, boolean waits) {
        this.future = future;
        this.callback = callback;
        this.waits = waits;
    }

    /** Has it run in the context of what calls this. */
    void capture() {
        context = future.loop.capture();
    }

    @Override
    public void completed(Future<?> done) {
        schedule();
    }

    void schedule() {
        future.loop.ready.add(new ReadyHandle(future.loop, context, this));
    }

    @Override
    public void run() {
        callback.accept(future);
    }

    @Override
    public Object lane() {
        return future.lane();
    }

    @Override
    public boolean waits() {
        return waits;
    }

    Consumer<?> callback() {
        return callback;
    }

    boolean isFor(DoneCallback<?> other) {
        return callback.equals(other.callback);
    }
}

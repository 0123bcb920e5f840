package dev.loop.generator;

import dev.loop.Async;
import dev.loop.CancelHook;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Task;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request to an asynchronous generator, and the future of what comes of it. Driven in a task of its own: a cancel of the future
 * is one of the task, and so of what the body waits for, and the future ends when that has ended. A value that nobody has read goes back.
 */
final class Pull<T> implements CancelHook<@Nullable T> {

    private final @Nullable AsyncGeneratorCore<T> source; // of the value; null if there is none to go back
    private final Object generator; // not collected meanwhile
    private @Nullable Task<?> task;
    private long number; // of the value

    private Pull(@Nullable AsyncGeneratorCore<T> source, Object generator) {
        this.source = source;
        this.generator = generator;
    }

    /** A value that is there. */
    static <T> Future<@Nullable T> granted(AsyncGeneratorCore<T> source, Object generator, long number, T value) {
        var pull = new Pull<T>(source, generator);
        pull.number = number;
        Promise<@Nullable T> promise = EventLoop.current().promise(pull);
        promise.complete(value);
        return promise;
    }

    /** Begins to drive now, in a new task. */
    static <T> Future<@Nullable T> start(
            @Nullable AsyncGeneratorCore<T> source,
            Object generator,
            String taskName,
            Supplier<? extends @Nullable T> drive) {
        EventLoop loop = EventLoop.current();
        var pull = new Pull<T>(source, generator);
        Promise<@Nullable T> promise = loop.promise(pull);
        Task<?> task = loop.task().name(taskName).eager().spawn(() -> pull.run(promise, drive));
        pull.task = task;
        if (task.isDone() && !promise.isDone()) { // it was cancelled by who was told of its beginning
            promise.tryFail(new CancelledException("the task that was to ask " + generator + " was cancelled"));
        }
        return promise;
    }

    private void run(Promise<@Nullable T> promise, Supplier<? extends @Nullable T> drive) {
        try {
            T value = drive.get();
            number = source == null ? 0 : source.count();
            promise.tryComplete(value);
        } catch (Throwable e) {
            // a cancel reaches a blocking JDK call as an interrupt
            boolean cancelled =
                    e instanceof InterruptedException && Async.currentTask().cancelling() > 0;
            promise.tryFail(cancelled ? new CancelledException("interrupted by a cancel") : e);
            if (e instanceof VirtualMachineError || e instanceof LinkageError) {
                throw e; // it stops the loop
            }
        }
    }

    @Override
    public boolean stop(Promise<@Nullable T> promise, @Nullable String reason) {
        Task<?> t = task;
        if (t != null) {
            t.cancel(reason);
        }
        return false; // the promise ends when the task does
    }

    @Override
    public boolean takeBack(@Nullable T value) {
        AsyncGeneratorCore<T> s = source;
        if (value != null && s != null) {
            s.giveBack(number, value);
        }
        return true;
    }

    @Override
    public String toString() {
        return "Pull[" + generator + "]";
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A loop on the real selector, which runs on a thread of its own until it is closed; for tests whose own threads are foreign to it. */
final class LoopThread implements AutoCloseable {

    final EventLoop loop = EventLoop.create();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("loop-thread").start(loop::runForever);

    /** Runs something in a task, and waits for it. */
    <T> T call(Callable<T> body) {
        var result = new CompletableFuture<T>();
        loop.callSoonThreadsafe(() -> loop.spawn(() -> {
            try {
                result.complete(body.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        }));
        return result.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() throws InterruptedException {
        loop.callSoonThreadsafe(loop::stop);
        if (!thread.join(Duration.ofSeconds(20))) {
            throw new AssertionError("the loop does not stop");
        }
        loop.close();
    }
}

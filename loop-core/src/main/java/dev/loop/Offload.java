package dev.loop;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Blocking calls on helper threads: at most 32, made when they are needed, gone when they are idle; or those of an executor that the
 * program has set.
 */
final class Offload {

    private static final int MOST_THREADS = Math.min(32, Runtime.getRuntime().availableProcessors() + 4);

    private final EventLoop loop;
    private @Nullable ExecutorService executor;
    private boolean shutDown;
    private int running;

    Offload(EventLoop loop) {
        this.loop = loop;
    }

    int running() {
        return running;
    }

    <T extends @Nullable Object> Future<T> submit(Callable<? extends T> work) {
        return submit(executor(), work);
    }

    @SuppressWarnings("unchecked") // it has no use for the value
    <T extends @Nullable Object> Future<T> submit(Executor threads, Callable<? extends T> work) {
        return submit(threads, work, (CallHook<T>) OffloadedCall.ABANDONING);
    }

    <T extends @Nullable Object> Future<T> submit(Executor threads, Callable<? extends T> work, CallHook<T> hook) {
        Context context = loop.capture();
        var call = new OffloadedCall<T>(this, loop, threads, hook, () -> this.<T>inContext(context, work));
        running++;
        try {
            threads.execute(call);
        } catch (Throwable e) { // not only a refusal: no thread may be left to start
            running--;
            throw e;
        }
        return call;
    }

    /** A call has ended, or was cancelled before it began; or a wait for the executor's end is over. */
    void ended() {
        running--;
    }

    // --- the default executor

    void use(ExecutorService threads) {
        refuseWhenShutDown();
        executor = threads;
    }

    private <T extends @Nullable Object> T inContext(Context context, Callable<? extends T> work) throws Exception {
        Carried carried = loop.carried;
        return context.bare.<T, Exception>call(
                () -> carried == null ? work.call() : carried.<T, Exception>call(context, work::call));
    }

    private ExecutorService executor() {
        refuseWhenShutDown();
        ExecutorService e = executor;
        if (e == null) {
            var number = new AtomicInteger();
            var pool = new ThreadPoolExecutor(
                    MOST_THREADS,
                    MOST_THREADS,
                    10,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    task -> Thread.ofPlatform()
                            .daemon()
                            .name(loop.name() + "-helper-" + number.incrementAndGet())
                            .unstarted(task));
            pool.allowCoreThreadTimeOut(true);
            executor = e = pool;
        }
        return e;
    }

    private void refuseWhenShutDown() {
        if (shutDown) {
            throw new RejectedExecutionException("the default executor of " + loop
                    + " was shut down: give an executor of your own to runInExecutor(…)");
        }
    }

    /** Takes no more calls, and waits for those that were accepted. */
    Future<@Nullable Void> shutdown(Duration limit) {
        shutDown = true;
        ExecutorService e = executor;
        if (e == null) {
            return loop.done();
        }
        e.shutdown();
        if (e.isTerminated()) {
            return loop.done();
        }
        running++;
        return new ExecutorEnd(loop, this, e, limit);
    }

    void close() {
        if (executor != null) {
            executor.shutdown();
        }
    }
}

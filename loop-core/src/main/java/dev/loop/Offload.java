package dev.loop;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Blocking calls on helper threads: at most 32, made when they are needed, gone when they are idle. */
final class Offload {

    private static final int MOST_THREADS = Math.min(32, Runtime.getRuntime().availableProcessors() + 4);

    private final EventLoop loop;
    private @Nullable ExecutorService executor;
    private int running;

    Offload(EventLoop loop) {
        this.loop = loop;
    }

    int running() {
        return running;
    }

    <T extends @Nullable Object> Future<T> submit(Callable<? extends T> work) {
        var promise = new Offloaded<T>(loop);
        running++;
        Context context = loop.capture();
        promise.work = executor().submit(() -> {
            Object outcome;
            try {
                outcome = Outcome.of(this.<T>inContext(context, work));
            } catch (Throwable e) {
                outcome = Outcome.thrown(e);
            }
            Object result = outcome;
            loop.submit(() -> {
                running--;
                promise.finish(result);
            });
        });
        return promise;
    }

    private <T extends @Nullable Object> T inContext(Context context, Callable<? extends T> work) throws Exception {
        Carried carried = loop.carried;
        return context.bare.<T, Exception>call(
                () -> carried == null ? work.call() : carried.<T, Exception>call(context, work::call));
    }

    private ExecutorService executor() {
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

    void close() {
        if (executor != null) {
            executor.shutdown();
        }
    }

    private final class Offloaded<T extends @Nullable Object> extends Promise<T> {
        java.util.concurrent.@Nullable Future<?> work;

        Offloaded(EventLoop loop) {
            super(loop);
        }

        @Override
        public boolean cancel(@Nullable String reason) {
            boolean cancelled = super.cancel(reason);
            var w = work;
            // a call that has begun is abandoned, not interrupted: it may be in the middle of anything; its thread
            // tells its end
            if (cancelled
                    && w instanceof Runnable waiting
                    && executor instanceof ThreadPoolExecutor pool
                    && pool.remove(waiting)) {
                running--;
            }
            return cancelled;
        }
    }
}

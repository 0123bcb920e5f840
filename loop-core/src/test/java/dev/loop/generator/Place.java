package dev.loop.generator;

import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.VoidBody;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Where a generator can be driven from. */
enum Place {
    PLATFORM {
        @Override
        void run(VoidBody<? extends Exception> code) throws Exception {
            code.run();
        }
    },
    TASK {
        @Override
        void run(VoidBody<? extends Exception> code) {
            TestLoop.run(code::run);
        }
    },
    CALLBACK {
        @Override
        void run(VoidBody<? extends Exception> code) {
            TestLoop.run(() -> {
                Promise<String> done = EventLoop.current().promise();
                EventLoop.current().callSoon(() -> {
                    try {
                        code.run();
                        done.complete("done");
                    } catch (Throwable e) {
                        done.fail(e);
                    }
                });
                done.await();
            });
        }
    },
    VIRTUAL {
        @Override
        void run(VoidBody<? extends Exception> code) throws Exception {
            var done = new CompletableFuture<String>();
            Thread.ofVirtual().start(() -> {
                try {
                    code.run();
                    done.complete("done");
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
            try {
                done.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw e;
            }
        }
    };

    /** What is left of a generator. */
    static <Y> List<Y> all(Iterable<Y> values) {
        var all = new ArrayList<Y>();
        values.forEach(all::add);
        return all;
    }

    /** Runs code there and waits for it. */
    abstract void run(VoidBody<? extends Exception> code) throws Exception;

    /** Whether many yields are asked for and do not take minutes: on the hand-off engine each goes through the system. */
    static boolean manyAreQuick() {
        return Boolean.getBoolean("loop.stress") && !"handoff".equals(System.getProperty("dev.loop.carrier"));
    }
}

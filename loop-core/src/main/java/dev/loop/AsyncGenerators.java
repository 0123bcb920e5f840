package dev.loop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The asynchronous generators of a loop that have begun and not ended. It belongs to the loop's thread. */
final class AsyncGenerators {

    private final EventLoop loop;
    private final Map<Object, VoidBody<? extends Exception>> live =
            new LinkedHashMap<>(); // in the order of their beginning
    private boolean shutDown;

    AsyncGenerators(EventLoop loop) {
        this.loop = loop;
    }

    /** One has begun. Returns what is to be run when it has ended. */
    Runnable add(VoidBody<? extends Exception> close) {
        if (shutDown) {
            loop.reports.later(new ExceptionContext(
                    close
                            + " has begun after the shutdown of asynchronous generators: only the close of the loop closes it",
                    null,
                    null,
                    null));
        }
        var key = new Object();
        live.put(key, close);
        return () -> {
            loop.checkThread();
            live.remove(key);
        };
    }

    boolean isEmpty() {
        return live.isEmpty();
    }

    /** Closes all that are alive, each in a task of its own. */
    Future<@Nullable Void> shutdown() {
        shutDown = true;
        List<Task<?>> tasks = new ArrayList<>();
        for (VoidBody<? extends Exception> close : live.values()) { // each takes itself out when it ends
            tasks.add(loop.spawn("close generator", () -> close(close)));
        }
        return tasks.isEmpty()
                ? loop.done()
                : loop.spawn(
                        "close generators", () -> tasks.forEach(t -> t.join().await()));
    }

    /** Takes those that are alive out, to be closed by {@link #close}, at the end of the loop. */
    List<VoidBody<? extends Exception>> takeAll() {
        List<VoidBody<? extends Exception>> all = new ArrayList<>(live.values());
        live.clear();
        return all;
    }

    /** Closes one, in a task. Its failure has nobody else to go to. */
    void close(VoidBody<? extends Exception> close) throws Exception {
        try {
            close.run();
        } catch (CancelledException e) {
            throw e;
        } catch (Exception | Error e) {
            if (Outcome.isFatal(e)) {
                throw e;
            }
            loop.reports.later(new ExceptionContext("the close of " + close + " failed", e, null, null));
        }
    }
}

package dev.loop.reactor;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Promise;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/** What a scheduler has taken and not done, its workers' too, and its end when that is done. Thread-safe. */
final class GracefulEnd {

    private final EventLoop loop;
    private final Disposable whole;
    private final Set<Work> open = ConcurrentHashMap.newKeySet();
    private volatile boolean begun; // before the look at the works: what is added later sees it
    private final ArrayList<Promise<@Nullable Void>> waiters = new ArrayList<>(); // the loop's thread only

    GracefulEnd(EventLoop loop, Disposable whole) {
        this.loop = loop;
        this.whole = whole;
    }

    /** False if the end has begun. */
    boolean add(Work work) {
        open.add(work);
        if (begun) {
            remove(work);
            return false;
        }
        return true;
    }

    void remove(Work work) {
        if (open.remove(work) && begun && open.isEmpty()) {
            CallbackThread.submit(loop, this::tell);
        }
    }

    boolean hasBegun() {
        return begun;
    }

    void begin() {
        begun = true;
        open.stream().filter(Work::isEndless).toList().forEach(Work::dispose);
        if (open.isEmpty()) {
            whole.dispose();
        }
    }

    /** On the loop. */
    Future<@Nullable Void> whenIdle() {
        Promise<@Nullable Void> idle = loop.promise();
        waiters.add(idle);
        tell();
        return idle;
    }

    private void tell() {
        if (open.isEmpty()) {
            whole.dispose();
            for (Promise<@Nullable Void> waiter : waiters) {
                waiter.tryComplete(null);
            }
            waiters.clear();
        }
    }
}

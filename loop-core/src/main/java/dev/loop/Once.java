package dev.loop;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that happens once in the life of a loop. Each that waits for it has a future of its own, so that a cancelled wait takes
 * nothing from the others.
 */
final class Once<T extends @Nullable Object> implements CancelHook<T> {

    private final EventLoop loop;

    // the loop's thread only
    private final Set<Promise<T>> waits = new LinkedHashSet<>();
    private @Nullable Object outcome;

    Once(EventLoop loop) {
        this.loop = loop;
    }

    /** A new wait, from any thread. It fails if the loop has closed. */
    Future<T> await() {
        var wait = new HookedPromise<T>(loop, this);
        if (loop.isCurrent()) {
            register(wait);
        } else if (!loop.submit(() -> register(wait))) {
            wait.finish(Outcome.thrown(loop.closedException()));
        }
        return wait;
    }

    private void register(HookedPromise<T> wait) {
        Object o = outcome;
        if (o != null) {
            wait.finish(o);
        } else if (wait.outcome == null) {
            waits.add(wait);
        }
    }

    /** It has happened; only the first call counts. On the loop's thread, or by its owner. */
    void happen(T value) {
        if (outcome == null) {
            Object o = Outcome.of(value);
            outcome = o;
            for (Promise<T> wait : new ArrayList<>(waits)) {
                wait.finish(o);
            }
            waits.clear();
        }
    }

    /** Whether somebody waits. */
    boolean isAwaited() {
        return !waits.isEmpty();
    }

    @Override
    public boolean stop(Promise<T> promise, @Nullable String reason) {
        waits.remove(promise);
        return true;
    }
}

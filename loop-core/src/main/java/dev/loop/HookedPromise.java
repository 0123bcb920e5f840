package dev.loop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A promise whose cancel is settled by a {@link CancelHook}; it remembers whether anybody has read its value. */
class HookedPromise<T extends @Nullable Object> extends Promise<T> {

    private final CancelHook<T> hook;
    private boolean read;

    HookedPromise(EventLoop loop, CancelHook<T> hook) {
        super(loop);
        this.hook = hook;
    }

    @Override
    T take() {
        read = true;
        return super.take();
    }

    @Override
    @Nullable Object lend(List<HookedPromise<?>> lent) {
        if (!read) {
            read = true;
            lent.add(this);
        }
        return outcome;
    }

    @Override
    @Nullable Resource waitedResource() {
        return hook.resource();
    }

    void unread() {
        read = false;
    }

    /** Hands a value back that nobody has read; false if it cannot go back. */
    boolean takeBack(T value) {
        return hook.takeBack(value);
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // NIL is one object, and only where T allows null
    public boolean cancel(@Nullable String reason) {
        loop.checkThread();
        Object how = outcome;
        if (how == null) {
            // the hook may have completed it instead; then there is nothing left to cancel
            return hook.stop(this, reason)
                    ? finish(new Outcome.Cancelled(reason, CancelTrace.capture(loop)))
                    : outcome == null && hook.endsLater();
        }
        if (read || how instanceof Outcome.Failed || how instanceof Outcome.Cancelled) {
            return false;
        }
        if (!takeBack((T) (how == Outcome.NIL ? null : how))) {
            return false;
        }
        outcome = new Outcome.Cancelled(reason, CancelTrace.capture(loop));
        return true;
    }
}

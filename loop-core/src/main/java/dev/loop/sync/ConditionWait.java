package dev.loop.sync;

import dev.loop.CancelHook;
import dev.loop.CancelledException;
import dev.loop.Future;
import dev.loop.Promise;
import dev.loop.Resource;
import org.jspecify.annotations.Nullable;

/**
 * One wait for a condition. However it ends, the lock is held again by then, unless it was closed meanwhile.
 *
 * <pre>
 *   WAITING -> RETAKING    signalled or cancelled: it stands in the queue of the lock
 *   RETAKING -> ENDED      the lock is held again: the future is done, or cancelled
 *   WAITING, RETAKING -> ENDED    the lock was closed: the future is cancelled, and the lock is left alone
 * </pre>
 *
 * <p>It is called on the loop's thread, possibly the platform thread, and runs no user code.
 */
final class ConditionWait implements CancelHook<@Nullable Void> {

    private enum State {
        WAITING,
        RETAKING,
        ENDED
    }

    private final Condition condition;
    private final Lock.Held held;
    final Promise<@Nullable Void> promise;
    private State state = State.WAITING;

    @Nullable Future<Lock.Held> retaking; // the place in the queue of the lock

    private boolean signalled; // and the signal is still this one's
    private @Nullable CancelledException cancel; // the last one
    private boolean stopping;

    ConditionWait(Condition condition, Lock.Held held) {
        this.condition = condition;
        this.held = held;
        promise = condition.lock().loop.promise(this);
    }

    /** It was taken out of those that wait, for a signal. */
    void signal() {
        signalled = true;
        retake();
    }

    private void retake() {
        state = State.RETAKING;
        condition.lock().resume(held, this);
    }

    /** The lock is held again. */
    void ended() {
        state = State.ENDED;
        if (stopping) {
            return; // inside the cancel, which ends the promise
        }
        CancelledException c = cancel;
        if (c != null) {
            promise.fail(c);
        } else {
            promise.complete(null);
        }
    }

    /** The lock was closed in the middle: nobody is there any more to hold it. */
    void abandoned() {
        if (state == State.WAITING) {
            condition.remove(this);
        } else if (retaking != null) {
            retaking.cancel();
        }
        state = State.ENDED;
        passOn();
        promise.fail(
                cancel != null
                        ? cancel
                        : new CancelledException("the lock was closed during the wait for " + condition));
    }

    private void passOn() {
        if (signalled) {
            signalled = false;
            condition.signalFirst();
        }
    }

    /** The lock is taken again before the wait ends as cancelled; that cannot be stopped, and the last reason is the one that counts. */
    @Override
    public boolean stop(Promise<@Nullable Void> wait, @Nullable String reason) {
        cancel = new CancelledException(reason);
        if (state == State.WAITING) {
            condition.remove(this);
            stopping = true;
            retake();
            stopping = false;
            return state == State.ENDED;
        }
        passOn();
        return false;
    }

    @Override
    public boolean endsLater() {
        return true;
    }

    /** Nobody has read that it was signalled: somebody else hears of it. The lock stays held. */
    @Override
    public boolean takeBack(@Nullable Void value) {
        passOn();
        return true;
    }

    @Override
    public Resource resource() {
        return state == State.WAITING ? condition : condition.lock();
    }
}

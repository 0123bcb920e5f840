package dev.loop;

import dev.loop.internal.timer.TimerNode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One timer of something that others wait for: it is set, moved and taken away, and does the same each time it goes off. It is meant
 * for primitives that grant at a time, such as a rate limiter; a program uses {@link EventLoop#callAt}.
 *
 * <p>What it does runs as a part of the loop itself, so that it also works while a callback is blocked. It belongs to its loop's
 * thread.
 */
public final class Alarm {

    private final EventLoop loop;
    private final Runnable action;
    private @Nullable TimerNode timer; // while it is set

    /**
     * An alarm that is not set.
     *
     * @param loop on whose clock it goes off
     * @param action is called on the platform thread: it must not block, take a lock, throw or run user code, as
     *     {@link WaitQueue.GiveBack}
     */
    public Alarm(EventLoop loop, Runnable action) {
        this.loop = loop;
        this.action = Objects.requireNonNull(action, "action");
    }

    /**
     * Sets it, or moves it if it is set. It goes off once, never earlier; in the past means the next turn.
     *
     * @param when nanoseconds, on the scale of {@link EventLoop#time()}
     */
    public void set(long when) {
        loop.checkThread();
        TimerNode t = timer;
        if (t != null) {
            if (t.deadline() == when) {
                return;
            }
            loop.timers.remove(t);
        }
        timer = t = new TimerNode(when) {
            @Override
            public void fire() {
                timer = null;
                action.run();
            }
        };
        loop.timers.add(t);
    }

    /** Takes it away, if it is set. */
    public void clear() {
        loop.checkThread();
        TimerNode t = timer;
        if (t != null) {
            timer = null;
            loop.timers.remove(t);
        }
    }

    /**
     * Whether it is set.
     *
     * @return true until it goes off
     */
    public boolean isSet() {
        loop.checkThread();
        return timer != null;
    }

    @Override
    public String toString() {
        TimerNode t = timer;
        return "Alarm[" + (t == null ? "not set" : t.deadline() + " ns") + " on " + loop.name() + "]";
    }
}

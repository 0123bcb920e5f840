package dev.loop;

import dev.loop.internal.ready.Lane;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.timer.TimerNode;

/** A callback in the timer queue; when it is due it becomes an entry of the ready queue. */
final class TimerCallback extends TimerHandle implements ReadyEntry {

    private final TimerNode node;

    TimerCallback(EventLoop loop, long deadline, Runnable callback) {
        super(loop, loop.capture(), callback);
        node = new TimerNode(deadline) {
            @Override
            public void fire() {
                loop.ready.add(TimerCallback.this);
            }
        };
        loop.timers.add(node);
    }

    @Override
    public long when() {
        return node.deadline();
    }

    @Override
    public void cancel() {
        super.cancel();
        loop.timers.remove(node);
    }

    @Override
    public boolean isCallback() {
        return true;
    }

    @Override
    public Object lane() {
        return Lane.TIMERS;
    }

    @Override
    public void run() {
        runCallback();
    }
}

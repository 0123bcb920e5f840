package dev.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a loop that have not ended, linked through themselves in the order of their creation. It keeps them alive.
 *
 * <p>It belongs to the loop's thread. Other threads may read it as under a sequence lock: the loop makes {@link #changes} odd before
 * it changes a link and even after, which costs it two plain stores; a reader that sees the same even number before and after its
 * walk has seen one state. So a loop that is stuck in a step can still be asked what it has.
 */
final class TaskList {

    private static final VarHandle CHANGES;

    static {
        try {
            CHANGES = MethodHandles.lookup().findVarHandle(TaskList.class, "changes", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int TRIES = 8;

    // written by the loop's thread only
    private @Nullable TaskStep first;
    private @Nullable TaskStep last;
    private int size;
    private long added;

    @SuppressWarnings("UnusedVariable") // by its handle
    private int changes;

    void add(TaskStep step) {
        beginChange();
        link(step);
        endChange();
    }

    void remove(TaskStep step) {
        beginChange();
        unlink(step);
        endChange();
    }

    private void beginChange() {
        CHANGES.setOpaque(this, changes + 1);
        VarHandle.storeStoreFence();
    }

    private void endChange() {
        CHANGES.setRelease(this, changes + 1);
    }

    private void link(TaskStep step) {
        TaskStep l = last;
        step.previous = l;
        if (l == null) {
            first = step;
        } else {
            l.next = step;
        }
        last = step;
        step.number = ++added;
        size++;
    }

    private void unlink(TaskStep step) {
        TaskStep p = step.previous;
        TaskStep n = step.next;
        if (p == null && first != step) {
            return;
        }
        if (p == null) {
            first = n;
        } else {
            p.next = n;
        }
        if (n == null) {
            last = p;
        } else {
            n.previous = p;
        }
        step.previous = null;
        step.next = null;
        size--;
    }

    @Nullable TaskStep first() {
        return first;
    }

    int size() {
        return size;
    }

    /** Those that were added after one with this number, in their order. */
    List<TaskStep> since(long number) {
        var list = new ArrayList<TaskStep>();
        for (TaskStep s = last; s != null && s.number > number; s = s.previous) {
            list.add(s);
        }
        Collections.reverse(list);
        return list;
    }

    List<TaskStep> snapshot() {
        var list = new ArrayList<TaskStep>(size);
        for (TaskStep s = first; s != null; s = s.next) {
            list.add(s);
        }
        return list;
    }

    // --- other threads

    /**
     * The tasks at one moment of this call, for a thread that is not the loop's. While the loop changes its tasks all the time, it is
     * asked to answer itself; one that stands still is read as it is. So this waits for nothing that may not come.
     */
    static List<TaskStep> snapshotFromOutside(EventLoop loop) {
        CompletableFuture<List<TaskStep>> answer = null;
        boolean interrupted = false;
        try {
            while (true) {
                for (int i = 0; i < TRIES; i++) {
                    List<TaskStep> seen = loop.tasks.trySnapshot();
                    if (seen != null) {
                        return seen;
                    }
                    Thread.onSpinWait();
                }
                if (answer == null) {
                    var asked = new CompletableFuture<List<TaskStep>>();
                    loop.submit(() -> asked.complete(loop.tasks.snapshot()));
                    answer = asked;
                }
                try {
                    return answer.get(1, TimeUnit.MILLISECONDS);
                } catch (java.util.concurrent.TimeoutException e) {
                    // the step is a long one, or the loop has closed: perhaps it stands still now
                } catch (ExecutionException e) {
                    throw new AssertionError(e);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Null if the list has changed meanwhile. */
    @Nullable List<TaskStep> trySnapshot() {
        int before = (int) CHANGES.getAcquire(this);
        if ((before & 1) != 0) {
            return null;
        }
        var list = new ArrayList<TaskStep>();
        for (TaskStep s = first; s != null; s = s.next) {
            list.add(s);
            if ((list.size() & 0xff) == 0 && (int) CHANGES.getOpaque(this) != before) {
                return null; // links that change under a walk can lead in circles
            }
        }
        VarHandle.acquireFence();
        return (int) CHANGES.getOpaque(this) == before ? list : null;
    }
}

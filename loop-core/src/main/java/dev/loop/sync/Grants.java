package dev.loop.sync;

import dev.loop.EventLoop;
import dev.loop.Resource;
import dev.loop.Task;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The grants that are out, the oldest first; linked, so that it costs no allocation. Only the latest are known: whoever acquires and
 * never closes what it got, as one may with a semaphore, fills no memory.
 */
final class Grants {

    /** A grant that can be in such a list, in one at most. */
    abstract static class Listed extends Grant {
        private @Nullable Listed previous;
        private @Nullable Listed next;
        private boolean listed;

        Listed(EventLoop loop) {
            super(loop);
        }
    }

    /** How many are known. */
    static final int MOST = 1000;

    /** Among how many the latest one of a task is looked for: where others give back what one acquires, it is never there. */
    private static final int MOST_SEARCHED = 100;

    private @Nullable Listed first;
    private @Nullable Listed last;
    private int size;

    void add(Listed grant) {
        Listed l = last;
        grant.previous = l;
        if (l == null) {
            first = grant;
        } else {
            l.next = grant;
        }
        last = grant;
        grant.listed = true;
        if (++size > MOST && first != null) {
            remove(first);
        }
    }

    void remove(Listed grant) {
        if (!grant.listed) {
            return;
        }
        Listed p = grant.previous;
        Listed n = grant.next;
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
        grant.previous = null;
        grant.next = null;
        grant.listed = false;
        size--;
    }

    /** The latest one of a task, if it is among the latest few; null for code outside of a task. */
    @Nullable Listed lastOf(@Nullable Task<?> task) {
        Listed grant = task == null ? null : last;
        for (int i = 0; i < MOST_SEARCHED && grant != null && grant.task != task; i++) {
            grant = grant.previous;
        }
        return grant != null && grant.task == task ? grant : null;
    }

    Collection<Task<?>> holders() {
        Set<Task<?>> holders = new LinkedHashSet<>();
        for (Listed grant = first; grant != null; grant = grant.next) {
            if (grant.task != null) {
                holders.add(grant.task);
            }
        }
        return holders;
    }

    List<Resource.Hold> holds() {
        var holds = new ArrayList<Resource.Hold>(size);
        for (Listed grant = first; grant != null; grant = grant.next) {
            holds.add(grant.hold());
        }
        return holds;
    }
}

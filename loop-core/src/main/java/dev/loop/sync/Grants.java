package dev.loop.sync;

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

    /** How many are known. */
    static final int MOST = 1000;

    private @Nullable Grant first;
    private @Nullable Grant last;
    private int size;

    void add(Grant grant) {
        Grant l = last;
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

    void remove(Grant grant) {
        if (!grant.listed) {
            return;
        }
        Grant p = grant.previous;
        Grant n = grant.next;
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

    /** The latest one, if that is a task's. */
    @Nullable Grant lastOf(@Nullable Task<?> task) {
        Grant l = last;
        return l != null && task != null && l.task == task ? l : null;
    }

    Collection<Task<?>> holders() {
        Set<Task<?>> holders = new LinkedHashSet<>();
        for (Grant grant = first; grant != null; grant = grant.next) {
            if (grant.task != null) {
                holders.add(grant.task);
            }
        }
        return holders;
    }

    List<Resource.Hold> holds() {
        var holds = new ArrayList<Resource.Hold>(size);
        for (Grant grant = first; grant != null; grant = grant.next) {
            holds.add(grant.hold());
        }
        return holds;
    }
}

package dev.loop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tasks of a loop that have not ended, linked through themselves in the order of their creation. It keeps them alive. */
final class TaskList {

    private @Nullable TaskStep first;
    private @Nullable TaskStep last;
    private int size;
    private long added;

    void add(TaskStep step) {
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

    void remove(TaskStep step) {
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
}

package dev.loop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two or more listeners of one future, in the order of registration. They are linked; where there are many, whoever leaves is found
 * by an index, so that thousands of waiters may leave one after another. The index is made when the first of many leaves: most
 * futures never need one.
 */
final class Listeners {

    /** With so many a search is no slower than an index. */
    private static final int FEW = 16;

    private @Nullable Node first;
    private @Nullable Node last;
    private int size;
    private int changes;

    private @Nullable Map<Object, Node> kernels; // of the kernel's own, by identity
    private @Nullable Map<Object, Node> callbacks; // by the user's equals, which runs in the user's own call only

    /** One registration. */
    private static final class Node {
        final Listener listener;

        @Nullable Node previous;

        @Nullable Node next;

        boolean linked = true; // a comparison that is user code may have taken it out meanwhile

        @Nullable Node same; // another registration under the same key of the index

        Node(Listener listener) {
            this.listener = listener;
        }
    }

    void add(Listener listener) {
        var node = new Node(listener);
        Map<Object, Node> index = listener instanceof DoneCallback ? callbacks : kernels;
        if (index != null) {
            file(index, node);
        }
        Node l = last;
        node.previous = l;
        if (l == null) {
            first = node;
        } else {
            l.next = node;
        }
        last = node;
        size++;
        changes++;
    }

    /** Takes out every entry of this listener; returns how many there were. */
    int remove(Listener listener) {
        int removed = 0;
        Map<Object, Node> index = index(listener instanceof DoneCallback);
        if (index != null) {
            for (Node node = index.remove(key(listener)); node != null; node = node.same) {
                removed += unlink(node);
            }
        } else if (listener instanceof DoneCallback) {
            for (Node node : find(listener)) {
                removed += unlink(node);
            }
        } else {
            for (Node node = first; node != null; node = node.next) {
                if (node.listener == listener) {
                    removed += unlink(node);
                }
            }
        }
        if (size < FEW / 2) {
            kernels = null;
            callbacks = null;
        }
        return removed;
    }

    /** Where it stands; all of them first, because comparing callbacks is user code and may change this very list. */
    private List<Node> find(Listener callback) {
        var all = new ArrayList<Node>(size);
        for (Node node = first; node != null; node = node.next) {
            all.add(node);
        }
        all.removeIf(node -> !same(node.listener, callback));
        return all;
    }

    private int unlink(Node node) {
        if (!node.linked) {
            return 0;
        }
        node.linked = false;
        changes++;
        Node p = node.previous;
        Node n = node.next;
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
        size--;
        return 1;
    }

    private @Nullable Map<Object, Node> index(boolean ofCallbacks) {
        Map<Object, Node> index = ofCallbacks ? callbacks : kernels;
        if (index == null && size > FEW) {
            int before = changes;
            index = ofCallbacks ? new HashMap<>() : new IdentityHashMap<>();
            for (Node node = first; node != null; node = node.next) {
                if (node.listener instanceof DoneCallback == ofCallbacks) {
                    file(index, node);
                }
            }
            if (changes != before) {
                return null; // by a comparison
            }
            if (ofCallbacks) {
                callbacks = index;
            } else {
                kernels = index;
            }
        }
        return index;
    }

    private static void file(Map<Object, Node> index, Node node) {
        node.same = index.put(key(node.listener), node);
    }

    private static Object key(Listener listener) {
        return listener instanceof DoneCallback<?> callback ? callback.callback() : listener;
    }

    /** Whether there is anything besides the history that debug mode keeps here. */
    boolean hasAny() {
        return size > (first() instanceof CreationTrace ? 1 : 0);
    }

    @Nullable Listener first() {
        return first == null ? null : first.listener;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void completed(Future<?> future) {
        for (Node node = first; node != null; node = node.next) {
            node.listener.completed(future);
        }
    }

    boolean hasWaiterBesides(@Nullable Listener one) {
        for (Node node = first; node != null; node = node.next) {
            if (node.listener != one && node.listener.waits()) {
                return true;
            }
        }
        return false;
    }

    boolean hasLooker() {
        for (Node node = first; node != null; node = node.next) {
            if (node.listener.looks()) {
                return true;
            }
        }
        return false;
    }

    static boolean same(Listener a, Listener b) {
        return a == b || (a instanceof DoneCallback<?> x && b instanceof DoneCallback<?> y && x.isFor(y));
    }
}

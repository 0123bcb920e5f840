package dev.loop.debug;

import dev.loop.Future;
import dev.loop.Task;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The edges between the tasks of a loop at one moment. Chains of waits may be long, so nothing here calls itself. */
final class WaitEdges {

    private final List<Task<?>> tasks;
    private final IdentityHashMap<Future<?>, List<Task<?>>> awaits = new IdentityHashMap<>();
    private final IdentityHashMap<Future<?>, List<Task<?>>> awaitedBy = new IdentityHashMap<>();

    WaitEdges(List<Task<?>> tasks) {
        this.tasks = tasks;
        for (Task<?> task : tasks) {
            Future<?> awaited = task.awaiting();
            if (awaited == null) {
                continue;
            }
            var behind = new ArrayList<Task<?>>();
            for (Future<?> passed : passed(List.of(awaited))) {
                awaitedBy.computeIfAbsent(passed, _ -> new ArrayList<>()).add(task);
                if (passed instanceof Task<?> other) {
                    behind.add(other);
                }
            }
            awaits.put(task, behind);
        }
    }

    /** Futures have no equality of their own; a set of them keeps the order in which they were found. */
    static Set<Future<?>> newSet() {
        return new LinkedHashSet<>();
    }

    Collection<Future<?>> tasks() {
        return Collections.unmodifiableList(tasks);
    }

    /** The tasks that a task waits for. */
    List<Task<?>> awaits(Future<?> task) {
        return awaits.getOrDefault(task, List.of());
    }

    /** The tasks that wait for a future. */
    List<Task<?>> awaitedBy(Future<?> future) {
        return awaitedBy.getOrDefault(future, List.of());
    }

    /** The tasks that any future waits for: a task's by its await, another one's by what it is made of. */
    List<Task<?>> tasksBehindParts(Future<?> future) {
        if (future instanceof Task<?>) {
            return awaits(future);
        }
        var behind = new ArrayList<Task<?>>();
        for (Future<?> passed : passed(future.dependencies())) {
            if (passed instanceof Task<?> task) {
                behind.add(task);
            }
        }
        return behind;
    }

    /** These futures and what they are made of, up to the first tasks. */
    private static Set<Future<?>> passed(List<Future<?>> from) {
        Set<Future<?>> passed = newSet();
        Deque<Future<?>> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            Future<?> future = open.removeFirst();
            if (passed.add(future) && !(future instanceof Task<?>)) {
                open.addAll(future.dependencies());
            }
        }
        return passed;
    }

    /** All that is reached from some tasks by going on. */
    Set<Future<?>> reachable(List<Task<?>> from, Function<Future<?>, List<Task<?>>> next) {
        Set<Future<?>> reached = newSet();
        Deque<Task<?>> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            Task<?> task = open.removeFirst();
            if (reached.add(task)) {
                open.addAll(next.apply(task));
            }
        }
        return reached;
    }

    /** Circles, each found at the edge that closes it in a walk from every task. */
    List<List<Task<?>>> cycles(List<Task<?>> among, int most) {
        var found = new ArrayList<List<Task<?>>>();
        Set<Future<?>> left = newSet(); // walked, with all that follows
        for (Task<?> start : among) {
            walk(start, left, found, most);
        }
        return found;
    }

    private void walk(Task<?> start, Set<Future<?>> left, List<List<Task<?>>> found, int most) {
        var path = new ArrayList<Task<?>>();
        IdentityHashMap<Task<?>, Integer> place = new IdentityHashMap<>();
        var edges = new ArrayList<Deque<Task<?>>>();
        Deque<Task<?>> first = new ArrayDeque<>(List.of(start));
        edges.add(first);
        while (!edges.isEmpty()) {
            Task<?> next = edges.getLast().pollFirst();
            if (next == null) {
                edges.removeLast();
                if (!path.isEmpty() && edges.size() == path.size()) {
                    Task<?> done = path.removeLast();
                    place.remove(done);
                    left.add(done);
                }
                continue;
            }
            Integer at = place.get(next);
            if (at != null) {
                if (found.size() < most) {
                    found.add(List.copyOf(path.subList(at, path.size())));
                }
            } else if (!left.contains(next)) {
                place.put(next, path.size());
                path.add(next);
                edges.add(new ArrayDeque<>(awaits(next)));
            }
        }
    }
}

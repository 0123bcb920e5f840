package dev.loop.debug;

import dev.loop.Future;
import dev.loop.Resource;
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

/**
 * The edges between the tasks of a loop at one moment: from who waits to who ends that wait, through combinators, and through what
 * tasks hold. Chains of waits may be long, so nothing here calls itself.
 */
final class WaitEdges {

    /** What has more holders than that will be free again; and an edge from each waiter to each holder would be too many. */
    private static final int MOST_HOLDERS = 50;

    private final List<Task<?>> tasks;
    private final IdentityHashMap<Future<?>, List<Task<?>>> awaits = new IdentityHashMap<>();
    private final IdentityHashMap<Future<?>, List<Task<?>>> awaitedBy = new IdentityHashMap<>();

    // what tasks hold and others wait for, in the order in which it was found, and who waits
    private final IdentityHashMap<Resource, List<Task<?>>> contended = new IdentityHashMap<>();
    private final List<Resource> resources = new ArrayList<>();
    private final IdentityHashMap<Resource, Set<Task<?>>> held = new IdentityHashMap<>();
    private final IdentityHashMap<Resource, Boolean> heldByOthers = new IdentityHashMap<>();

    // by who waits: the holders of which one is enough, where there are several
    private final IdentityHashMap<Task<?>, List<Choice>> anyOf = new IdentityHashMap<>();

    /** Those of whom one is enough; and whether code outside of a task is one more. */
    private record Choice(Set<Task<?>> holders, boolean others) {}

    WaitEdges(List<Task<?>> tasks) {
        this.tasks = tasks;
        for (Task<?> task : tasks) {
            Future<?> awaited = task.awaiting();
            if (awaited == null) {
                continue;
            }
            Set<Task<?>> behind = new LinkedHashSet<>();
            for (Future<?> passed : passed(List.of(awaited))) {
                add(awaitedBy, passed, task);
                if (passed instanceof Task<?> other) {
                    behind.add(other);
                }
                Resource resource = passed.resource();
                if (resource != null) {
                    behind.addAll(holders(task, resource));
                }
            }
            awaits.put(task, List.copyOf(behind));
        }
    }

    private Set<Task<?>> holders(Task<?> task, Resource resource) {
        if (!contended.containsKey(resource)) {
            resources.add(resource);
        }
        add(contended, resource, task);
        Set<Task<?>> holders = held.computeIfAbsent(resource, WaitEdges::holders);
        holders.forEach(holder -> add(awaitedBy, holder, task));
        boolean others = hasOtherHolders(resource);
        if (holders.size() > 1 || others) {
            anyOf.computeIfAbsent(task, _ -> new ArrayList<>()).add(new Choice(holders, others));
        }
        return holders;
    }

    private static Set<Task<?>> holders(Resource resource) {
        Set<Task<?>> holders = new LinkedHashSet<>(resource.holders());
        return holders.size() > MOST_HOLDERS ? Set.of() : holders;
    }

    private boolean hasOtherHolders(Resource resource) {
        return heldByOthers.computeIfAbsent(
                resource, held -> held.holds().stream().anyMatch(hold -> hold.task() == null));
    }

    /** Adds a task to a list; those of one task come together, so a second one is beside the first. */
    private static <K> void add(IdentityHashMap<K, List<Task<?>>> lists, K key, Task<?> task) {
        List<Task<?>> list = lists.computeIfAbsent(key, _ -> new ArrayList<>());
        if (list.isEmpty() || list.getLast() != task) {
            list.add(task);
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

    /** What tasks wait for that tasks can hold. */
    List<Resource> resources() {
        return resources;
    }

    /** The tasks that wait for a resource, in the order in which they were made. */
    List<Task<?>> waiters(Resource resource) {
        return contended.getOrDefault(resource, List.of());
    }

    /** The tasks that any future waits for: a task's by its await, another one's by what it is made of. */
    List<Task<?>> tasksBehindParts(Future<?> future) {
        if (future instanceof Task<?>) {
            return awaits(future);
        }
        Set<Task<?>> behind = new LinkedHashSet<>();
        for (Future<?> passed : passed(List.of(future))) {
            if (passed instanceof Task<?> task) {
                behind.add(task);
            }
            Resource resource = passed.resource();
            if (resource != null) {
                behind.addAll(holders(resource));
            }
        }
        return List.copyOf(behind);
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

    /**
     * Circles, each found at the edge that closes it in a walk from every task. What has several holders is a part of one only if none
     * of them can go on.
     */
    List<List<Task<?>>> cycles(List<Task<?>> among, int most) {
        Function<Task<?>, List<Task<?>>> edges = anyOf.isEmpty() ? this::awaits : new StuckTasks(this)::awaits;
        var found = new ArrayList<List<Task<?>>>();
        Set<Future<?>> left = newSet(); // walked, with all that follows
        for (Task<?> start : among) {
            walk(start, edges, left, found, most);
        }
        return found;
    }

    private static void walk(
            Task<?> start,
            Function<Task<?>, List<Task<?>>> next,
            Set<Future<?>> left,
            List<List<Task<?>>> found,
            int most) {
        var path = new ArrayList<Task<?>>();
        IdentityHashMap<Task<?>, Integer> place = new IdentityHashMap<>();
        var edges = new ArrayList<Deque<Task<?>>>();
        Deque<Task<?>> first = new ArrayDeque<>(List.of(start));
        edges.add(first);
        while (!edges.isEmpty()) {
            Task<?> to = edges.getLast().pollFirst();
            if (to == null) {
                edges.removeLast();
                if (!path.isEmpty() && edges.size() == path.size()) {
                    Task<?> done = path.removeLast();
                    place.remove(done);
                    left.add(done);
                }
                continue;
            }
            Integer at = place.get(to);
            if (at != null) {
                if (found.size() < most) {
                    found.add(List.copyOf(path.subList(at, path.size())));
                }
            } else if (!left.contains(to)) {
                place.put(to, path.size());
                path.add(to);
                edges.add(new ArrayDeque<>(next.apply(to)));
            }
        }
    }

    /**
     * The tasks that nothing in the loop lets go on: what is left when all are taken out that wait for no task, or only for tasks that
     * were taken out, where of several holders one is enough. This is the reduction of an AND-OR wait-for graph.
     */
    private static final class StuckTasks {
        private final WaitEdges edges;
        private final Set<Task<?>> stuck = new LinkedHashSet<>();

        StuckTasks(WaitEdges edges) {
            this.edges = edges;
            Deque<Task<?>> goOn = new ArrayDeque<>();
            for (Task<?> task : edges.tasks) {
                if (edges.awaits(task).isEmpty()) {
                    goOn.add(task);
                } else {
                    stuck.add(task);
                }
            }
            while (!goOn.isEmpty()) {
                for (Task<?> waiter : edges.awaitedBy(goOn.removeFirst())) {
                    if (stuck.contains(waiter) && awaits(waiter).isEmpty()) {
                        stuck.remove(waiter);
                        goOn.add(waiter);
                    }
                }
            }
        }

        private boolean canGoOn(Choice choice) {
            return choice.others || !stuck.containsAll(choice.holders);
        }

        /** The tasks that are stuck and without which this one is. */
        List<Task<?>> awaits(Task<?> task) {
            List<Choice> choices = edges.anyOf.getOrDefault(task, List.of());
            return edges.awaits(task).stream()
                    .filter(stuck::contains)
                    .filter(to -> choices.stream().noneMatch(choice -> choice.holders.contains(to) && canGoOn(choice)))
                    .toList();
        }
    }
}

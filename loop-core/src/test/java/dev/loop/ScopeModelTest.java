package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random programs of scopes, shields, deadlines, catches, edges and awaited tasks, run by the loop and by a model that knows nothing
 * of it: what each wait throws, which scope absorbs it, and when, is the same to the nanosecond.
 *
 * <p>The model: a chain of tasks, each awaiting the next; the last one waits for time. What happens next is the nearest of the
 * deadlines of all scopes, of the edges and cancels from outside, and of the end of the wait. All instants are random and so do not
 * meet.
 */
@Timeout(value = 590, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class ScopeModelTest {

    private static final long MANY = 1_000_000_000_000L;

    @Test
    void scopesDoWhatTheModelSays() {
        long first = Long.getLong("loop.seed", 0);
        int programs = Boolean.getBoolean("loop.stress") ? 200_000 : 3_000;
        for (long seed = first; seed < first + programs; seed++) {
            compare(seed);
        }
    }

    @Test
    @Tag("both-engines")
    void onAnyEngine() {
        for (long seed = -1; seed > -15; seed--) {
            compare(seed);
        }
    }

    private static void compare(long seed) {
        var program = new Program(new Random(seed));
        List<String> expected = new Model(program).run();
        List<String> actual = new Reality(program).run();
        assertThat(actual).as("again with -Dloop.seed=%d:%n%s", seed, program).isEqualTo(expected);
    }

    // --- programs

    private sealed interface Node {}

    private record Sleep(long nanos) implements Node {}

    private record Yield() implements Node {}

    /** A wait for what is done: never cancelled. */
    private record Done() implements Node {}

    private record Both(List<Node> nodes) implements Node {}

    private record Scope(int id, long limit, boolean shield, boolean quiet, Node body) implements Node {}

    /** Goes on after a cancel or a time-out. */
    private record Catch(int id, Node body) implements Node {}

    private record CancelEnclosing(int scope) implements Node {}

    private record Reschedule(int scope, long fromNow) implements Node {}

    private record CancelMyself(int id) implements Node {}

    private record Uncancel() implements Node {}

    /** Spawns a task and awaits it. */
    private record Child(int id, Node body) implements Node {}

    private static final class Program {
        private final Random random;
        private final Node body;
        private final Map<Long, Integer> edges = new TreeMap<>(); // of the first task, by time
        private final Map<Long, Integer> scopes = new TreeMap<>(); // cancelled from outside
        private int ids;
        private int budget = 24;

        Program(Random random) {
            this.random = random;
            body = node(new ArrayList<>(), 5);
            for (int i = random.nextInt(3); i > 0; i--) {
                edges.put(time(3), ++ids);
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                scopes.put(time(3), 1 + random.nextInt(Math.max(1, ids)));
            }
        }

        private long time(int scale) {
            return 1 + random.nextLong(MANY * scale);
        }

        private Node node(List<Integer> enclosing, int depth) {
            if (budget-- <= 0 || depth == 0) {
                return new Sleep(time(1));
            }
            return switch (random.nextInt(enclosing.isEmpty() ? 13 : 15)) {
                case 0 -> new Sleep(time(1));
                case 1 -> random.nextBoolean() ? new Yield() : new Done();
                case 2, 3, 4 -> {
                    var nodes = new ArrayList<Node>();
                    for (int i = 1 + random.nextInt(3); i >= 0; i--) {
                        nodes.add(node(enclosing, depth - 1));
                    }
                    yield new Both(nodes);
                }
                case 5, 6, 7, 8 -> {
                    int id = ++ids;
                    var inside = new ArrayList<>(enclosing);
                    inside.add(id);
                    yield new Scope(
                            id,
                            random.nextInt(4) == 0 ? -1 : time(2),
                            random.nextInt(4) == 0,
                            random.nextBoolean(),
                            node(inside, depth - 1));
                }
                case 9, 10 -> new Catch(++ids, node(enclosing, depth - 1));
                case 11 -> random.nextInt(3) == 0 ? new Uncancel() : new CancelMyself(++ids);
                case 12 -> new Child(++ids, node(new ArrayList<>(), depth - 1));
                case 13 -> new CancelEnclosing(enclosing.get(random.nextInt(enclosing.size())));
                default -> new Reschedule(enclosing.get(random.nextInt(enclosing.size())), time(2));
            };
        }

        @Override
        public String toString() {
            return body + "%nedges %s%nscopes %s".formatted(edges, scopes);
        }
    }

    // --- what really happens

    private static final class Reality {
        private final Program program;
        private final List<String> trace = new ArrayList<>();
        private final Map<Integer, CancelScope> entered = new HashMap<>();
        private final Map<CancelScope, Integer> ids = new HashMap<>();

        Reality(Program program) {
            this.program = program;
        }

        List<String> run() {
            try (var test = new TestLoop()) {
                EventLoop loop = test.loop();
                test.runMain(() -> {
                    Task<?> task = spawn(() -> perform(program.body));
                    program.edges.forEach((when, id) -> loop.callAt(when, () -> task.cancel("edge " + id)));
                    program.scopes.forEach((when, id) -> loop.callAt(when, () -> {
                        CancelScope scope = entered.get(id);
                        if (scope != null) {
                            scope.cancel("outside " + id);
                        }
                    }));
                    task.join().await();
                    note("the end", task.isCancelled() ? "cancelled" : task.exception() == null ? "value" : "failed");
                    note("requests", task.cancelling());
                    assertThat(loop.allTasks()).containsExactly(currentTask());
                    loop.tasks.snapshot();
                });
            }
            return trace;
        }

        private void note(Object what, Object more) {
            trace.add(EventLoop.current().time() + " " + what + " " + more);
        }

        private void perform(Node node) {
            switch (node) {
                case Sleep(long nanos) -> sleep(Duration.ofNanos(nanos)).await();
                case Yield() -> yieldNow();
                case Done() -> EventLoop.current().done().await();
                case Both(List<Node> nodes) -> nodes.forEach(this::perform);
                case Scope scope -> enter(scope);
                case Catch(int id, Node body) -> {
                    try {
                        perform(body);
                    } catch (CancelledException e) {
                        note("catch " + id, whose(e));
                    } catch (TimeoutException e) {
                        note("catch " + id, "time-out");
                    }
                }
                case CancelEnclosing(int id) -> entered.get(id).cancel("inside " + id);
                case Reschedule(int id, long nanos) -> {
                    CancelScope scope = entered.get(id);
                    if (!scope.isCancelled()) {
                        scope.reschedule(Deadline.after(Duration.ofNanos(nanos)));
                    }
                }
                case CancelMyself(int id) -> currentTask().cancel("edge " + id);
                case Uncancel() -> note("uncancel", currentTask().uncancel());
                case Child(int id, Node body) -> {
                    Task<?> child = spawn(() -> {
                        note("child begins", id);
                        perform(body);
                        note("child ends", id);
                    });
                    try {
                        child.await();
                    } finally {
                        note("child is " + (child.isCancelled() ? "cancelled" : "not"), child.cancelling());
                    }
                }
            }
        }

        private void enter(Scope node) {
            CancelScope scope =
                    node.limit < 0 ? CancelScope.create() : CancelScope.within(Duration.ofNanos(node.limit));
            if (node.shield) {
                scope.shield();
            }
            entered.put(node.id, scope);
            ids.put(scope, node.id);
            String how = "left";
            try {
                if (node.quiet) {
                    how = scope.run(() -> perform(node.body)) ? "ran" : "absorbed";
                } else {
                    scope.runOrFail(() -> perform(node.body));
                    how = "ran";
                }
            } finally {
                note(
                        "scope " + node.id,
                        how
                                + (scope.isCancelled() ? " cancelled" : "")
                                + (scope.expired() ? " expired" : "")
                                + (scope.absorbed() ? " by it" : ""));
            }
        }

        private String whose(CancelledException e) {
            CancelScope scope = e.scope();
            String reason = String.valueOf(e.reason());
            return scope != null ? "scope " + ids.get(scope) : reason.startsWith("not done") ? "late" : reason;
        }
    }

    // --- what should happen

    /** A cancel on its way out; of a scope, or an edge. */
    private static final class Cancel extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient @Nullable ModelScope scope;
        private final @Nullable String reason;

        Cancel(@Nullable ModelScope scope, @Nullable String reason) {
            super(reason, null, false, false);
            this.scope = scope;
            this.reason = reason;
        }
    }

    private static final class Late extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Late() {
            super("late", null, false, false);
        }
    }

    private static final class ModelScope {
        private final Scope node;
        private final ModelTask task;
        private long deadline = Long.MAX_VALUE;
        private boolean cancelled;
        private boolean expired;
        private boolean left;
        private @Nullable String reason;

        ModelScope(Scope node, ModelTask task) {
            this.node = node;
            this.task = task;
        }
    }

    private static final class ModelTask {
        private final List<ModelScope> scopes = new ArrayList<>(); // the innermost last
        private @Nullable String pending;
        private @Nullable String handedOn;
        private boolean delivered;
        private int requests;

        private boolean shielded() {
            return scopes.stream().anyMatch(s -> s.node.shield);
        }

        private @Nullable String dueEdge() {
            return shielded() ? null : pending;
        }

        private @Nullable ModelScope dueScope() {
            ModelScope found = null;
            for (ModelScope scope : scopes.reversed()) {
                if (scope.cancelled) {
                    found = scope;
                }
                if (scope.node.shield) {
                    break;
                }
            }
            return found;
        }

        private boolean due() {
            return dueEdge() != null || dueScope() != null;
        }

        private @Nullable String dueReason() {
            ModelScope scope = dueScope();
            return dueEdge() != null ? dueEdge() : scope == null ? null : scope.reason;
        }

        private Cancel take() {
            String edge = dueEdge();
            if (edge != null) {
                pending = null;
            } else {
                edge = handedOn;
            }
            handedOn = null;
            if (edge != null) {
                return new Cancel(null, edge);
            }
            ModelScope scope = dueScope();
            return scope == null ? new Cancel(null, null) : new Cancel(scope, scope.reason);
        }

        private void ask(String reason) {
            requests++;
            pending = reason;
        }
    }

    private static final class Model {
        private final Program program;
        private final List<String> trace = new ArrayList<>();
        private final List<ModelTask> chain = new ArrayList<>(); // each awaits the next
        private final Map<Integer, ModelScope> entered = new HashMap<>();
        private final TreeMap<Long, Runnable> outside = new TreeMap<>();
        private long now;
        private boolean unwinds; // the sleeper has been cancelled

        Model(Program program) {
            this.program = program;
        }

        List<String> run() {
            var task = new ModelTask();
            program.edges.forEach((when, id) -> outside.put(when, () -> {
                task.ask("edge " + id);
                reach(0);
            }));
            program.scopes.forEach((when, id) -> outside.put(when, () -> {
                ModelScope scope = entered.get(id);
                if (scope != null) {
                    cancel(scope, "outside " + id);
                }
            }));
            chain.add(task);
            String end = "value";
            try {
                perform(task, program.body);
            } catch (Cancel e) {
                end = "cancelled";
            } catch (Late e) {
                end = "failed";
            }
            note("the end", end);
            note("requests", task.requests);
            return trace;
        }

        private void note(Object what, Object more) {
            trace.add(now + " " + what + " " + more);
        }

        private void cancel(ModelScope scope, String reason) {
            if (!scope.cancelled && !scope.left) {
                scope.cancelled = true;
                scope.reason = reason;
                if (scope.task.dueScope() != null) {
                    reach(chain.indexOf(scope.task));
                }
            }
        }

        /** A cancel that is due in a task goes along the chain, up to a task that holds it back. */
        private void reach(int from) {
            for (int i = from; i < chain.size(); i++) {
                ModelTask task = chain.get(i);
                if (!task.due()) {
                    return;
                }
                if (i == chain.size() - 1) {
                    unwinds = true; // if it waits; else its next wait looks for itself
                    return;
                }
                String reason = task.dueReason();
                task.delivered = true;
                String edge = task.dueEdge();
                if (edge != null) {
                    task.pending = null;
                    task.handedOn = edge;
                }
                chain.get(i + 1).ask(reason);
            }
        }

        private void waitUntil(ModelTask me, long end) {
            while (true) {
                if (me.due()) {
                    throw me.take();
                }
                ModelScope next = null;
                long when = end;
                for (ModelTask task : chain) {
                    for (ModelScope scope : task.scopes) {
                        if (!scope.expired && scope.deadline < when) {
                            when = scope.deadline;
                            next = scope;
                        }
                    }
                }
                if (!outside.isEmpty() && outside.firstKey() < when) {
                    now = outside.firstKey();
                    outside.pollFirstEntry().getValue().run();
                } else if (next != null) {
                    now = when;
                    next.expired = true;
                    cancel(next, "late");
                } else {
                    now = end;
                    return;
                }
            }
        }

        private void perform(ModelTask me, Node node) {
            switch (node) {
                case Sleep(long nanos) -> waitUntil(me, now + nanos);
                case Yield() -> {
                    if (me.due()) {
                        throw me.take();
                    }
                }
                case Done() -> {}
                case Both(List<Node> nodes) -> nodes.forEach(n -> perform(me, n));
                case Scope scope -> enter(me, scope);
                case Catch(int id, Node body) -> {
                    try {
                        perform(me, body);
                    } catch (Cancel e) {
                        note("catch " + id, e.scope == null ? e.reason : "scope " + e.scope.node.id);
                    } catch (Late e) {
                        note("catch " + id, "time-out");
                    }
                }
                case CancelEnclosing(int id) -> cancel(entered.get(id), "inside " + id);
                case Reschedule(int id, long nanos) -> {
                    ModelScope scope = entered.get(id);
                    if (!scope.cancelled) {
                        scope.deadline = now + nanos;
                    }
                }
                case CancelMyself(int id) -> me.ask("edge " + id);
                case Uncancel() -> {
                    if (me.requests > 0 && --me.requests == 0) {
                        me.pending = null;
                    }
                    note("uncancel", me.requests);
                }
                case Child(int id, Node body) -> child(me, id, body);
            }
        }

        private void child(ModelTask me, int id, Node body) {
            var child = new ModelTask();
            chain.add(child);
            me.delivered = false;
            boolean cancelled = false;
            RuntimeException end = null;
            if (me.due()) {
                reach(chain.indexOf(me)); // before its first step: the body never runs
                cancelled = true;
                end = new Cancel(null, child.pending);
            } else {
                try {
                    note("child begins", id);
                    perform(child, body);
                    note("child ends", id);
                } catch (Cancel e) {
                    cancelled = true;
                    end = new Cancel(null, e.reason);
                } catch (Late e) {
                    end = e;
                }
            }
            chain.removeLast();
            boolean ours = me.delivered || me.due();
            me.delivered = false;
            try {
                if (ours && cancelled) {
                    throw me.take();
                }
                me.handedOn = null;
                if (end != null) {
                    throw end;
                }
            } finally {
                note("child is " + (cancelled ? "cancelled" : "not"), child.requests);
            }
        }

        private void enter(ModelTask me, Scope node) {
            var scope = new ModelScope(node, me);
            if (node.limit >= 0) {
                scope.deadline = now + node.limit;
            }
            entered.put(node.id, scope);
            me.scopes.add(scope);
            String how = "left";
            String absorbed = "";
            try {
                try {
                    perform(me, node.body);
                    how = "ran";
                } catch (Cancel e) {
                    if (e.scope != scope) {
                        throw e;
                    }
                    leave(me, scope);
                    if (me.due()) {
                        throw me.take(); // one from further out has come since
                    }
                    absorbed = " by it";
                    if (!node.quiet) {
                        throw new Late();
                    }
                    how = "absorbed";
                } finally {
                    leave(me, scope);
                }
            } finally {
                note(
                        "scope " + node.id,
                        how + (scope.cancelled ? " cancelled" : "") + (scope.expired ? " expired" : "") + absorbed);
            }
        }

        private static void leave(ModelTask me, ModelScope scope) {
            if (!scope.left) {
                scope.left = true;
                me.scopes.remove(scope);
            }
        }
    }
}

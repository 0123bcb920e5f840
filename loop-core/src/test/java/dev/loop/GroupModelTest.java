package dev.loop;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.TaskGroup.Policy;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Groups of random children under a deadline, with an edge and a cancel from outside at random times: when the group ends, with which
 * failures in which order, and which cancel goes on after it, is what a simulation of the rules says.
 *
 * <p>Everything in it waits for time only, so the simulation is a list of events; all instants are random and do not meet.
 */
@Timeout(value = 590, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class GroupModelTest {

    private static final long MANY = 3_000_000_000L;
    private static final long NEVER = Long.MAX_VALUE;

    @Test
    void groupsDoWhatTheModelSays() {
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

    private enum End {
        VALUE,
        FAILURE
    }

    /** What it does after it was cancelled and has cleaned up. */
    private enum Answer {
        LETS_GO,
        SWALLOWS,
        FAILS
    }

    /** Somebody who works for a time, unless cancelled; then cleans up for a time. */
    private record Work(long time, End end, long cleanup, Answer answer) {
        static Work random(Random random) {
            return new Work(
                    moment(random, 2),
                    random.nextInt(3) == 0 ? End.FAILURE : End.VALUE,
                    moment(random, 1),
                    random.nextInt(3) > 0 ? Answer.LETS_GO : random.nextBoolean() ? Answer.SWALLOWS : Answer.FAILS);
        }
    }

    private static long moment(Random random, int scale) {
        return 1 + random.nextLong(MANY * scale);
    }

    private static final class Program {
        private final Policy policy;
        private final boolean block; // a try block, not a body
        private final boolean joins;
        private final Work body;
        private final List<Work> children = new ArrayList<>();
        private final List<Boolean> eager = new ArrayList<>();
        private final long deadline;
        private final long edge;
        private final long cancel;

        Program(Random random) {
            policy = Policy.values()[random.nextInt(3)];
            block = random.nextBoolean();
            joins = random.nextInt(3) > 0;
            body = Work.random(random);
            for (int i = random.nextInt(5); i > 0; i--) {
                children.add(Work.random(random));
                eager.add(random.nextInt(3) == 0);
            }
            deadline = random.nextInt(3) == 0 ? moment(random, 3) : NEVER;
            edge = random.nextInt(3) == 0 ? moment(random, 3) : NEVER;
            cancel = random.nextInt(3) == 0 ? moment(random, 3) : NEVER;
        }

        @Override
        public String toString() {
            return policy
                    + (block ? joins ? ", a block that joins" : ", a block" : "")
                    + "%nbody %s%n%s%ndeadline %d, edge %d, cancel of the group %d"
                            .formatted(
                                    body,
                                    children.stream().map(Work::toString).collect(Collectors.joining("\n")),
                                    deadline,
                                    edge,
                                    cancel);
        }
    }

    // --- what really happens

    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Planned(String who) {
            super(who, null, true, false);
        }
    }

    private static final class Reality {
        private final Program program;
        private final List<String> trace = new ArrayList<>();
        private @Nullable TaskGroup group;
        private @Nullable CancelScope deadline;

        Reality(Program program) {
            this.program = program;
        }

        List<String> run() {
            var test = new TestLoop();
            test.runMain(() -> {
                EventLoop loop = EventLoop.current();
                Task<?> owner = spawn("owner", this::owner);
                if (program.edge != NEVER) {
                    loop.callAt(program.edge, () -> owner.cancel("edge"));
                }
                if (program.cancel != NEVER) {
                    loop.callAt(program.cancel, () -> {
                        if (group != null) {
                            group.cancel("group");
                        }
                    });
                }
                owner.join().await();
                assertThat(loop.allTasks()).containsExactly(currentTask());
                trace.add("requests " + owner.cancelling());
            });
            test.loop().close();
            trace.add("reports " + test.reports().size());
            assertThat(test.reports()).allMatch(report -> report.exception() instanceof Planned);
            test.reports().clear();
            test.close();
            return trace;
        }

        private void note(String what) {
            trace.add(EventLoop.current().time() + " " + what);
        }

        private void owner() {
            CancelScope scope = program.deadline == NEVER
                    ? CancelScope.create()
                    : CancelScope.within(Duration.ofNanos(program.deadline));
            deadline = scope;
            try {
                scope.runOrFail(() -> {
                    try {
                        if (program.block) {
                            try (var g = TaskGroup.open(program.policy)) {
                                populate(g);
                                work("body", program.body);
                                if (program.joins) {
                                    g.join();
                                }
                            }
                        } else {
                            TaskGroup.run(program.policy, g -> {
                                populate(g);
                                work("body", program.body);
                            });
                        }
                        note("group ran");
                    } catch (TaskGroupException e) {
                        note("group failed " + names(e) + suppressed(e));
                    } catch (Planned e) {
                        note("block failed" + suppressed(e));
                    } catch (CancelledException e) {
                        note("group threw " + whose(e) + suppressed(e));
                        throw e;
                    }
                    probe("inside");
                });
            } catch (TimeoutException e) {
                note("time-out");
            } catch (CancelledException e) {
                note("cancelled " + whose(e));
            }
            probe("outside");
        }

        private void populate(TaskGroup g) {
            group = g;
            for (int i = 0; i < program.children.size(); i++) {
                Work work = program.children.get(i);
                String who = "child " + i;
                g.task().eager(program.eager.get(i)).spawn(() -> work(who, work));
            }
        }

        private static List<String> names(TaskGroupException e) {
            return e.failures().stream().map(Throwable::getMessage).toList();
        }

        private static String suppressed(Throwable e) {
            return Arrays.stream(e.getSuppressed())
                    .filter(TaskGroupException.class::isInstance)
                    .map(t -> " suppressed " + names((TaskGroupException) t))
                    .collect(Collectors.joining());
        }

        private void probe(String where) {
            try {
                yieldNow();
            } catch (CancelledException e) {
                note(where + " " + whose(e));
                throw e;
            }
        }

        private String whose(CancelledException e) {
            return e.scope() == null ? e.reason() : e.scope() == deadline ? "deadline" : "group";
        }

        private int work(String who, Work work) {
            try {
                sleep(Duration.ofNanos(work.time)).await();
            } catch (CancelledException | TaskGroupException e) {
                shielded(() -> sleep(Duration.ofNanos(work.cleanup)).await());
                switch (work.answer) {
                    case LETS_GO -> throw e;
                    case SWALLOWS -> {
                        return 1;
                    }
                    case FAILS -> throw new Planned(who);
                }
            }
            if (work.end == End.FAILURE) {
                throw new Planned(who);
            }
            return 1;
        }
    }

    // --- what should happen

    private enum Cancel {
        EDGE,
        DEADLINE,
        GROUP
    }

    /** One who works: when that ends next, and how. */
    private static final class Actor {
        private final String who;
        private final Work work;
        private long end;
        private boolean cleansUp;
        private boolean over;

        Actor(String who, Work work) {
            this.who = who;
            this.work = work;
            end = work.time;
        }

        void cancel(long now) {
            if (!over && !cleansUp) {
                cleansUp = true;
                end = now + work.cleanup;
            }
        }

        boolean fails() {
            return cleansUp ? work.answer == Answer.FAILS : work.end == End.FAILURE;
        }

        boolean isCancelled() {
            return cleansUp && work.answer == Answer.LETS_GO;
        }
    }

    private static final class Model {
        private final Program program;
        private final List<String> trace = new ArrayList<>();
        private final Actor body;
        private final List<Actor> children = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private long now;
        private boolean edgePending;
        private int requests;
        private boolean deadlinePassed;
        private boolean groupCancelled; // the scope of the body
        private boolean aborted; // the children
        private boolean won;
        private int unseen;

        // the task that owns the group
        private @Nullable Cancel bodysCancel; // what its wait has thrown
        private boolean waits; // for the children, after the body
        private @Nullable Cancel later; // what that wait has thrown
        private int met; // failures that a wait of the block has thrown
        private boolean bodyMet;

        Model(Program program) {
            this.program = program;
            body = new Actor("body", program.body);
            for (int i = 0; i < program.children.size(); i++) {
                children.add(new Actor("child " + i, program.children.get(i)));
            }
        }

        List<String> run() {
            while (!body.over || children.stream().anyMatch(child -> !child.over)) {
                next();
            }
            Cancel cancel = body.isCancelled() ? bodysCancel : null;
            if (program.block) {
                block(cancel);
                return end();
            }
            boolean own = cancel == Cancel.GROUP || later == Cancel.GROUP;
            Cancel outer = cancel != null && cancel != Cancel.GROUP ? cancel : later == Cancel.GROUP ? null : later;
            boolean bodyFailed = body.fails();
            if (bodyFailed) {
                failures.add("body");
            }
            if (!failures.isEmpty() && (!won || bodyFailed)) {
                if (outer == Cancel.EDGE) {
                    edgePending = true; // it comes again
                }
                note("group failed " + failures);
                probe();
                return end();
            }
            if (outer == null && own) {
                outer = edgePending ? Cancel.EDGE : deadlinePassed ? Cancel.DEADLINE : null;
                edgePending &= outer != Cancel.EDGE;
            }
            if (outer != null) {
                note("group threw " + name(outer));
                thrown(outer);
            } else {
                note("group ran");
                probe();
            }
            return end();
        }

        private static String name(Cancel cancel) {
            return cancel.name().toLowerCase(Locale.ROOT);
        }

        /** The end of a try block. */
        private void block(@Nullable Cancel cancel) {
            String thrown = null;
            Cancel goesOn = null;
            if (body.fails()) {
                thrown = "block failed";
            } else if (cancel == Cancel.GROUP && bodyMet) {
                thrown = "group failed " + failures.subList(0, met);
            } else if (cancel != null) {
                thrown = "group threw " + name(cancel);
                goesOn = cancel;
            } else if (program.joins) {
                if (!failures.isEmpty() && !won) {
                    edgePending |= later == Cancel.EDGE; // it comes again
                    met = failures.size();
                    thrown = "group failed " + failures;
                } else if (later != null && later != Cancel.GROUP) {
                    thrown = "group threw " + name(later);
                    goesOn = later;
                }
            }
            List<String> unmet = won ? List.of() : failures.subList(met, failures.size());
            if (thrown == null) {
                note(unmet.isEmpty() ? "group ran" : "group failed " + unmet);
            } else {
                note(thrown + (unmet.isEmpty() ? "" : " suppressed " + unmet));
            }
            if (goesOn == null) {
                probe();
            } else {
                thrown(goesOn);
            }
        }

        /** The wait behind the group, inside of the deadline. */
        private void probe() {
            if (edgePending) {
                edgePending = false;
                note("inside edge");
                thrown(Cancel.EDGE);
            } else if (deadlinePassed) {
                note("inside deadline");
                thrown(Cancel.DEADLINE);
            }
        }

        /** A cancel leaves the scope of the deadline. */
        private void thrown(Cancel cancel) {
            if (cancel != Cancel.DEADLINE) {
                note("cancelled " + name(cancel));
            } else if (edgePending) {
                edgePending = false;
                note("cancelled edge"); // it has come since, and is from further out
            } else {
                note("time-out");
            }
        }

        private List<String> end() {
            if (edgePending) {
                note("outside edge");
            }
            trace.add("requests " + requests);
            trace.add("reports " + unseen);
            return trace;
        }

        private void note(String what) {
            trace.add(now + " " + what);
        }

        private void next() {
            Actor who = null;
            long when = NEVER;
            for (Actor actor : actors()) {
                if (!actor.over && actor.end < when) {
                    when = actor.end;
                    who = actor;
                }
            }
            long outside = NEVER;
            for (long time : new long[] {program.edge, program.deadline, program.cancel}) {
                if (time > now && time < outside) {
                    outside = time;
                }
            }
            if (outside < when) {
                now = outside;
                fromOutside();
            } else if (who == null) {
                throw new AssertionError("nothing goes on");
            } else {
                now = when;
                who.over = true;
                if (who == body) {
                    bodyEnds();
                } else {
                    childEnds(who);
                }
            }
        }

        private void fromOutside() {
            if (now == program.edge) {
                edgePending = true;
                requests++;
            } else if (now == program.deadline) {
                deadlinePassed = true;
            } else {
                groupCancelled = true;
                abort();
            }
            tell();
        }

        private List<Actor> actors() {
            var all = new ArrayList<>(children);
            all.add(body);
            return all;
        }

        private void childEnds(Actor child) {
            if (child.fails()) {
                if (program.policy == Policy.SUPERVISOR) {
                    unseen++;
                    return;
                }
                failures.add(child.who);
                if (program.policy == Policy.FAIL_FAST) {
                    abort();
                    groupCancelled = true;
                    tell();
                }
            } else if (program.policy == Policy.FIRST_SUCCESS && !won && !child.isCancelled()) {
                won = true;
                abort();
            }
        }

        private void bodyEnds() {
            if (body.isCancelled() || body.fails() || (program.block && !program.joins)) {
                abort();
            }
            if (!aborted && children.stream().anyMatch(child -> !child.over)) {
                waits = true;
                tell();
            }
        }

        private void abort() {
            if (!aborted) {
                aborted = true;
                children.forEach(child -> child.cancel(now));
            }
        }

        /** A cancel that is due reaches the owner's wait: the body's, or the one for the children. */
        private void tell() {
            boolean inBody = !body.over && !body.cleansUp;
            if (!inBody && !(waits && later == null)) {
                return; // it holds no wait, or a shielded one
            }
            Cancel due =
                    edgePending ? Cancel.EDGE : deadlinePassed ? Cancel.DEADLINE : groupCancelled ? Cancel.GROUP : null;
            if (due == null) {
                return;
            }
            edgePending &= due != Cancel.EDGE;
            if (program.block && due == Cancel.GROUP && !failures.isEmpty()) {
                met = failures.size();
                bodyMet |= inBody;
            }
            if (inBody) {
                bodysCancel = due;
                body.cancel(now);
            } else {
                later = due;
                abort();
            }
        }
    }
}

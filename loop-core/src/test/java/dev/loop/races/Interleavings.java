package dev.loop.races;

import static dev.loop.Async.spawn;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.VoidBody;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a small concurrent program under every interleaving of its steps, up to a number of preemptions, and says which one breaks
 * it. What stands for threads here are tasks of one loop, which this class lets step one at a time; a program marks the places
 * between its shared accesses with {@link #step()}. So the accesses are sequentially consistent, as volatile ones are.
 *
 * <p>Prior art: CHESS (M. Musuvathi, S. Qadeer, PLDI 2007): stateless search with bounded preemption.
 */
public final class Interleavings {

    private static final int MOST = 3_000_000;

    /** One execution of a program: its threads, and what must hold when all have ended. */
    public static final class Scene {
        private final List<Actor> actors = new ArrayList<>();
        private Runnable check = () -> {};

        private Scene() {}

        /** Adds a thread. */
        public Scene thread(String name, VoidBody<? extends Exception> body) {
            actors.add(new Actor(name, body));
            return this;
        }

        /** Says what must hold in the end; it throws if it does not. */
        public Scene check(Runnable assertions) {
            check = assertions;
            return this;
        }
    }

    /** What the search has found. */
    public record Result(int executions, @Nullable String failure) {}

    private static final class Actor {
        private final String name;
        private final VoidBody<? extends Exception> body;
        private @Nullable Task<?> task;
        private @Nullable Promise<@Nullable Void> gate;
        private BooleanSupplier enabled = () -> true;
        private @Nullable Throwable error;
        private boolean ended;

        Actor(String name, VoidBody<? extends Exception> body) {
            this.name = name;
            this.body = body;
        }
    }

    /** A place where the search has a choice, and which it has taken. */
    private static final class Choice {
        private final int options;
        private int taken;

        Choice(int options) {
            this.options = options;
        }
    }

    private static @Nullable Interleavings now; // one search at a time

    private final int preemptions;
    private final List<Choice> path = new ArrayList<>();
    private final EventLoop loop = EventLoop.current();
    private @Nullable Actor running;
    private @Nullable Promise<@Nullable Void> back;

    private Interleavings(int preemptions) {
        this.preemptions = preemptions;
    }

    /**
     * Searches.
     *
     * @param preemptions how often a thread that could go on may be set aside in one execution
     * @param program makes the program anew for each execution
     */
    public static synchronized Result explore(int preemptions, Consumer<Scene> program) {
        try (var test = new TestLoop()) {
            return test.runMain(() -> {
                now = new Interleavings(preemptions);
                try {
                    return now.search(program);
                } finally {
                    now = null;
                }
            });
        }
    }

    /** Between two shared accesses: another thread may come in here. Outside of a search it does nothing. Returns true. */
    public static boolean step() {
        return blockUntil(() -> true);
    }

    /** A wait: this thread cannot go on until the condition holds. Returns true. */
    public static boolean blockUntil(BooleanSupplier condition) {
        Interleavings search = now;
        Actor actor = search == null ? null : search.running;
        if (actor != null) {
            search.pause(actor, condition);
        }
        return true;
    }

    private void pause(Actor actor, BooleanSupplier condition) {
        Promise<@Nullable Void> gate = loop.promise();
        actor.gate = gate;
        actor.enabled = condition;
        giveBack();
        gate.await();
    }

    private void giveBack() {
        running = null;
        Promise<@Nullable Void> b = back;
        back = null;
        if (b != null) {
            b.complete(null);
        }
    }

    private Result search(Consumer<Scene> program) {
        for (int executions = 1; executions <= MOST; executions++) {
            var scene = new Scene();
            program.accept(scene);
            var schedule = new ArrayList<String>();
            String failure = execute(scene, schedule);
            if (failure != null) {
                return new Result(executions, failure + " after " + String.join(" ", schedule));
            }
            while (!path.isEmpty() && path.getLast().taken + 1 == path.getLast().options) {
                path.removeLast();
            }
            if (path.isEmpty()) {
                return new Result(executions, null);
            }
            path.getLast().taken++;
        }
        throw new AssertionError("the program is too large to be searched with " + preemptions + " preemptions");
    }

    private @Nullable String execute(Scene scene, List<String> schedule) {
        for (Actor actor : scene.actors) {
            start(actor);
        }
        int depth = 0;
        int left = preemptions;
        Actor last = null;
        try {
            while (true) {
                List<Actor> options = enabled(scene, last, left);
                if (options.isEmpty()) {
                    break;
                }
                if (options.size() > 1 && depth == path.size()) {
                    path.add(new Choice(options.size()));
                }
                Actor next = options.size() == 1 ? options.getFirst() : options.get(path.get(depth++).taken);
                if (next != last && last != null && options.contains(last)) {
                    left--;
                }
                schedule.add(next.name);
                resume(next);
                if (next.error != null) {
                    return next.name + " failed with " + next.error;
                }
                last = next;
            }
            List<String> stuck =
                    scene.actors.stream().filter(a -> !a.ended).map(a -> a.name).toList();
            if (!stuck.isEmpty()) {
                return stuck + " wait for ever";
            }
            scene.check.run();
            return null;
        } catch (AssertionError e) {
            return String.valueOf(e.getMessage());
        } finally {
            end(scene);
        }
    }

    /** Who can go on, the one that has just run first; only that one if no preemption is left. */
    private static List<Actor> enabled(Scene scene, @Nullable Actor last, int left) {
        boolean goesOn = last != null && !last.ended && last.enabled.getAsBoolean();
        if (goesOn && left == 0) {
            return List.of(last);
        }
        var options = new ArrayList<Actor>();
        if (goesOn) {
            options.add(last);
        }
        for (Actor actor : scene.actors) {
            if (actor != last && !actor.ended && actor.enabled.getAsBoolean()) {
                options.add(actor);
            }
        }
        return options;
    }

    private void start(Actor actor) {
        actor.gate = loop.promise();
        Promise<@Nullable Void> begin = actor.gate;
        actor.task = spawn(actor.name, () -> {
            try {
                begin.await();
                actor.body.run();
            } catch (CancelledException e) {
                // the execution is over
            } catch (Throwable e) {
                actor.error = e;
            }
            actor.ended = true;
            giveBack();
        });
    }

    private void resume(Actor actor) {
        Promise<@Nullable Void> returned = loop.promise();
        back = returned;
        running = actor;
        if (actor.gate != null) {
            actor.gate.complete(null);
        }
        returned.await();
    }

    private void end(Scene scene) {
        for (Actor actor : scene.actors) {
            if (!actor.ended && actor.gate != null) {
                actor.gate.cancel();
            }
            if (actor.task != null) {
                actor.task.await();
            }
        }
    }
}

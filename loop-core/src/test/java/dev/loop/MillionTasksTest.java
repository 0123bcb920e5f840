package dev.loop;

import static dev.loop.Async.asCompleted;
import static dev.loop.Async.currentTask;
import static dev.loop.Async.gather;
import static dev.loop.Async.moveOn;
import static dev.loop.Async.shield;
import static dev.loop.Async.shielded;
import static dev.loop.Async.sleep;
import static dev.loop.Async.staggeredRace;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.waitOn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Queue;
import dev.loop.sync.Lock;
import dev.loop.testing.TestLoop;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tasks without end, cancelled in random order under random scopes, failing at random, waiting for everything that there is: when
 * they are gone, everything of theirs is. No task, no timer, no listener on what outlives them, no object in the heap, no report.
 *
 * <p>The seed is in the failure; {@code -Dloop.seed=…} runs one again, {@code -Dloop.tasks=…} says how many tasks.
 */
@Timeout(value = 590, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("model")
class MillionTasksTest {

    @Test
    @Tag("scaled")
    void tasksThatWereCancelledUnderRandomScopesLeaveNothingBehind() {
        int tasks = Integer.getInteger("loop.tasks", Boolean.getBoolean("loop.stress") ? 1_000_000 : 20_000);
        long seed = Long.getLong("loop.seed", System.nanoTime());
        try {
            new Crowd(seed, 500).run(); // so that what is made once is made
            Map<String, Long> before = ours();
            new Crowd(seed, tasks).run();
            Map<String, Long> left = left(before, ours());
            for (int i = 0; i < 20 && !left.isEmpty(); i++) {
                left = left(before, ours()); // cleaners and the ends of threads take a moment of their own
            }
            assertThat(left).as("objects that are left").isEmpty();
        } catch (Throwable e) {
            throw new AssertionError("again with -Dloop.seed=" + seed + " -Dloop.tasks=" + tasks, e);
        }
    }

    // --- the heap

    /** How many live objects there are of each class that holds what belongs to tasks. The count is a full collection. */
    private static Map<String, Long> ours() throws Exception {
        var counts = new HashMap<String, Long>();
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        for (String line : histogram.split("\\R")) {
            String[] columns = line.strip().split("\\s+");
            if (columns.length >= 4 && (columns[3].startsWith("dev.loop.") || columns[3].contains("VirtualThread"))) {
                counts.put(columns[3], Long.parseLong(columns[1]));
            }
        }
        assertThat(counts).isNotEmpty();
        return counts;
    }

    /** What there is more of. A few are somebody else's: enums, lambdas, what a thread holds that is on its way out. */
    private static Map<String, Long> left(Map<String, Long> before, Map<String, Long> after) {
        var left = new HashMap<String, Long>();
        after.forEach((name, count) -> left.put(name, count - before.getOrDefault(name, 0L)));
        left.values().removeIf(more -> more <= 50);
        return left;
    }

    // --- the crowd

    /** A failure that is meant. */
    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Planned() {
            super("planned", null, false, false);
        }
    }

    private static final class Crowd {
        private static final int AT_ONCE = 300;

        private final Random random;
        private final int wanted;
        private int spawned;
        private int ended;

        // what tasks are cancelled through
        private final List<Task<?>> tasks = new ArrayList<>();
        private final List<CancelScope> scopes = new ArrayList<>();
        private final List<TaskGroup> groups = new ArrayList<>();
        private final List<Promise<Integer>> promises = new ArrayList<>();

        // what outlives them all
        private Promise<Integer> longLived;
        private Task<?> longTask;
        private Queue<Integer> queue;
        private Lock lock;

        Crowd(long seed, int wanted) {
            random = new Random(seed);
            this.wanted = wanted;
        }

        void run() {
            try (var test = new TestLoop()) {
                test.loop().setExceptionHandler((_, context) -> report(test, context));
                test.runMain(this::main);
            }
        }

        /** What the program means to be told; nothing else may be. */
        private void report(TestLoop test, ExceptionContext context) {
            Throwable error = context.exception();
            boolean meant = error instanceof Planned // of tasks that were left alone
                    || error instanceof TimeoutException
                    || error instanceof RaceException
                    || (error instanceof IllegalStateException
                            // a child that awaits a task which has swallowed the one cancel that it got
                            && (error.getMessage().contains("has not ended since its group was cancelled")
                                    || error.getMessage().contains("without telling")));
            if (!meant) {
                test.reports().add(context);
            }
        }

        private void main() throws Exception {
            EventLoop loop = EventLoop.current();
            longLived = loop.promise();
            longTask = loop.spawn("for ever", () -> sleep(Duration.ofDays(365)).await());
            // two that stay to the end: so that who is cancelled only leaves what outlives them all
            Task<?> waiter = loop.spawn("waits for the promise", () -> longLived.await());
            Task<?> joiner = loop.spawn("waits for the task", () -> longTask.await());
            List<Task<?>> stay = List.of(currentTask(), longTask, waiter, joiner);
            queue = new Queue<>(3);
            lock = new Lock();
            while (spawned < wanted) {
                while (loop.tasks.size() < AT_ONCE && spawned < wanted) {
                    spawn(3);
                }
                disturb();
                if (random.nextInt(3) == 0) {
                    sleep(moment()).await();
                } else {
                    yieldNow();
                }
            }
            end(loop, stay);
            assertThat(ended).as("ends of %d tasks", spawned).isEqualTo(spawned);
            assertThat(loop.allTasks()).containsExactlyInAnyOrderElementsOf(stay);
            assertThat(loop.timers.size()).as("timers").isEqualTo(1); // that of the long task
            assertThat(currentTask().cancelling()).isZero();
            assertThat(lock.statistics()).isEqualTo(new Lock.Statistics(null, 0));
            while (queue.tryGet() != null) {
                // what nobody has taken
            }
            assertThat(queue.statistics().getters()).isZero();
            assertThat(queue.statistics().putters()).isZero();
            assertThat(loop.externalWork()).isZero();
            assertThat(listeners(longLived))
                    .as("listeners of a promise")
                    .isLessThanOrEqualTo(2); // the waiter, one for shields
            assertThat(listeners(longTask))
                    .as("listeners of a task")
                    .isLessThanOrEqualTo(3); // the joiner, one for shields, one for gathers
            longLived.complete(0);
            waiter.await();
            joiner.cancelAndJoin("the end").await();
            longTask.cancelAndJoin("the end").await();
        }

        private static int listeners(Future<?> future) throws ReflectiveOperationException {
            Field field = Future.class.getDeclaredField("listeners");
            field.setAccessible(true);
            Object listeners = field.get(future);
            if (!(listeners instanceof Listeners several)) {
                return listeners == null ? 0 : 1;
            }
            Field size = Listeners.class.getDeclaredField("size");
            size.setAccessible(true);
            return size.getInt(several);
        }

        /** Lets everybody go who is still there: by completing, cancelling, and letting time pass. */
        private void end(EventLoop loop, List<Task<?>> stay) {
            for (int i = 0; i < 10_000 && loop.tasks.size() > stay.size(); i++) {
                promises.forEach(promise -> promise.tryComplete(0));
                promises.clear();
                groups.forEach(TaskGroup::cancel);
                scopes.forEach(CancelScope::cancel);
                for (Task<?> task : loop.allTasks()) {
                    if (!stay.contains(task)) {
                        task.cancel("the end");
                    }
                }
                while (queue.tryGet() != null) {
                    // room for who waits to put
                }
                sleep(Duration.ofMillis(1)).await();
            }
            sleep(Duration.ofSeconds(1))
                    .await(); // waits are hot: sleeps that nobody waits for any more end by themselves
            tasks.clear();
            groups.clear();
            scopes.clear();
        }

        private void disturb() {
            for (int i = random.nextInt(8); i > 0; i--) {
                switch (random.nextInt(4)) {
                    case 0 -> pick(tasks, task -> task.cancel("chaos"));
                    case 1 -> pick(scopes, scope -> scope.cancel("chaos"));
                    case 2 -> pick(groups, group -> group.cancel("chaos"));
                    default -> pick(promises, promise -> promise.tryComplete(1));
                }
            }
            while (queue.size() > 1 && random.nextInt(3) == 0) {
                queue.tryGet();
            }
        }

        /** Takes a random one out. */
        private <T> void pick(List<T> list, Consumer<T> act) {
            if (!list.isEmpty()) {
                int i = random.nextInt(list.size());
                T picked = list.get(i);
                T last = list.removeLast();
                if (i < list.size()) {
                    list.set(i, last);
                }
                act.accept(picked);
            }
        }

        private <T> T keep(List<T> list, T one) {
            if (list.size() > 3 * AT_ONCE) {
                pick(list, _ -> {});
            }
            list.add(one);
            return one;
        }

        private Duration moment() {
            return Duration.ofMillis(random.nextInt(6) - 1);
        }

        // --- tasks

        private Task<Integer> spawn(int depth) {
            return count(EventLoop.current().task().eager(random.nextInt(4) == 0), depth);
        }

        private Task<Integer> spawn(TaskGroup group, int depth) {
            return count(group.task().eager(random.nextInt(4) == 0), depth);
        }

        private Task<Integer> count(TaskBuilder builder, int depth) {
            Task<Integer> task = builder.spawn(() -> act(depth)); // a group may refuse it
            spawned++;
            task.addDoneCallback(_ -> ended++);
            keep(tasks, task);
            return task;
        }

        private int act(int depth) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                try {
                    step(depth);
                } catch (TimeoutException | TaskGroupException | RaceException e) {
                    // as meant
                } catch (CancelledException e) {
                    if (random.nextInt(5) > 0) {
                        throw e;
                    }
                } catch (IllegalStateException e) {
                    // a group that takes nobody any more, or a child that has not told that it is ready
                    assertThat(e.getMessage()).containsAnyOf("the task group", "without telling");
                } catch (Planned e) {
                    if (random.nextBoolean()) {
                        throw e;
                    }
                }
            }
            if (random.nextInt(10) == 0) {
                throw new Planned();
            }
            return depth;
        }

        private Future<Integer> promise() {
            return keep(promises, EventLoop.current().<Integer>promise());
        }

        private void step(int depth) {
            boolean more = depth > 0 && spawned < wanted;
            switch (random.nextInt(more ? 27 : 17)) {
                case 0 -> yieldNow();
                case 1 -> sleep(moment()).await();
                case 2 -> timeout(moment(), () -> promise().await());
                case 3 -> timeout(moment(), () -> queue.put(depth).await());
                case 4 -> timeout(moment(), () -> queue.get().await());
                case 5 -> {
                    try (var _ = lock.acquire().await()) {
                        sleep(moment()).await();
                    }
                }
                case 6 -> waitFor(promise(), moment()).await();
                case 7 -> timeout(moment(), () -> shield(longLived).await());
                case 8 ->
                    timeout(
                            moment(),
                            () -> gather(shield(longLived), shield(longTask), promise())
                                    .await());
                case 9 -> timeout(moment(), () -> longTask.join().await());
                case 10 -> gather(sleep(moment()), promise()).await();
                case 11 -> moveOn(moment(), () -> longLived.await());
                case 12 -> shielded(() -> moveOn(moment(), () -> sleep(moment()).await()));
                case 13 ->
                    gather(longTask, EventLoop.current().failed(new Planned())).await();
                case 14 ->
                    waitOn(List.of(longTask, promise(), sleep(moment())), moment(), WaitCondition.FIRST_COMPLETED)
                            .await();
                case 15 -> {
                    try (var ends = asCompleted(List.of(longLived, promise(), promise()), moment())) {
                        for (Future<Integer> end : ends) {
                            end.await();
                        }
                    }
                }
                case 16 -> timeout(moment(), () -> longTask.await());
                case 17 -> spawn(depth - 1).await();
                case 18 ->
                    gather(spawn(depth - 1), sleep(moment()), spawn(depth - 1)).await();
                case 19 -> waitFor(spawn(depth - 1), moment()).await();
                case 20 -> shield(spawn(depth - 1)).await();
                case 21 -> timeout(moment(), () -> act(depth - 1));
                case 22 -> {
                    CancelScope scope = keep(scopes, CancelScope.within(moment()));
                    if (random.nextInt(4) == 0) {
                        scope.shield();
                    }
                    scope.run(() -> act(depth - 1));
                }
                case 23 -> TaskGroup.run(policy(), group -> populate(group, depth));
                case 24 -> {
                    try (var group = TaskGroup.open(policy())) {
                        populate(group, depth);
                        if (random.nextBoolean()) {
                            group.join();
                        }
                    }
                }
                case 25 ->
                    staggeredRace(List.of(() -> act(depth - 1), () -> act(depth - 1), () -> 1), moment())
                            .await();
                default -> {
                    Task<Integer> task = spawn(depth - 1);
                    yieldNow();
                    task.cancel("by its parent");
                    if (random.nextBoolean()) {
                        task.join().await();
                    } else {
                        task.await();
                    }
                }
            }
        }

        private TaskGroup.Policy policy() {
            TaskGroup.Policy[] all = TaskGroup.Policy.values();
            return all[random.nextInt(all.length)];
        }

        private void populate(TaskGroup group, int depth) {
            keep(groups, group);
            for (int i = random.nextInt(4); i > 0; i--) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        Future<Integer> start = group.start(started -> {
                            if (random.nextInt(4) > 0) {
                                yieldNow();
                                started.started(1);
                            }
                            act(depth - 1);
                        });
                        if (random.nextBoolean()) {
                            start.await();
                        }
                    }
                    case 1 -> act(depth - 1);
                    default -> spawn(group, depth - 1);
                }
            }
        }
    }
}

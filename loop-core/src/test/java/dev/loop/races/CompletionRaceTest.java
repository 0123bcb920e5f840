package dev.loop.races;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static dev.loop.races.Interleavings.blockUntil;
import static dev.loop.races.Interleavings.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.Handle;
import dev.loop.Promise;
import dev.loop.Runner;
import dev.loop.Task;
import dev.loop.internal.ready.Inbox;
import dev.loop.internal.ready.ReadyEntry;
import dev.loop.internal.ready.ReadyQueue;
import dev.loop.queue.Queue;
import dev.loop.races.Interleavings.Scene;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Other threads complete, cancel and wait while a loop runs, cancels and closes. Twice: each protocol as a small program under
 * every interleaving, beside a twin without its crucial step, which is caught; and the real one with real threads.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompletionRaceTest {

    private static final int ALL = 100; // preemptions: more than there are steps

    private static void assertHolds(Consumer<Scene> program) {
        assertThat(Interleavings.explore(ALL, program).failure()).isNull();
    }

    private static String caught(Consumer<Scene> twin) {
        String failure = Interleavings.explore(ALL, twin).failure();
        assertThat(failure)
                .as("the twin is broken, and the search has to see it")
                .isNotNull();
        return failure;
    }

    /** As much of a loop as these protocols need: turns that run what other threads have left. The inbox is searched elsewhere. */
    private static final class Turns {
        private final Inbox inbox = new Inbox(() -> {});
        private final ReadyQueue ready = new ReadyQueue();

        boolean submit(Runnable work) {
            step();
            return inbox.push(new ReadyEntry() {
                @Override
                public void run() {
                    work.run();
                }
            });
        }

        void turnsUntil(BooleanSupplier over) {
            while (!over.getAsBoolean()) {
                blockUntil(() -> !inbox.isEmpty() || over.getAsBoolean());
                inbox.drainTo(ready);
                runReady();
            }
        }

        void runReady() {
            for (ReadyEntry e = ready.poll(); e != null; e = ready.poll()) {
                e.run();
            }
        }
    }

    /** A wait in a task against the completion of what it waits for by another thread. */
    @Nested
    class AwaitAgainstCompletion {

        private static void program(Scene scene, boolean throughTheInbox) {
            var turns = new Turns();
            var outcome = new String[1];
            var listening = new boolean[1];
            var woken = new boolean[1];
            var completions = new int[1];
            Runnable complete = () -> {
                if (outcome[0] == null) {
                    step();
                    outcome[0] = "value";
                    completions[0]++;
                    step();
                    if (listening[0]) {
                        woken[0] = true;
                    }
                }
            };
            for (String name : List.of("a", "b")) {
                scene.thread(name, () -> {
                    if (throughTheInbox) {
                        turns.submit(complete);
                    } else {
                        complete.run();
                    }
                });
            }
            scene.thread("loop", () -> {
                step();
                if (outcome[0] == null) {
                    step();
                    listening[0] = true;
                    turns.turnsUntil(() -> woken[0]);
                }
                assertThat(outcome[0]).isEqualTo("value");
            });
            scene.check(() -> assertThat(completions[0]).as("completions").isLessThanOrEqualTo(1));
        }

        @Test
        void aCompletionThatTakesTheWayThroughTheInboxWakesItsTaskAndIsOne() {
            assertHolds(scene -> program(scene, true));
        }

        @Test
        void aTwinThatCompletesOnTheForeignThreadIsCaught() {
            assertThat(caught(scene -> program(scene, false))).containsAnyOf("[loop] wait for ever", "completions");
        }
    }

    /** A thread that begins to wait against the close of the loop. */
    @Nested
    class WaitAgainstClose {

        private static void program(Scene scene, boolean looksAtTheAnswer) {
            var turns = new Turns();
            var closed = new boolean[1];
            var waits = new ArrayList<boolean[]>();
            for (String name : List.of("a", "b")) {
                scene.thread(name, () -> {
                    var over = new boolean[1];
                    Runnable register = () -> waits.add(over);
                    if (looksAtTheAnswer) {
                        if (!turns.submit(register)) {
                            over[0] = true; // refused: the wait is told that the loop has closed
                        }
                    } else if (closed[0]) {
                        over[0] = true;
                    } else {
                        turns.submit(register);
                    }
                    blockUntil(() -> over[0]);
                });
            }
            scene.thread("loop", () -> {
                step();
                turns.inbox.drainTo(turns.ready);
                turns.runReady();
                step();
                turns.inbox.close(turns.ready);
                turns.runReady(); // what was accepted is done, even if it is the last thing that the loop does
                step();
                closed[0] = true;
                waits.forEach(over -> over[0] = true);
            });
        }

        @Test
        void whoWaitsIsToldOfTheClose() {
            assertHolds(scene -> program(scene, true));
        }

        @Test
        void aTwinThatAsksWhetherTheLoopIsClosedAndThenSubmitsIsCaught() {
            assertThat(caught(scene -> program(scene, false))).contains("wait for ever");
        }
    }

    /** The cancel of a CompletableFuture by its thread against the value that the loop is handing to it. */
    @Nested
    class CancelAgainstHandOver {

        private enum Way {
            LENDS,
            LOOKS_AND_TAKES,
            TAKES
        }

        private static void program(Scene scene, Way way) {
            var turns = new Turns();
            var stage = new CompletableFuture<String>();
            var read = new boolean[1];
            var returned = new int[1];
            var over = new boolean[1];
            scene.thread("theirs", () -> {
                step();
                if (stage.cancel(true)) {
                    turns.submit(() -> {
                        if (!read[0]) {
                            returned[0]++; // the item goes back to its queue
                        }
                    });
                }
                over[0] = true;
            });
            scene.thread("loop", () -> {
                step();
                if (way == Way.LOOKS_AND_TAKES && stage.isDone()) {
                    turns.turnsUntil(() -> over[0] && turns.inbox.isEmpty());
                    return;
                }
                read[0] = true;
                step();
                if (!stage.complete("item") && way == Way.LENDS) {
                    read[0] = false;
                }
                turns.turnsUntil(() -> over[0] && turns.inbox.isEmpty());
            });
            scene.check(() -> assertThat(returned[0] + (stage.isCancelled() ? 0 : 1))
                    .as("where the item is")
                    .isOne());
        }

        @Test
        void theItemArrivesOrGoesBack() {
            assertHolds(scene -> program(scene, Way.LENDS));
        }

        @Test
        void aTwinThatReadsWithoutAskingWhetherItWasWantedIsCaught() {
            assertThat(caught(scene -> program(scene, Way.TAKES))).contains("where the item is");
        }

        @Test
        void aTwinThatAsksFirstAndReadsThenIsCaughtToo() {
            assertThat(caught(scene -> program(scene, Way.LOOKS_AND_TAKES))).contains("where the item is");
        }

        /** Real threads, a real queue: every item is got by a thread or is in the queue. */
        @Test
        @Tag("scaled")
        void noItemIsLostBetweenAQueueAndThreadsThatCancel() {
            int rounds = stress() ? 20_000 : 400;
            EventLoop.run(() -> {
                for (int round = 0; round < rounds; round++) {
                    var queue = new Queue<Integer>(1);
                    CompletableFuture<Integer> get = queue.get().toCompletableFuture();
                    Promise<Boolean> cancelled = EventLoop.current().promise();
                    int spins = round % 50;
                    others.execute(() -> {
                        for (int i = 0; i < spins * 20; i++) {
                            Thread.onSpinWait();
                        }
                        cancelled.completeThreadsafe(get.cancel(true));
                    });
                    if (round % 3 > 0) {
                        yieldNow();
                    }
                    queue.put(round).await();
                    boolean wasCancelled = cancelled.await();
                    yieldNow();
                    yieldNow();
                    assertThat(queue.tryGet()).as("round %d", round).isEqualTo(wasCancelled ? (Integer) round : null);
                    assertThat(get.isCancelled()).isEqualTo(wasCancelled);
                }
            });
        }
    }

    /** The cancel of a handle by another thread against its run. */
    @Nested
    class CancelAgainstRun {

        private static void program(Scene scene, boolean atomic) {
            var state = new AtomicInteger(); // 0 waiting, 1 begun, 2 cancelled
            var runs = new int[1];
            var cancelled = new boolean[2];
            for (int i = 0; i < 2; i++) {
                int n = i;
                scene.thread("canceller" + n, () -> {
                    move(state, 2, atomic);
                    step();
                    cancelled[n] = state.get() == 2;
                });
            }
            scene.thread("loop", () -> {
                if (move(state, 1, atomic)) {
                    step();
                    runs[0]++;
                }
            });
            scene.check(() -> {
                assertThat(cancelled[0]).isEqualTo(cancelled[1]);
                assertThat(runs[0]).as("runs").isEqualTo(cancelled[0] ? 0 : 1);
            });
        }

        private static boolean move(AtomicInteger state, int to, boolean atomic) {
            step();
            if (atomic) {
                return state.compareAndSet(0, to);
            }
            if (state.get() != 0) {
                return false;
            }
            step();
            state.set(to);
            return true;
        }

        @Test
        void aHandleThatSaysThatItIsCancelledNeverRuns() {
            assertHolds(scene -> program(scene, true));
        }

        @Test
        void aTwinThatLooksAndThenActsIsCaught() {
            assertThat(caught(scene -> program(scene, false))).isNotEmpty();
        }

        @Test
        @Tag("scaled")
        void norDoesARealOneWithRealThreads() {
            int rounds = stress() ? 200_000 : 3_000;
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                for (int round = 0; round < rounds; round += 10) {
                    var runs = new AtomicInteger[10];
                    var handles = new Handle[10];
                    var verdicts = new Boolean[10];
                    Promise<Void> over = loop.promise();
                    others.execute(() -> {
                        for (int i = 0; i < 10; i++) {
                            var ran = new AtomicInteger();
                            runs[i] = ran;
                            handles[i] = loop.callSoonThreadsafe(ran::incrementAndGet);
                        }
                        for (int i = 0; i < 10; i++) {
                            handles[i].cancel();
                            verdicts[i] = handles[i].isCancelled();
                        }
                        over.completeThreadsafe(null);
                    });
                    over.await();
                    yieldNow();
                    for (int i = 0; i < 10; i++) {
                        assertThat(handles[i].isCancelled()).isEqualTo(verdicts[i]);
                        assertThat(runs[i]).hasValue(verdicts[i] ? 0 : 1);
                    }
                }
            });
        }
    }

    // --- all of it at once, with real threads

    private final ExecutorService others = Executors.newFixedThreadPool(3);

    @AfterEach
    void stop() throws InterruptedException {
        others.shutdownNow();
        assertThat(others.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private static boolean stress() {
        return Boolean.getBoolean("loop.stress");
    }

    @Test
    @Tag("scaled")
    void completionsCancelsWaitsAndTheCloseMayMeetInAnyWay() throws Exception {
        int rounds = stress() ? 4_000 : 80;
        for (int seed = 0; seed < rounds; seed++) {
            try {
                new Round(seed).run();
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private final class Round {
        private static final int PROMISES = 12;

        private final Random random;
        private final List<Promise<String>> promises = new ArrayList<>();
        private final List<CompletableFuture<String>> stages = new ArrayList<>();
        private final ConcurrentHashMap<CompletableFuture<String>, Boolean> cancels = new ConcurrentHashMap<>();
        private final ConcurrentLinkedQueue<String> awaited = new ConcurrentLinkedQueue<>();
        private final List<Task<String>> tasks = new ArrayList<>();
        private final int[] told = new int[PROMISES];

        Round(int seed) {
            random = new Random(seed);
        }

        void run() throws Exception {
            var jobs = new ArrayList<java.util.concurrent.Future<?>>();
            try (var runner = Runner.create()) {
                runner.loop().setExceptionHandler((_, context) -> awaited.add("reported " + context));
                runner.run(() -> body(jobs));
            } // closes while the others are still at it
            for (var job : jobs) {
                job.get(20, TimeUnit.SECONDS);
            }
            check();
        }

        private void body(List<java.util.concurrent.Future<?>> jobs) {
            for (int i = 0; i < PROMISES; i++) {
                int n = i;
                Promise<String> promise = EventLoop.current().promise();
                promises.add(promise);
                stages.add(promise.toCompletableFuture());
                promise.addDoneCallback(_ -> told[n]++);
                tasks.add(spawn(() -> promise.await()));
            }
            long[] seeds = random.longs(3).toArray();
            jobs.add(others.submit(() -> complete(new Random(seeds[0]))));
            jobs.add(others.submit(() -> completeOrCancel(new Random(seeds[1]))));
            jobs.add(others.submit(() -> waitForSome(new Random(seeds[2]))));
            int turns = random.nextInt(40);
            for (int i = 0; i < turns; i++) {
                if (random.nextInt(4) == 0) {
                    tasks.get(random.nextInt(tasks.size())).cancel("by the loop");
                }
                if (random.nextInt(10) == 0) {
                    sleep(Duration.ofNanos(random.nextInt(100_000))).await();
                } else {
                    yieldNow();
                }
            }
        }

        private void complete(Random mine) {
            for (Promise<String> promise : shuffled(promises, mine)) {
                if (mine.nextInt(5) == 0) {
                    promise.failThreadsafe(new CancelledException("by a thread"));
                } else {
                    promise.completeThreadsafe("by the first");
                }
            }
        }

        private void completeOrCancel(Random mine) {
            for (int i : shuffled(IntStream.range(0, PROMISES).boxed().toList(), mine)) {
                if (mine.nextBoolean()) {
                    promises.get(i).completeThreadsafe("by the second");
                } else {
                    cancels.put(stages.get(i), stages.get(i).cancel(true));
                }
            }
        }

        private void waitForSome(Random mine) {
            for (int i = 0; i < 4; i++) {
                Future<String> future = promises.get(mine.nextInt(PROMISES));
                try {
                    awaited.add(future.await());
                } catch (CancelledException e) {
                    awaited.add("cancelled");
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessageContaining("closed");
                    awaited.add("closed");
                }
            }
        }

        private static <T> List<T> shuffled(List<T> list, Random random) {
            var copy = new ArrayList<>(list);
            Collections.shuffle(copy, random);
            return copy;
        }

        private void check() throws InterruptedException {
            assertThat(awaited)
                    .hasSize(4)
                    .allMatch(s -> s.startsWith("by the") || s.equals("cancelled") || s.equals("closed"));
            for (int i = 0; i < PROMISES; i++) {
                Promise<String> promise = promises.get(i);
                CompletableFuture<String> stage = stages.get(i);
                Task<String> task = tasks.get(i);
                assertThat(task.isDone()).isTrue();
                assertThat(told[i]).isLessThanOrEqualTo(1);
                assertThat(stage).as("a stage whose promise is %s", promise).isDone();
                boolean cancelledByItsThread = cancels.getOrDefault(stage, false);
                if (cancelledByItsThread) {
                    assertThat(stage.isCancelled()).isTrue();
                } else if (promise.isDone() && !promise.isCancelled()) {
                    assertThat(stage.join()).isEqualTo(promise.result());
                } else if (!promise.isDone()) {
                    assertThat(closedBy(stage)).isTrue();
                } else {
                    assertThat(stage.isCancelled() || closedBy(stage)).isTrue();
                }
                if (!task.isCancelled()) {
                    assertThat(task.result()).isEqualTo(promise.result());
                }
            }
        }

        private static boolean closedBy(CompletableFuture<?> stage) throws InterruptedException {
            try {
                stage.get();
                return false;
            } catch (ExecutionException e) {
                return e.getCause() instanceof IllegalStateException;
            }
        }
    }
}

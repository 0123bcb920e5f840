package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a seed of the loop varies, and which orders stay as they were promised. */
@Tag("both-engines")
@Tag("unseeded") // sets its own seeds
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeedTest {

    private static final int SEEDS = 40;
    private static final Duration TICK = Duration.ofMillis(1);

    /** The orders in which a body's steps ran, over all seeds. */
    private static Set<List<String>> orders(Consumer<List<String>> body) {
        Set<List<String>> seen = new HashSet<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            seen.add(order(EventLoop.builder().seed(seed), body));
        }
        return seen;
    }

    private static List<String> order(LoopBuilder builder, Consumer<List<String>> body) {
        List<String> order = new ArrayList<>();
        try (var runner = Runner.create(builder::build)) {
            runner.run(() -> body.accept(order));
        }
        return order;
    }

    // --- what varies

    @Test
    void tasksThatDifferentFuturesHaveWokenRunInEveryOrder() {
        Consumer<List<String>> body = order -> {
            Promise<String> one = EventLoop.current().promise();
            Promise<String> two = EventLoop.current().promise();
            var first = spawn(() -> order.add(one.await()));
            var second = spawn(() -> order.add(two.await()));
            yieldNow();
            one.complete("one");
            two.complete("two");
            Async.gather(first, second).await();
        };
        assertThat(orders(body)).containsExactlyInAnyOrder(List.of("one", "two"), List.of("two", "one"));
        assertThat(order(EventLoop.builder(), body)).containsExactly("one", "two");
    }

    @Test
    void callbacksOfDifferentFuturesRunInEveryOrder() {
        assertThat(orders(order -> {
                    EventLoop loop = EventLoop.current();
                    Promise<String> one = loop.promise();
                    Promise<String> two = loop.promise();
                    one.addDoneCallback(_ -> order.add("one"));
                    two.addDoneCallback(_ -> order.add("two"));
                    loop.callSoon(() -> order.add("soon"));
                    one.complete("");
                    two.complete("");
                    yieldNow();
                }))
                .hasSize(6);
    }

    @Test
    void arrivalsOfDifferentThreadsRunInEveryOrderAndThoseOfOneThreadInTheirs() {
        Set<List<String>> seen = orders(order -> {
            EventLoop loop = EventLoop.current();
            Thread one = Thread.ofPlatform().start(() -> arrive(loop, order, "a"));
            join(one);
            Thread two = Thread.ofPlatform().start(() -> arrive(loop, order, "b"));
            join(two);
            Promise<String> over = loop.promise();
            loop.callSoonThreadsafe(() -> loop.callSoon(() -> over.complete("")));
            over.await();
        });
        assertThat(seen).hasSizeGreaterThan(3).allSatisfy(order -> {
            assertThat(order).containsSubsequence("a1", "a2").containsSubsequence("b1", "b2");
            assertThat(order).hasSize(4);
        });
    }

    private static void arrive(EventLoop loop, List<String> order, String name) {
        loop.callSoonThreadsafe(() -> order.add(name + 1));
        loop.callSoonThreadsafe(() -> order.add(name + 2));
    }

    /** Holds the loop: a wait would let it take what has arrived. */
    private static void join(Thread thread) {
        while (thread.isAlive()) {
            Thread.onSpinWait();
        }
    }

    // --- what stays

    @Test
    void callSoonAndTheFirstStepsOfTasksKeepTheOrderOfTheCalls() {
        assertThat(orders(order -> {
                    for (int i = 0; i < 3; i++) {
                        String n = "" + i;
                        EventLoop.current().callSoon(() -> order.add("soon " + n));
                        spawn(() -> order.add("task " + n));
                    }
                    yieldNow();
                }))
                .containsExactly(List.of("soon 0", "task 0", "soon 1", "task 1", "soon 2", "task 2"));
    }

    @Test
    void whatWaitsForOneFutureGoesOnInTheOrderOfRegistration() {
        assertThat(orders(order -> {
                    Promise<String> promise = EventLoop.current().promise();
                    spawn(() -> {
                        promise.await();
                        order.add("task 1");
                    });
                    yieldNow();
                    promise.addDoneCallback(_ -> order.add("callback 1"));
                    spawn(() -> {
                        promise.await();
                        order.add("task 2");
                    });
                    yieldNow();
                    promise.toCompletableFuture().thenRun(() -> order.add("stage"));
                    promise.addDoneCallback(_ -> order.add("callback 2"));
                    promise.complete("");
                    promise.addDoneCallback(_ -> order.add("late"));
                    yieldNow();
                }))
                .containsExactly(List.of("task 1", "callback 1", "task 2", "stage", "callback 2", "late"));
    }

    @Test
    void timersAndSleepsKeepTheOrderOfTheirDeadlines() {
        assertThat(orders(order -> {
                    EventLoop loop = EventLoop.current();
                    long due = loop.time() + TICK.toNanos();
                    var late = spawn(() -> {
                        sleep(TICK).await();
                        order.add("sleep");
                        waitFor(sleep(TICK), Duration.ofSeconds(10)).await();
                        order.add("sleep 2");
                    });
                    yieldNow();
                    loop.callAt(due - 1, () -> order.add("before"));
                    loop.callAt(due - 2, () -> order.add("first"));
                    long end = loop.time() + 2 * TICK.toNanos();
                    while (System.nanoTime() - end < 0) {
                        Thread.onSpinWait(); // all of it is due in one turn
                    }
                    late.await();
                }))
                .containsExactly(List.of("first", "before", "sleep", "sleep 2"));
    }

    @Test
    void waitQueuesServeInTheOrderOfTheCallsAlsoThroughALimit() {
        assertThat(orders(order -> {
                    var queue = new Queue<Integer>();
                    var tasks = new ArrayList<Task<?>>();
                    for (int i = 0; i < 4; i++) {
                        String n = i + " got ";
                        boolean limited = i % 2 == 1;
                        tasks.add(spawn(() -> order.add(
                                n + (limited ? waitFor(queue.get(), Duration.ofHours(1)) : queue.get()).await())));
                    }
                    yieldNow();
                    for (int i = 0; i < 4; i++) {
                        assertThat(queue.tryPut(i)).isTrue();
                    }
                    Async.gather(tasks).await();
                }))
                .containsExactly(List.of("0 got 0", "1 got 1", "2 got 2", "3 got 3"));
    }

    @Test
    void whoGivesWayGoesOnAfterAllThatWasReady() {
        assertThat(orders(order -> {
                    EventLoop loop = EventLoop.current();
                    Promise<String> one = loop.promise();
                    var waits = spawn(() -> order.add(one.await()));
                    loop.callSoon(() -> order.add("soon"));
                    yieldNow();
                    one.complete("woken");
                    loop.callSoon(() -> order.add("called"));
                    yieldNow();
                    order.add("gave way");
                    waits.await();
                }))
                .containsExactlyInAnyOrder(
                        List.of("soon", "woken", "called", "gave way"), List.of("soon", "called", "woken", "gave way"));
    }

    @Test
    void aSeedIsRepeatable() {
        Consumer<List<String>> body = order -> {
            var promises = new ArrayList<Promise<String>>();
            var tasks = new ArrayList<Task<?>>();
            for (int i = 0; i < 10; i++) {
                Promise<String> promise = EventLoop.current().promise();
                promises.add(promise);
                tasks.add(spawn(() -> order.add(promise.await())));
            }
            yieldNow();
            for (int i = 0; i < 10; i++) {
                promises.get(i).complete("" + i);
            }
            Async.gather(tasks).await();
        };
        List<String> once = order(EventLoop.builder().seed(42), body);
        assertThat(order(EventLoop.builder().seed(42), body)).isEqualTo(once);
        assertThat(order(EventLoop.builder().seed(43), body)).isNotEqualTo(once);
    }
}

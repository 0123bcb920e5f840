package dev.loop.generator;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.Task;
import dev.loop.TaskGroup;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Plain generators in the tasks and callbacks of a loop. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratorInLoopTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    @Test
    @Tag("both-engines")
    void nothingElseRunsBetweenTheConsumerAndTheBody() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            loop.callSoon(() -> order.add("callback"));
            spawn(() -> order.add("task"));
            for (int i : Generator.<Integer>yielding(out -> {
                for (int j = 0; j < 3; j++) {
                    order.add("yields " + j);
                    out.yield(j);
                }
            })) {
                order.add("takes " + i);
            }
            yieldNow();
            assertThat(order)
                    .containsExactly(
                            "yields 0", "takes 0", "yields 1", "takes 1", "yields 2", "takes 2", "callback", "task");
        });
    }

    @Test
    @Tag("both-engines")
    void theBodyIsTheTaskOfItsConsumerAndSpawnsAndCompletes() {
        TestLoop.run(() -> {
            Promise<String> promise = EventLoop.current().promise();
            var names = Generator.<String>yielding(out -> {
                out.yield(currentTask().name());
                promise.complete("by the body");
                out.yield(spawn(() -> order.add("child")).toString());
                EventLoop.current().task().eager().spawn(() -> {
                    order.add("eager");
                    yieldNow();
                });
                out.yield(currentTask().name());
            });
            assertThat(names.next()).isEqualTo(currentTask().name());
            names.next();
            assertThat(promise.await()).isEqualTo("by the body");
            assertThat(spawn("other", names::next).await()).isEqualTo("other");
            assertThat(order).containsExactly("child", "eager");
            assertThat(names.hasNext()).isFalse();
        });
    }

    @Test
    @Tag("both-engines")
    void aWaitInTheBodyIsRefusedAndTheWayIsNamed() {
        TestLoop.run(() -> {
            for (Runnable wait : List.<Runnable>of(
                    () -> sleep(SECOND).await(),
                    () -> yieldNow(),
                    () -> {
                        try (var inner =
                                Generator.<Integer>yielding(_ -> sleep(SECOND).await())) {
                            inner.next();
                        }
                    },
                    () -> {
                        try (var inner = AsyncGenerator.<Integer>yielding(
                                _ -> sleep(SECOND).await())) {
                            inner.iterator().hasNext();
                        }
                    })) {
                var waits = Generator.<Integer>yielding(_ -> wait.run());
                assertThatIllegalStateException()
                        .isThrownBy(waits::next)
                        .withMessageContaining("use an AsyncGenerator");
            }
            assertThat(EventLoop.current().time()).isZero();
            sleep(SECOND).await(); // the task itself may
        });
    }

    @Test
    @Tag("both-engines")
    void awaitsOfWhatIsDoneAreNoWaitsHoweverManyThereAre() {
        TestLoop.run(() -> {
            var done = EventLoop.current().completed(1);
            var sums = Generator.<Integer>yielding(out -> {
                int sum = 0;
                for (int i = 0; i < 1000; i++) {
                    sum += done.await();
                }
                out.yield(sum);
            });
            assertThat(Place.all(sums)).containsExactly(1000);
        });
    }

    @Test
    @Tag("both-engines")
    void aScopeOfTheBodyIsNotOpenAtAYield() {
        TestLoop.run(() -> {
            var inTimeout = Generator.<Integer>yielding(out -> timeout(SECOND, () -> out.yield(1)));
            assertThatIllegalStateException().isThrownBy(inTimeout::next).withMessageContaining("across a yield");
            var inGroup = Generator.<Integer>yielding(out -> {
                try (var group = TaskGroup.open()) {
                    out.yield(1);
                }
            });
            assertThatIllegalStateException().isThrownBy(inGroup::next).withMessageContaining("across a yield");

            // one of the consumer's may be, and another one the next time
            var free = Generator.<Integer>yielding(out -> {
                out.yield(1);
                out.yield(timeout(SECOND, () -> 2));
                out.yield(3);
            });
            assertThat(timeout(SECOND, free::next)).isEqualTo(1);
            assertThat(free.next()).isEqualTo(2);
            assertThat(timeout(SECOND, () -> timeout(SECOND, free::next))).isEqualTo(3);
            free.close();
        });
    }

    @Test
    @Tag("both-engines")
    void aGroupThatTheBodyLeavesOpenEndsWithTheBody() {
        try (var test = new TestLoop()) {
            var reports = new ArrayList<String>();
            test.loop().setExceptionHandler((_, context) -> reports.add(context.message()));
            test.runMain(() -> {
                var leaves = Generator.<Integer>yielding(_ -> {
                    var group = TaskGroup.open();
                    group.spawn(() -> sleep(SECOND).await());
                });
                assertThat(leaves.hasNext()).isFalse();
                assertThat(timeout(SECOND, () -> "the scopes are as before")).isNotNull();
            });
            assertThat(reports).containsExactly("a task group was left open");
        }
    }

    @Test
    @Tag("both-engines")
    void aCancelOfTheConsumerIsMetAtItsOwnWait() {
        TestLoop.run(() -> {
            Task<?> consumer = spawn(() -> {
                for (int i : Generator.<Integer>yielding(out -> {
                    currentTask().cancel("by the body");
                    out.yield(1);
                    out.yield(2);
                })) {
                    order.add("took " + i);
                    if (i == 2) {
                        sleep(SECOND).await();
                    }
                }
            });
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(consumer::await)
                    .withMessageContaining("by the body");
            assertThat(order).containsExactly("took 1", "took 2");
        });
    }

    @Test
    void aBodyThatBlocksInATaskFreesTheLoop() {
        TestLoop.run(() -> {
            var lock = new ReentrantLock();
            Promise<String> locked = EventLoop.current().promise();
            Promise<String> unlock = EventLoop.current().promise();
            spawn(() -> {
                lock.lock();
                locked.complete("yes");
                unlock.await();
                lock.unlock();
            });
            locked.await();
            EventLoop.current().callSoon(() -> order.add("the loop goes on"));
            EventLoop.current().callSoon(() -> unlock.complete("now"));
            var waits = Generator.<String>yielding(out -> {
                lock.lock();
                try {
                    out.yield("has it");
                } finally {
                    lock.unlock();
                }
            });
            order.add(waits.next());
            waits.close();
            assertThat(order).containsExactly("the loop goes on", "has it");
        });
    }

    @Test
    void aBodyThatBlocksInACallbackHoldsTheCallbacksAndNotTheTasks() {
        TestLoop.run(() -> {
            var latch = new CountDownLatch(1);
            Promise<String> done = EventLoop.current().promise();
            var waits = Generator.<String>yielding(out -> {
                order.add("blocks");
                latch.await();
                out.yield("released");
            });
            EventLoop.current().callSoon(() -> {
                order.add(waits.next());
                waits.close();
                done.complete("end");
            });
            EventLoop.current().callSoon(() -> order.add("the next callback"));
            spawn(() -> {
                order.add("a task");
                latch.countDown();
            });
            done.await();
            yieldNow();
            assertThat(order).containsExactly("blocks", "a task", "released", "the next callback");
        });
    }

    @Test
    void aCancelInterruptsABodyThatBlocks() {
        TestLoop.run(() -> {
            Task<?> consumer = spawn(() -> {
                for (int ignored : Generator.<Integer>yielding(out -> {
                    out.yield(1);
                    new CountDownLatch(1).await();
                })) {
                    order.add("one");
                }
            });
            yieldNow();
            yieldNow();
            assertThat(order).containsExactly("one");
            consumer.cancel("enough");
            assertThatExceptionOfType(CancelledException.class).isThrownBy(consumer::await);
            assertThat(consumer.isCancelled()).isTrue();
        });
    }

    @Test
    void theStackOfATaskShowsTheBodyThatRunsInIt() {
        TestLoop.run(() -> {
            Task<?> consumer = spawn(() -> {
                try (var values = AsyncGenerator.<Integer>yielding(_ -> bodyThatWaits())) {
                    consume(values);
                }
            });
            yieldNow();
            List<String> methods = consumer.stack().stream()
                    .map(StackTraceElement::getMethodName)
                    .toList();
            assertThat(methods).containsSubsequence("bodyThatWaits", "consume");
            consumer.cancelAndJoin("seen").await();
        });
    }

    private static void bodyThatWaits() {
        sleep(SECOND).await();
    }

    private static void consume(Iterable<Integer> values) {
        for (int ignored : values) {
            throw new AssertionError("nothing is yielded");
        }
    }

    @Test
    @Tag("both-engines")
    void aLoopThatClosesInTheMiddleLetsBodyAndConsumerUnwindElsewhere() throws Exception {
        var unwound = new CountDownLatch(3);
        var loop = EventLoop.builder().closeLimit(Duration.ofMillis(20)).build();
        loop.setExceptionHandler((_, _) -> {});
        loop.spawn(() -> {
            var plain = Generator.<Integer>yielding(out -> {
                try {
                    out.yield(1);
                    out.yield(2);
                } finally {
                    unwound.countDown();
                }
            });
            plain.next();
            try {
                for (int ignored : AsyncGenerator.<Integer>yielding(_ -> stubborn(unwound))) {
                    throw new AssertionError("nothing is yielded");
                }
            } finally {
                assertThat(plain.next()).isEqualTo(2); // what needs no loop goes on
                plain.close();
                unwound.countDown();
            }
        });
        loop.spawn(loop::stop);
        loop.runForever();
        loop.close();
        unwound.await();
    }

    /** Waits whatever happens, until its loop has gone. */
    private static void stubborn(CountDownLatch unwound) {
        try {
            while (true) {
                try {
                    sleep(SECOND).await();
                } catch (CancelledException e) {
                    yieldUnlessCancelled();
                }
            }
        } finally {
            unwound.countDown();
        }
    }

    private static void yieldUnlessCancelled() {
        try {
            yieldNow();
        } catch (CancelledException e) {
            // level-triggered: it comes again and again
        }
    }
}

package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.timeout;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Interest;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws that come from deadlocks and losses: docs/design.md has them under the same numbers. Each of these tests was seen to fail
 * with its law broken on purpose.
 */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LawsTest {

    private static final Duration MOMENT = Duration.ofMillis(5);

    /** Kernel wakeups need neither a lock nor the loop virtual thread. */
    @Nested
    class D1 {

        /** Runs the body while a callback is parked on a monitor that the main task holds. */
        private void whileACallbackIsParked(VoidBody<Exception> body) {
            Object monitor = new Object();
            var entered = new AtomicBoolean();
            EventLoop.run(() -> {
                synchronized (monitor) {
                    EventLoop.current().callSoon(() -> {
                        synchronized (monitor) {
                            entered.set(true);
                        }
                    });
                    yieldNow();
                    yieldNow();
                    body.run();
                    assertThat(entered).isFalse();
                }
                while (!entered.get()) {
                    yieldNow();
                }
            });
        }

        @Test
        void aPromiseWakesItsTask() {
            whileACallbackIsParked(() -> {
                Promise<String> promise = EventLoop.current().promise();
                spawn(() -> promise.complete("value"));
                assertThat(promise.await()).isEqualTo("value");
            });
        }

        @Test
        void aPromiseCompletedByAnotherThreadWakesItsTask() {
            whileACallbackIsParked(() -> {
                Promise<String> promise = EventLoop.current().promise();
                Thread.ofPlatform().start(() -> promise.completeThreadsafe("value"));
                assertThat(promise.await()).isEqualTo("value");
            });
        }

        @Test
        void aSleepEnds() {
            whileACallbackIsParked(() -> sleep(MOMENT).await());
        }

        @Test
        void aDeadlineFires() {
            whileACallbackIsParked(() -> {
                Future<?> never = EventLoop.current().promise();
                assertThatThrownBy(() -> timeout(MOMENT, () -> never.await())).isInstanceOf(TimeoutException.class);
            });
        }

        @Test
        void combinatorsEnd() {
            whileACallbackIsParked(() -> {
                Future<?> never = EventLoop.current().promise();
                Future<?> limited = waitFor(never, MOMENT);
                assertThatThrownBy(() ->
                                gather(spawn(() -> 1), sleep(MOMENT), limited).await())
                        .isInstanceOf(TimeoutException.class);
            });
        }

        @Test
        void readinessArrives() {
            whileACallbackIsParked(() -> {
                EventLoop loop = EventLoop.current();
                Pipe pipe = Pipe.open();
                pipe.source().configureBlocking(false);
                Promise<Integer> read = loop.promise();
                Registration registration = loop.register(pipe.source(), Interest.READ, read::tryComplete);
                pipe.sink().write(ByteBuffer.allocate(1));
                assertThat(read.await()).isEqualTo(Interest.READ);
                registration.cancel();
                pipe.sink().close();
                pipe.source().close();
            });
        }

        @Test
        void aFutureWakesTasksAndCallbacksInTheOrderOfRegistration() {
            var order = new ArrayList<String>();
            TestLoop.run(() -> {
                Promise<@Nullable Void> promise = EventLoop.current().promise();
                spawn(() -> {
                    promise.await();
                    order.add("task 1");
                });
                yieldNow();
                promise.addDoneCallback(_ -> order.add("callback 2"));
                spawn(() -> {
                    promise.await();
                    order.add("task 3");
                });
                yieldNow();
                promise.addDoneCallback(_ -> order.add("callback 4"));
                promise.complete(null);
                yieldNow();
            });
            assertThat(order).containsExactly("task 1", "callback 2", "task 3", "callback 4");
        }
    }

    /** A callback that parks keeps the loop virtual thread. */
    @Nested
    class D2 {

        @Test
        void laterCallbacksWaitBehindItInOrderAndTasksGoOn() {
            var order = new ArrayList<String>();
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var gate = new CountDownLatch(1);
                loop.callSoon(() -> {
                    await(gate);
                    order.add("first");
                });
                for (int i = 2; i <= 4; i++) {
                    int number = i;
                    loop.callSoon(() -> order.add("callback " + number));
                }
                loop.callLater(Duration.ZERO, () -> order.add("timer"));
                yieldNow();
                loop.callSoon(() -> order.add("later"));
                sleep(MOMENT).await();
                order.add("task");
                gate.countDown();
                callback(loop).await();
            });
            assertThat(order)
                    .containsExactly("task", "first", "callback 2", "callback 3", "callback 4", "timer", "later");
        }

        @Test
        void theTurnDoesNotWakeItFromAParkOfItsOwn() {
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var woken = new AtomicBoolean();
                var early = new AtomicBoolean();
                var thread = new Thread[1];
                loop.callSoon(() -> {
                    thread[0] = Thread.currentThread();
                    LockSupport.park();
                    early.set(!woken.get());
                });
                for (int i = 0; i < 10; i++) {
                    loop.callSoon(() -> {});
                    yieldNow();
                }
                woken.set(true);
                LockSupport.unpark(thread[0]);
                callback(loop).await();
                assertThat(early).isFalse();
            });
        }

        @Test
        void whatItHoldsBackDoesNotKeepTheLoopFromSleeping() {
            var poller = new CountingPoller();
            EventLoop loop = EventLoop.builder().poller(poller).build();
            try (var runner = Runner.create(() -> loop)) {
                runner.run(() -> {
                    var gate = new CountDownLatch(1);
                    loop.callSoon(() -> await(gate));
                    loop.callSoon(() -> {});
                    yieldNow();
                    yieldNow();
                    int before = poller.polls;
                    sleep(Duration.ofMillis(30)).await();
                    // one that sleeps until the deadline, one that is a little early, not one for every turn of a spin
                    assertThat(poller.polls - before).isLessThan(10);
                    gate.countDown();
                });
            }
        }

        @Test
        void theCloseOfTheLoopInterruptsIt() {
            var interrupted = new AtomicBoolean();
            EventLoop.run(() -> {
                EventLoop.current().callSoon(() -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                    }
                });
                yieldNow();
                yieldNow();
            });
            assertThat(interrupted).isTrue();
        }

        @Test
        void aCallbackThatWillNotEndIsReported() {
            var reports = new ArrayList<ExceptionContext>();
            var gate = new CountDownLatch(1);
            EventLoop loop = EventLoop.builder().closeLimit(MOMENT).build();
            loop.setExceptionHandler((_, context) -> reports.add(context));
            try (var runner = Runner.create(() -> loop)) {
                runner.run(() -> {
                    loop.callSoon(() -> awaitUninterruptibly(gate));
                    yieldNow();
                    yieldNow();
                });
            }
            gate.countDown();
            assertThat(reports).singleElement().satisfies(report -> {
                assertThat(report.message()).contains("callback").contains("did not end");
                assertThat(report.exception()).isNotNull();
                assertThat(report.exception().getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("awaitUninterruptibly"));
            });
        }
    }

    /** Only a wait that would park is cancellable; what is done keeps its value. */
    @Nested
    class D4 {

        @Test
        void aFutureThatIsDoneGivesItsValueInACancelledScope() {
            TestLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var seen = new ArrayList<String>();
                assertThatThrownBy(() -> timeout(Duration.ofSeconds(1), () -> {
                            assertThatThrownBy(
                                            () -> sleep(Duration.ofSeconds(2)).await())
                                    .isInstanceOf(CancelledException.class);
                            seen.add(loop.completed("value").await());
                            loop.promise().await();
                        }))
                        .isInstanceOf(TimeoutException.class);
                assertThat(seen).containsExactly("value");
            });
        }

        @Test
        void aValueThatWasDeliveredInTheSameTurnAsTheCancelIsNotLost() {
            TestLoop.run(() -> {
                Promise<String> promise = EventLoop.current().promise();
                var got = new ArrayList<String>();
                Task<?> task = spawn(() -> {
                    got.add(promise.await());
                    sleep(Duration.ofSeconds(1)).await();
                    got.add("not cancelled");
                });
                yieldNow();
                promise.complete("value");
                task.cancel("late");
                assertThatThrownBy(task::await)
                        .isInstanceOfSatisfying(
                                CancelledException.class,
                                e -> assertThat(e.reason()).isEqualTo("late"));
                assertThat(got).containsExactly("value");
            });
        }

        @Test
        void aBodyThatEndsBeforeItsCancelIsDeliveredKeepsItsValue() {
            TestLoop.run(() -> {
                Task<String> task = spawn(() -> {
                    Async.currentTask().cancel("too late");
                    return "value";
                });
                assertThat(task.await()).isEqualTo("value");
                assertThat(task.cancelling()).isEqualTo(1);
            });
        }

        @Test
        void aScopeThatIsLeftWithItsCancelUndeliveredDropsIt() {
            TestLoop.run(() -> {
                Future<?> value = sleep(Duration.ofSeconds(1));
                // both are due at the same instant, the value first
                String result = timeout(Duration.ofSeconds(1), () -> {
                    value.await();
                    return "in time";
                });
                assertThat(result).isEqualTo("in time");
                sleep(Duration.ofSeconds(1)).await();
            });
        }
    }

    /** Nothing parks with the interrupt flag set. */
    @Nested
    class D6 {

        @Test
        void anInterruptIsACancelAtTheNextWaitAndTheLoopIsNotStarved() {
            EventLoop.run(() -> {
                Task<String> task = spawn(() -> {
                    Thread.currentThread().interrupt();
                    try {
                        sleep(Duration.ofSeconds(10)).await();
                        return "slept";
                    } catch (CancelledException e) {
                        return e.reason() + ", flag " + Thread.currentThread().isInterrupted();
                    }
                });
                assertThat(task.await()).isEqualTo("the task's thread was interrupted, flag false");
            });
        }

        @Test
        void anInterruptWhileItGivesWayDoesNotSpin() {
            EventLoop.run(() -> {
                Task<?> task = spawn(() -> {
                    Future<String> done = EventLoop.current().completed("value");
                    Thread.currentThread().interrupt();
                    for (int i = 0; i < 200; i++) {
                        assertThat(done.await()).isEqualTo("value");
                    }
                });
                task.await();
            });
        }

        @Test
        void aFlagLeftByACallbackDoesNotSpin() {
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                loop.callSoon(() -> Thread.currentThread().interrupt());
                sleep(MOMENT).await();
                var flag = new AtomicBoolean(true);
                loop.callSoon(() -> flag.set(Thread.currentThread().isInterrupted()));
                callback(loop).await();
                assertThat(flag).isFalse();
            });
        }

        @Test
        void onlyATaskParkedOutsideOfAwaitIsInterruptedByItsCancel() {
            EventLoop.run(() -> {
                var flags = new ArrayList<Boolean>();
                Task<?> awaiting = spawn(() -> {
                    try {
                        EventLoop.current().promise().await();
                    } finally {
                        flags.add(Thread.currentThread().isInterrupted());
                    }
                });
                var interrupted = new AtomicBoolean();
                Task<?> blocked = spawn(() -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                        throw e;
                    }
                });
                yieldNow();
                awaiting.cancel();
                blocked.cancel("reason");
                assertThatThrownBy(awaiting::await).isInstanceOf(CancelledException.class);
                assertThatThrownBy(blocked::await)
                        .isInstanceOf(CancelledException.class)
                        .hasMessageContaining("reason");
                assertThat(flags).containsExactly(false);
                assertThat(interrupted).isTrue();
            });
        }

        @Test
        void theInterruptThatACancelHasLeftIsNotASecondCancel() {
            EventLoop.run(() -> {
                Task<String> task = spawn(() -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt(); // as libraries do
                    }
                    String seen = "";
                    try {
                        sleep(Duration.ofSeconds(10)).await();
                    } catch (CancelledException e) {
                        seen = String.valueOf(e.reason());
                    }
                    sleep(MOMENT).await();
                    return seen + ", " + Async.currentTask().cancelling();
                });
                yieldNow();
                task.cancel("once");
                assertThat(task.await()).isEqualTo("once, 1");
            });
        }
    }

    /** After 64 awaits of futures that are done a task gives way once. */
    @Nested
    class D8 {

        @Test
        void aTaskThatOnlyAwaitsWhatIsDoneLetsOthersRun() {
            TestLoop.run(() -> {
                Future<String> done = EventLoop.current().completed("value");
                var steps = new ArrayList<String>();
                Task<?> greedy = spawn(() -> {
                    for (int i = 1; i <= 200; i++) {
                        assertThat(done.await()).isEqualTo("value");
                        if (i % 64 == 63 || i % 64 == 0) {
                            steps.add("greedy " + i);
                        }
                    }
                });
                Task<?> other = spawn(() -> {
                    for (int i = 1; i <= 2; i++) {
                        steps.add("other " + i);
                        yieldNow();
                    }
                });
                greedy.await();
                other.await();
                assertThat(steps)
                        .containsExactly(
                                "greedy 63",
                                "other 1",
                                "greedy 64",
                                "greedy 127",
                                "other 2",
                                "greedy 128",
                                "greedy 191",
                                "greedy 192");
            });
        }

        @Test
        void theValueIsKeptWhenACancelComesMeanwhile() {
            TestLoop.run(() -> {
                Future<String> done = EventLoop.current().completed("value");
                var values = new int[1];
                Task<?> task = spawn(() -> {
                    for (int i = 0; i < 100; i++) {
                        done.await();
                        values[0]++;
                    }
                });
                yieldNow();
                assertThat(values[0]).isEqualTo(63);
                task.cancel();
                task.await();
                assertThat(values[0]).isEqualTo(100);
            });
        }
    }

    /** Each task's thread has a scheduler of its own. */
    @Nested
    class D10 {

        @Test
        void aThreadThatATaskStartsDoesNotRunOnTheLoop() {
            EventLoop.run(() -> {
                var stop = new AtomicBoolean();
                var started = new CountDownLatch(1);
                Thread child = Thread.startVirtualThread(() -> {
                    started.countDown();
                    while (!stop.get()) {
                        Thread.onSpinWait(); // on the loop's thread this would be the end of the loop
                    }
                    LockSupport.parkNanos(1);
                });
                started.await();
                sleep(MOMENT).await();
                stop.set(true);
                child.join();
            });
        }

        @Test
        void whatTheJdkMakesRunnableWhileItIsMountedRunsAgain() {
            EventLoop.run(() -> {
                var turns = new ArrayList<String>();
                Task<?> yielding = spawn(() -> {
                    turns.add("yielding 1");
                    Thread.yield();
                    turns.add("yielding 2");
                });
                Task<?> handing = spawn(() -> {
                    turns.add("handing 1");
                    LockSupport.unpark(Thread.currentThread()); // the permit comes first
                    LockSupport.park();
                    turns.add("handing 2");
                });
                gather(yielding, handing).await();
                assertThat(turns).containsExactly("yielding 1", "handing 1", "handing 2", "yielding 2");
            });
        }

        @Test
        void strayUnparksDoNotPutATaskIntoTheQueueTwice() {
            EventLoop.run(() -> {
                var stop = new AtomicBoolean();
                var threads = new Thread[2];
                var turns = new ArrayList<Integer>();
                var tasks = new ArrayList<Task<?>>();
                for (int i = 0; i < 2; i++) {
                    int number = i;
                    tasks.add(spawn(() -> {
                        threads[number] = Thread.currentThread();
                        for (int k = 0; k < 20_000; k++) {
                            turns.add(number);
                            yieldNow();
                        }
                    }));
                }
                yieldNow();
                Thread noise = Thread.ofPlatform().start(() -> {
                    while (!stop.get()) {
                        LockSupport.unpark(threads[0]);
                        LockSupport.unpark(threads[1]);
                    }
                });
                gather(tasks).await();
                stop.set(true);
                noise.join();
                for (int k = 0; k < turns.size(); k++) {
                    assertThat(turns.get(k)).isEqualTo(k % 2);
                }
            });
        }

        @Test
        void strayUnparksNeverRunATaskTwiceNorLoseAWakeup() {
            EventLoop.run(() -> {
                EventLoop loop = EventLoop.current();
                var stop = new AtomicBoolean();
                var target = new Thread[1];
                Task<Integer> task = spawn(() -> {
                    target[0] = Thread.currentThread();
                    int count = 0;
                    for (int i = 0; i < 20_000; i++) {
                        Promise<Integer> promise = loop.promise();
                        loop.callSoon(() -> promise.complete(1));
                        count += promise.await();
                    }
                    return count;
                });
                yieldNow();
                Thread noise = Thread.ofPlatform().start(() -> {
                    while (!stop.get()) {
                        LockSupport.unpark(target[0]);
                        target[0].getStackTrace(); // suspends an unmounted thread for a moment
                    }
                });
                assertThat(task.await()).isEqualTo(20_000);
                stop.set(true);
                noise.join();
            });
        }
    }

    // --- helpers

    /** Done when every callback that is scheduled by now has run. */
    private static Future<@Nullable Void> callback(EventLoop loop) {
        Promise<@Nullable Void> ran = loop.promise();
        loop.callSoon(() -> ran.complete(null));
        return ran;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // that is the point
            }
        }
    }

    private static final class CountingPoller implements Poller {
        private final Poller real = new SelectorPoller();
        int polls;

        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            return real.register(channel, ops, handler);
        }

        @Override
        public void poll(long timeoutNanos) {
            polls++;
            real.poll(timeoutNanos);
        }

        @Override
        public void wakeup() {
            real.wakeup();
        }

        @Override
        public int registrations() {
            return real.registrations();
        }

        @Override
        public void close() {
            real.close();
        }
    }
}

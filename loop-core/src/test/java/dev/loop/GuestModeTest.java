package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Interest;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import dev.loop.testing.DeadlockError;
import dev.loop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A host that calls the three parts of a turn by hand. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuestModeTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();

    /** The simplest host. */
    private static void drive(EventLoop loop, Future<?> until) {
        GuestMode guest = loop.guest();
        while (!until.isDone()) {
            guest.pollEvents();
            guest.processEvents();
            guest.processReady();
        }
    }

    // --- the parts

    @Test
    void aGameLoopCallsThePartsInEachFrame() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            var frames = new int[1];
            Runnable drawFrame = () -> {
                frames[0]++;
                test.clock().advance(Duration.ofMillis(16));
            };
            Task<Duration> bird = loop.spawn("bird", () -> {
                sleep(SECOND).await();
                return test.elapsed();
            });
            // @start region="gameloop"
            GuestMode guest = loop.guest();
            while (!bird.isDone()) {
                guest.processEvents();
                guest.processReady();
                drawFrame.run();
            }
            // @end
            assertThat(bird.result())
                    .isEqualTo(Duration.ofMillis(63 * 16)); // the first frame that begins a second later or more
            assertThat(frames[0]).isEqualTo(64);
        }
    }

    @Test
    void theReadyEntriesRunAndWhatTheyAddIsLeftForTheNextCall() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            GuestMode guest = loop.guest();
            loop.callSoon(() -> {
                order.add("a");
                loop.callSoon(() -> order.add("d"));
            });
            loop.spawn(() -> {
                order.add("b");
                yieldNow();
                order.add("e");
            });
            loop.callSoon(() -> order.add("c"));
            assertThat(guest.hasReady()).isTrue();
            assertThat(guest.processReady()).isTrue();
            assertThat(order).containsExactly("a", "b", "c");
            assertThat(guest.processReady()).isFalse();
            assertThat(order).containsExactly("a", "b", "c", "d", "e");
            assertThat(guest.hasReady()).isFalse();
        }
    }

    @Test
    void someOfTheReadyEntriesRunInTheirOrder() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            GuestMode guest = loop.guest();
            for (String s : List.of("a", "b", "c", "d", "e")) {
                loop.callSoon(() -> order.add(s));
            }
            assertThat(guest.processReady(2)).isTrue();
            assertThat(order).containsExactly("a", "b");
            loop.callSoon(() -> order.add("f"));
            assertThat(guest.processReady(3)).isTrue();
            assertThat(guest.processReady(3)).isFalse();
            assertThat(order).containsExactly("a", "b", "c", "d", "e", "f");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> guest.processReady(0))
                    .withMessageContaining("processReady(0)");
        }
    }

    @Test
    void sleepsEndInTheOrderOfTheirDeadlinesAtExactInstants() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Task<?> main = loop.spawn(() -> {
                for (int seconds : List.of(3, 1, 2)) {
                    loop.spawn(() -> {
                        sleep(Duration.ofSeconds(seconds)).await();
                        order.add(seconds + " at " + test.elapsed().toSeconds());
                    });
                }
                sleep(Duration.ofSeconds(4)).await();
            });
            drive(loop, main);
            assertThat(order).containsExactly("1 at 1", "2 at 2", "3 at 3");
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(4));
        }
    }

    @Test
    void aPollWaitsNoLongerThanItsLimitAndRunsNothing() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            GuestMode guest = loop.guest();
            loop.callLater(Duration.ofSeconds(5), () -> order.add("timer"));
            guest.processEvents();
            assertThat(guest.untilNextTimer()).isEqualTo(Duration.ofSeconds(5));
            assertThat(guest.pollEvents(Duration.ZERO)).isFalse();
            assertThat(guest.pollEvents(Duration.ofSeconds(2))).isFalse();
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(2));
            assertThat(guest.untilNextTimer()).isEqualTo(Duration.ofSeconds(3));
            assertThat(guest.pollEvents()).isTrue();
            assertThat(test.elapsed()).isEqualTo(Duration.ofSeconds(5));
            assertThat(guest.untilNextTimer()).isZero();
            assertThat(guest.hasReady()).isFalse();
            guest.processEvents();
            assertThat(guest.hasReady()).isTrue();
            assertThat(guest.untilNextTimer()).isNull();
            assertThat(guest.pollEvents()).isTrue(); // something is ready
            assertThat(order).isEmpty();
            assertThat(guest.processReady()).isFalse();
            assertThat(order).containsExactly("timer");
        }
    }

    @Test
    void aWaitForWhatCanNeverComeIsADeadlockOnVirtualTime() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Promise<Integer> never = loop.promise();
            loop.spawn(() -> never.await());
            assertThatThrownBy(() -> drive(loop, never)).isInstanceOf(DeadlockError.class);
        }
    }

    @Test
    void aReadyChannelEndsThePollAndIsStillThereForTheEvents() throws Exception {
        Pipe pipe = Pipe.open();
        try (var loop = EventLoop.create();
                var in = pipe.source();
                var out = pipe.sink()) {
            in.configureBlocking(false);
            var read = ByteBuffer.allocate(8);
            loop.register(in, Interest.READ, _ -> {
                try {
                    in.read(read);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            GuestMode guest = loop.guest();
            guest.processEvents();
            out.write(ByteBuffer.wrap(new byte[] {42}));
            assertThat(guest.pollEvents()).isTrue();
            assertThat(read.position()).isZero();
            assertThat(guest.pollEvents()).isTrue(); // nobody has taken it
            guest.processEvents();
            assertThat(read.get(0)).isEqualTo((byte) 42);
            assertThat(guest.pollEvents(Duration.ZERO)).isFalse();
        }
    }

    // --- whose the loop is

    @Test
    void betweenThePartsNoLoopIsCurrentAndTheHostThreadMayCallIt() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> order.add(EventLoop.current().name()));
            loop.guest().processReady();
            assertThat(EventLoop.currentOrNull()).isNull();
            assertThat(loop.isRunning()).isFalse();
            Promise<String> promise = loop.promise();
            Task<String> task = loop.spawn("main", () -> promise.await());
            loop.guest().processReady();
            promise.complete("from the host");
            drive(loop, task);
            assertThat(task.await()).isEqualTo("from the host"); // it is done, so nobody waits
            assertThat(order).containsExactly("test-loop");
        }
    }

    @Test
    void theHostThreadMayNotWait() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.guest().processEvents();
            Promise<String> promise = loop.promise();
            assertThatIllegalStateException()
                    .isThrownBy(promise::await)
                    .withMessageContaining("guest")
                    .withMessageContaining("addDoneCallback");
        }
    }

    @Test
    void otherThreadsAreRefusedBetweenTheParts() throws Exception {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.guest().processEvents();
            assertThat(failureOnAnotherThread(() -> loop.callSoon(() -> {})))
                    .isInstanceOf(WrongThreadException.class)
                    .hasMessageContaining("guest of " + Thread.currentThread())
                    .hasMessageContaining("callSoonThreadsafe");
            assertThat(failureOnAnotherThread(() -> loop.guest().hasReady())).isInstanceOf(WrongThreadException.class);
        }
    }

    @Test
    void anotherThreadTakesTheLoopOverByProcessingOrClosingIt() throws Exception {
        var loop = EventLoop.create();
        loop.guest().processEvents();
        assertThat(failureOnAnotherThread(() -> {
                    loop.guest().processEvents();
                    loop.callSoon(() -> order.add("there"));
                    return loop.guest().processReady();
                }))
                .isNull();
        assertThatThrownBy(() -> loop.callSoon(() -> {})).isInstanceOf(WrongThreadException.class);
        loop.close();
        assertThat(order).containsExactly("there");
    }

    @Test
    void aThreadThatWaitsForAFutureOfAGuestIsToldByTheHost() throws Exception {
        try (var loop = EventLoop.create()) {
            Task<String> task = loop.spawn("main", () -> {
                sleep(Duration.ofMillis(1)).await();
                return "done";
            });
            loop.guest().processEvents();
            CompletableFuture<String> other = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> other.complete(task.await()));
            while (!other.isDone()) {
                loop.guest().pollEvents(Duration.ofMillis(10)); // the other thread is no work of the loop
                loop.guest().processEvents();
                loop.guest().processReady();
            }
            assertThat(other.get()).isEqualTo("done");
        }
    }

    @Test
    void aNormalRunTakesTheLoopBack() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> order.add("guest"));
            loop.guest().processReady();
            test.runMain(() -> {
                order.add("run");
            });
            assertThat(order).containsExactly("guest", "run");
        }
    }

    // --- what is refused

    @Test
    void codeOfTheLoopCannotDriveIt() {
        TestLoop.run(() -> {
            GuestMode guest = EventLoop.current().guest();
            for (Runnable part : List.<Runnable>of(
                    guest::pollEvents,
                    guest::processEvents,
                    guest::processReady,
                    () -> guest.start(Runnable::run).isDone())) {
                assertThatIllegalStateException().isThrownBy(part::run).withMessageContaining("for its host, outside");
            }
        });
    }

    @Test
    void aLoopThatRunsIsNoGuest() throws Exception {
        TestLoop.builder().allowRealTime().run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(failureOnAnotherThread(() -> {
                        loop.guest().processEvents();
                        return null;
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("runs already");
        });
    }

    @Test
    void aThreadThatRunsALoopIsNoHost() {
        try (var other = EventLoop.create()) {
            TestLoop.run(() -> {
                EventLoop mine = EventLoop.current();
                Runnable process = other.guest()::processEvents;
                assertThatIllegalStateException()
                        .isThrownBy(process::run)
                        .satisfies(e -> assertThat(e.getMessage())
                                .containsAnyOf(
                                        mine.name() + "] already", "virtual thread")); // which a task's thread is
            });
        }
    }

    @Test
    void aVirtualThreadIsNoHost() throws Exception {
        try (var loop = EventLoop.create()) {
            var failure = new CompletableFuture<@Nullable Throwable>();
            Thread.ofVirtual()
                    .start(() -> failure.complete(failureOf(() -> {
                        loop.guest().processEvents();
                        return null;
                    })));
            assertThat(failure.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("virtual thread")
                    .hasMessageContaining("only a platform thread");
        }
    }

    @Test
    void aClosedLoopCannotBeProcessed() {
        var loop = EventLoop.create();
        GuestMode guest = loop.guest();
        loop.close();
        assertThat(guest.pollEvents()).isTrue();
        assertThatIllegalStateException().isThrownBy(guest::processEvents).withMessageContaining("is closed");
        assertThatIllegalStateException().isThrownBy(guest::processReady).withMessageContaining("is closed");
    }

    @Test
    void twoThreadsCannotProcessAtOnce() throws Exception {
        try (var loop = EventLoop.create()) {
            var failure = new CompletableFuture<@Nullable Throwable>();
            var begun = new CountDownLatch(1);
            Thread other = Thread.ofPlatform().start(() -> {
                try {
                    begun.await();
                } catch (InterruptedException e) {
                    failure.completeExceptionally(e);
                }
                failure.complete(failureOf(() -> {
                    loop.guest().processEvents();
                    return null;
                }));
            });
            loop.spawn(() -> {
                begun.countDown();
                while (!failure.isDone()) {
                    Thread.onSpinWait(); // a step that computes
                }
            });
            loop.guest().processReady();
            other.join();
            assertThat(failure.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is being processed by " + Thread.currentThread());
        }
    }

    @Test
    void aPollerThatCannotWaitForAGuestSaysSo() {
        var poller = new SelectorPoller();
        Poller without = new Poller() {
            @Override
            public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
                return poller.register(channel, ops, handler);
            }

            @Override
            public void poll(long timeoutNanos) {
                poller.poll(timeoutNanos);
            }

            @Override
            public void wakeup() {
                poller.wakeup();
            }

            @Override
            public int registrations() {
                return poller.registrations();
            }

            @Override
            public void close() {
                poller.close();
            }
        };
        try (var loop = EventLoop.builder().poller(without).build()) {
            loop.guest().processEvents();
            assertThatThrownBy(() -> loop.guest().pollEvents())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("Poller.await");
        }
    }

    // --- ends

    @Test
    void aStopIsSeenByTheHost() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            GuestMode guest = loop.guest();
            loop.callSoon(loop::stop);
            loop.callSoon(() -> order.add("same batch"));
            assertThat(guest.isStopped()).isFalse();
            guest.processReady();
            assertThat(guest.isStopped()).isTrue();
            assertThat(order).containsExactly("same batch");
        }
        try (var test = new TestLoop()) {
            test.loop().stop(); // by the host
            assertThat(test.loop().guest().isStopped()).isTrue();
            test.loop().guest().processEvents();
            assertThat(test.loop().guest().isStopped()).isTrue();
        }
    }

    @Test
    void aCloseDrainsOnTheHostThread() {
        var carriers = new ArrayList<Boolean>();
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Task<?> task = loop.spawn(() -> {
                try {
                    sleep(HOUR).await();
                } finally {
                    carriers.add(loop.isRunning());
                }
            });
            loop.guest().processReady();
            loop.close();
            assertThat(task.isCancelled()).isTrue();
            assertThat(carriers).containsExactly(true);
            assertThat(EventLoop.currentOrNull()).isNull();
        }
    }

    @Test
    void aFatalErrorIsThrownByThePartThatItHappenedIn() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                throw new LinkageError("planted");
            });
            loop.callSoon(() -> order.add("same batch"));
            assertThatThrownBy(() -> loop.guest().processReady())
                    .isInstanceOf(LinkageError.class)
                    .hasMessage("planted");
            assertThat(loop.guest().isStopped()).isTrue();
            assertThat(order).containsExactly("same batch");
            assertThat(loop.guest().processReady()).isFalse(); // told once
        }
    }

    @Test
    void anInterruptOfTheHostThreadIsTheHosts() {
        Thread host = Thread.currentThread();
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Task<?> task = loop.spawn(() -> {
                order.add("before");
                host.interrupt();
                yieldNow();
                order.add("after");
            });
            host.interrupt();
            loop.guest().processEvents();
            assertThat(Thread.interrupted()).isTrue();
            loop.guest().processReady();
            assertThat(Thread.interrupted()).isTrue();
            drive(loop, task);
            assertThat(Thread.interrupted()).isFalse();
            assertThat(loop.guest().isStopped()).isFalse();
            assertThat(order).containsExactly("before", "after");
        }
    }

    @Test
    void aFailureOfACallbackGoesToTheExceptionHandler() {
        try (var test = new TestLoop()) {
            test.loop().callSoon(() -> {
                throw new IllegalStateException("planted");
            });
            test.loop().guest().processReady();
            assertThat(test.reports()).hasSize(1);
            test.reports().clear();
        }
    }

    // --- another thread waits

    /** Tells when somebody is about to wait. */
    private static final class TellingPoller implements Poller {
        private final Poller real = new SelectorPoller();
        final Semaphore aboutToWait = new Semaphore(0);
        final Semaphore mayLeave = new Semaphore(Integer.MAX_VALUE);

        @Override
        public boolean await(long timeoutNanos) {
            aboutToWait.release();
            boolean ready = real.await(timeoutNanos);
            mayLeave.acquireUninterruptibly();
            return ready;
        }

        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            return real.register(channel, ops, handler);
        }

        @Override
        public void poll(long timeoutNanos) {
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

    /** Has another thread wait for the loop, does something when it is about to, and sees that it returns. */
    private static void wakes(EventLoop loop, TellingPoller poller, Callable<?> what) throws Exception {
        wakes(loop, poller, false, what);
    }

    /** The same when it sleeps in the operating system, not before. */
    private static void wakesFromSleep(EventLoop loop, TellingPoller poller, Callable<?> what) throws Exception {
        wakes(loop, poller, true, what);
    }

    private static void wakes(EventLoop loop, TellingPoller poller, boolean asleep, Callable<?> what) throws Exception {
        loop.guest().processEvents();
        loop.guest().processReady();
        poller.aboutToWait.drainPermits();
        var polled = new CompletableFuture<Boolean>();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                polled.complete(loop.guest().pollEvents());
            } catch (Throwable e) {
                polled.completeExceptionally(e);
            }
        });
        poller.aboutToWait.acquire();
        while (asleep && !isInNativeCode(waiter)) {
            Thread.onSpinWait();
        }
        what.call();
        assertThat(polled.get(10, TimeUnit.SECONDS)).isTrue();
    }

    private static boolean isInNativeCode(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0
                && stack[0].isNativeMethod()
                && stack[0].getClassName().startsWith("sun.nio.ch");
    }

    @Test
    void whateverTheHostOrAnotherThreadDoesEndsAWaitThatIsGoingOn() throws Exception {
        var poller = new TellingPoller();
        try (var loop = EventLoop.builder().poller(poller).build()) {
            for (int round = 0; round < 20; round++) {
                wakesFromSleep(loop, poller, () -> loop.callSoon(() -> {}));
                wakes(loop, poller, () -> loop.callSoon(() -> {}));
                wakesFromSleep(loop, poller, () -> loop.callSoonThreadsafe(() -> {}));
                wakes(loop, poller, () -> loop.callSoonThreadsafe(() -> {}));
                wakes(loop, poller, () -> loop.callLater(HOUR, () -> {}));
                wakes(loop, poller, () -> loop.spawn(() -> {}));
                Promise<Integer> promise = loop.promise();
                wakes(loop, poller, () -> {
                    promise.complete(1);
                    return null;
                });
                wakes(loop, poller, () -> {
                    loop.stop();
                    return null;
                });
                wakes(loop, poller, () -> loop.sleep(HOUR).cancel());
                wakes(loop, poller, () -> {
                    loop.guest().processEvents();
                    return null;
                });
                wakes(loop, poller, loop.guest()::processReady);
            }
            wakes(loop, poller, () -> {
                loop.close();
                return null;
            });
        }
    }

    @Test
    void aChannelThatTheHostRegistersOrLetsGoDuringAWaitIsSeen() throws Exception {
        var poller = new TellingPoller();
        Pipe pipe = Pipe.open();
        try (var loop = EventLoop.builder().poller(poller).build();
                var in = pipe.source();
                var out = pipe.sink()) {
            in.configureBlocking(false);
            out.write(ByteBuffer.wrap(new byte[1]));
            var registration = new Registration[1];
            wakes(loop, poller, () -> registration[0] = loop.register(in, Interest.NONE, _ -> order.add("ready")));
            // by the registration alone, which knows no loop: the wait goes on with it
            wakesFromSleep(loop, poller, () -> {
                registration[0].interest(Interest.READ);
                return null;
            });
            loop.guest().processEvents();
            assertThat(order).containsExactly("ready");
            registration[0].interest(Interest.NONE);
            wakesFromSleep(loop, poller, () -> {
                registration[0].cancelNow(); // does not wait for the end of the wait
                in.close();
                return loop.callSoon(() -> {});
            });
            assertThat(poller.registrations()).isZero();
        }
    }

    @Test
    void aRunBeginsWhenTheThreadThatWaitsIsOut() throws Exception {
        var poller = new TellingPoller();
        try (var loop = EventLoop.builder().poller(poller).build()) {
            wakes(loop, poller, () -> {
                poller.mayLeave.drainPermits();
                Thread runs = Thread.ofPlatform().start(loop::runForever);
                while (runs.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait(); // the sleep of this run is announced in the same place as the one that ends
                }
                poller.mayLeave.release(Integer.MAX_VALUE);
                loop.callSoonThreadsafe(loop::stop);
                runs.join();
                return null;
            });
        }
    }

    @Test
    void oneThreadWaitsAtATime() throws Exception {
        var poller = new TellingPoller();
        try (var loop = EventLoop.builder().poller(poller).build()) {
            wakes(loop, poller, () -> {
                assertThatIllegalStateException()
                        .isThrownBy(() -> loop.guest().pollEvents())
                        .withMessageContaining("another thread waits");
                return loop.callSoon(() -> {});
            });
        }
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        try (var loop = EventLoop.create()) {
            loop.guest().processEvents();
            var seen = new AtomicBoolean();
            var polled = new CompletableFuture<Boolean>();
            Thread waiter = Thread.ofPlatform().start(() -> {
                boolean result = loop.guest().pollEvents();
                seen.set(Thread.currentThread().isInterrupted());
                polled.complete(result);
            });
            waiter.interrupt();
            assertThat(polled.get(10, TimeUnit.SECONDS)).isFalse();
            assertThat(seen).isTrue();
        }
    }

    private static @Nullable Throwable failureOnAnotherThread(Callable<?> call) throws Exception {
        var failure = new CompletableFuture<@Nullable Throwable>();
        Thread.ofPlatform().start(() -> failure.complete(failureOf(call)));
        return failure.get(10, TimeUnit.SECONDS);
    }

    private static @Nullable Throwable failureOf(Callable<?> call) {
        try {
            call.call();
            return null;
        } catch (Throwable e) {
            return e;
        }
    }
}

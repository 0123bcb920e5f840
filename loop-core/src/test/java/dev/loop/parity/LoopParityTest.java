package dev.loop.parity;

import static dev.loop.Async.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.loop.Context;
import dev.loop.ContextVar;
import dev.loop.EventLoop;
import dev.loop.ExceptionContext;
import dev.loop.Handle;
import dev.loop.Promise;
import dev.loop.TimerHandle;
import dev.loop.spi.Clock;
import dev.loop.spi.Interest;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** asyncio's loop and its scheduling: the order of callbacks, handles, timers and readers. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopParityTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final List<String> order = new ArrayList<>();
    private final List<Pipe> pipes = new ArrayList<>();

    @AfterEach
    void closePipes() throws IOException {
        for (Pipe pipe : pipes) {
            pipe.source().close();
            pipe.sink().close();
        }
    }

    // --- 1

    /** Notes when it is asked; nothing is ever ready. */
    private final class NotedPoller implements Poller {
        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            throw new UnsupportedOperationException("no channels here");
        }

        @Override
        public void poll(long timeoutNanos) {
            order.add("poll");
        }

        @Override
        public void wakeup() {}

        @Override
        public int registrations() {
            return 0;
        }

        @Override
        public void close() {}
    }

    @Test
    void callbacksRunFirstInFirstOutAndWhatTheyAddRunsInTheNextTurnAfterAPoll_1() {
        var clock = new ManualClock();
        EventLoop loop =
                EventLoop.builder().clock(clock).poller(new NotedPoller()).build();
        loop.callSoon(() -> {
            order.add("a");
            loop.callSoon(() -> order.add("a's child"));
            clock.advance(Duration.ofNanos(50_000)); // the time after which a busy loop polls
        });
        loop.callSoon(() -> order.add("b"));
        loop.spawn(() -> {
            order.add("task");
            loop.callSoon(() -> order.add("task's child"));
        });
        loop.callSoon(() -> order.add("c"));
        loop.callSoon(() -> loop.callSoon(() -> loop.callSoon(loop::stop)));
        loop.runForever();
        assertThat(order).containsExactly("a", "b", "task", "c", "poll", "a's child", "task's child");
        loop.close();
    }

    /** The deviation: a poll is a system call, so a loop that is busy with short turns makes one for many of them. */
    @Test
    void aBusyLoopPollsAtLeastEverySixtyOneTurnsOrFiftyMicroseconds_1() {
        EventLoop loop = EventLoop.builder()
                .clock(new ManualClock())
                .poller(new NotedPoller())
                .build();
        loop.callSoon(() -> again(loop, 1000));
        loop.runForever();
        List<Integer> polls = IntStream.range(0, order.size())
                .filter(i -> order.get(i).equals("poll"))
                .boxed()
                .toList();
        assertThat(polls).hasSizeGreaterThanOrEqualTo(1000 / 61);
        for (int i = 1; i < polls.size(); i++) {
            assertThat(polls.get(i) - polls.get(i - 1) - 1).isLessThanOrEqualTo(61);
        }
        loop.close();
    }

    private void again(EventLoop loop, int turns) {
        order.add("turn");
        if (turns == 0) {
            loop.stop();
        } else {
            loop.callSoon(() -> again(loop, turns - 1));
        }
    }

    // --- 2

    @Test
    @Tag("unseeded") // the callback that cancels has to come before what other causes have made ready
    void aHandleThatIsCancelledNeverRunsEvenIfAnEarlierCallbackOfItsBatchCancelsIt_2() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Handle before = loop.callSoon(() -> order.add("cancelled before its turn"));
            before.cancel();
            before.cancel(); // harmless
            var later = new Handle[4];
            loop.callSoon(() -> {
                for (Handle handle : later) {
                    handle.cancel();
                }
            });
            later[0] = loop.callSoon(() -> order.add("callback of the same batch"));
            later[1] = loop.callSoonThreadsafe(() -> order.add("of the inbox of the same turn"));
            later[2] = loop.callLater(Duration.ZERO, () -> order.add("timer due in the same turn"));
            later[3] = loop.callAt(loop.time() - 1, () -> order.add("timer that was due before"));
            loop.callSoon(() -> order.add("last"));
            test.advance(SECOND);
            assertThat(order).containsExactly("last");
            assertThat(before.isCancelled()).isTrue();
            assertThat(later).allMatch(Handle::isCancelled);
        }
    }

    // --- 3

    @Test
    void timersFireInTheOrderOfTheirDeadlinesAndNeverEarly_3() {
        var random = new Random(3);
        List<Integer> delays =
                IntStream.range(0, 500).map(i -> random.nextInt(100)).boxed().toList();
        var fired = new ArrayList<String>();
        try (var test = new TestLoop()) {
            for (int i = 0; i < delays.size(); i++) {
                int delay = delays.get(i);
                int number = i;
                TimerHandle handle = test.loop().callLater(Duration.ofMillis(delay), () -> {
                    assertThat(test.elapsed()).isEqualTo(Duration.ofMillis(delay));
                    fired.add(delay + "/" + number);
                });
                assertThat(handle.when()).isEqualTo(Duration.ofMillis(delay).toNanos());
            }
            test.advance(SECOND);
        }
        // asyncio leaves the order of equal deadlines open; here it is that of the calls
        assertThat(fired)
                .containsExactlyElementsOf(IntStream.range(0, delays.size())
                        .boxed()
                        .sorted(Comparator.<Integer>comparingInt(delays::get).thenComparing(i -> i))
                        .map(i -> delays.get(i) + "/" + i)
                        .toList());
    }

    /** A selector counts milliseconds, a clock nanoseconds: the difference must not let a timer be early. */
    @Test
    void onTheSystemClockTimersAreNotEarlyEither_3() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var early = new ArrayList<Long>();
            for (int i = 1; i <= 20; i++) {
                long deadline = Clock.system().nanoTime() + i * 300_001L;
                loop.callAt(
                        deadline,
                        () -> early.add(Math.max(0, deadline - Clock.system().nanoTime())));
            }
            sleep(Duration.ofMillis(10)).await();
            assertThat(early).hasSize(20).containsOnly(0L);
        });
    }

    @Test
    @Tag("unseeded") // shows the place of timers behind a callSoon
    void aNegativeDelayFiresInTheNextTurn_3() {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.callSoon(() -> {
                loop.callLater(SECOND.negated(), () -> order.add("-1"));
                loop.callLater(SECOND.multipliedBy(-2), () -> order.add("-2"));
                loop.callLater(Duration.ZERO, () -> order.add("0"));
                loop.callAt(Long.MIN_VALUE / 2, () -> order.add("long ago"));
                loop.callSoon(() -> order.add("soon"));
                order.add("this turn");
            });
            test.advance(Duration.ZERO);
            // as in asyncio: what was ready before the timers were looked at comes first; otherwise than there, a delay
            // below
            // zero counts as zero, so that these keep the order of their calls
            assertThat(order).containsExactly("this turn", "soon", "long ago", "-1", "-2", "0");
            assertThat(test.elapsed()).isZero();
        }
    }

    @Test
    void aDelayThatIsNullIsRefused_3() {
        try (var test = new TestLoop()) {
            assertThatNullPointerException().isThrownBy(() -> test.loop().callLater(null, () -> order.add("ran")));
            assertThatNullPointerException().isThrownBy(() -> test.loop().callLater(SECOND, null));
            assertThatNullPointerException().isThrownBy(() -> test.loop().callAt(1, null));
            assertThatNullPointerException().isThrownBy(() -> test.loop().callSoon(null));
            test.advance(HOUR);
            assertThat(order).isEmpty();
        }
    }

    // --- 4

    @Test
    @Tag("unseeded") // takes long, and is about timers only
    void manyCancelledTimersAreFreedTheOthersKeepTheirOrderAndNothingLeaks_4() {
        try (var test = new TestLoop()) {
            var random = new Random(4);
            var fired = new ArrayList<Integer>();
            var kept = new ArrayList<Integer>();
            var cancelled = new ArrayList<WeakReference<Object>>();
            var handles = new ArrayList<TimerHandle>();
            for (int i = 0; i < 10_000; i++) {
                int millis = random.nextInt(1_000_000);
                var payload = new byte[16];
                if (random.nextInt(10) == 0) {
                    kept.add(millis);
                    test.loop().callLater(Duration.ofMillis(millis), () -> fired.add(millis));
                } else {
                    handles.add(test.loop().callLater(Duration.ofMillis(millis), () -> fired.add(payload.length)));
                    cancelled.add(new WeakReference<>(payload));
                }
            }
            cancelled.add(new WeakReference<>(handles.getFirst()));
            Collections.shuffle(handles, random);
            handles.forEach(TimerHandle::cancel);
            handles.clear();
            assertCollected(cancelled); // asyncio waits until more than half are cancelled; here each goes at once
            test.advance(Duration.ofMillis(1_000_000));
            assertThat(fired).containsExactlyElementsOf(kept.stream().sorted().toList());
        }
    }

    private static void assertCollected(List<WeakReference<Object>> references) {
        for (int i = 0; i < 100 && references.stream().anyMatch(r -> r.get() != null); i++) {
            System.gc();
        }
        assertThat(references).allMatch(r -> r.get() == null);
    }

    // --- 15

    private Pipe readablePipe() throws IOException {
        Pipe pipe = Pipe.open();
        pipes.add(pipe);
        pipe.source().configureBlocking(false);
        pipe.sink().write(ByteBuffer.allocate(1));
        return pipe;
    }

    @Test
    void aReaderThatIsRemovedDuringTheDispatchIsNotCalledAnyMore_15() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var readers = new Registration[2];
            for (int i = 0; i < 2; i++) {
                int me = i;
                readers[i] = loop.register(readablePipe().source(), Interest.READ, _ -> {
                    order.add("read");
                    readers[1 - me].cancel(); // both are ready in the same poll
                    readers[me].interest(Interest.NONE);
                });
            }
            sleep(Duration.ofMillis(5)).await();
            assertThat(order).containsExactly("read");
            assertThat(readers).filteredOn(Registration::isValid).hasSize(1);
            for (Registration reader : readers) {
                reader.cancel();
            }
        });
    }

    @Test
    void aReaderThatIsAddedOrReplacedDuringTheDispatchIsCalledFromThenOn_15() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Promise<String> added = loop.promise();
            var readers = new Registration[2];
            Pipe second = readablePipe();
            readers[0] = loop.register(readablePipe().source(), Interest.READ, _ -> {
                readers[0].cancel();
                readers[1] = loop.register(second.source(), Interest.READ, _ -> {
                    readers[1].cancel();
                    added.complete("read by the second");
                });
            });
            assertThat(added.await()).isEqualTo("read by the second");

            Pipe pipe = readablePipe();
            Promise<String> replaced = loop.promise();
            readers[0] = loop.register(pipe.source(), Interest.READ, _ -> {
                order.add("old");
                readers[0].cancelNow(); // a channel can be registered anew when its old key is gone: in the next turn
                loop.callSoon(() -> {
                    readers[0].cancelNow();
                    readers[1] = loop.register(pipe.source(), Interest.READ, _ -> {
                        readers[1].cancel();
                        replaced.complete("read by the new one");
                    });
                });
            });
            assertThat(replaced.await()).isEqualTo("read by the new one");
            assertThat(order).containsExactly("old");
        });
    }

    @Test
    @Tag("unseeded") // asserts the very turn in which a busy loop hears of a channel
    void anEventThatIsNoticedAsTheLoopStopsIsHandledOnceAndNotLost_15() throws IOException {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            var reader = new Registration[1];
            reader[0] = loop.register(readablePipe().source(), Interest.READ, _ -> {
                reader[0].cancel();
                order.add("noticed");
                loop.callSoon(() -> {
                    order.add("handled");
                    loop.callSoon(() -> order.add("and what follows from it"));
                });
            });
            test.clock().advance(Duration.ofNanos(50_000)); // so that even a busy turn polls
            loop.stop();
            loop.runForever(); // exactly one turn
            assertThat(order).containsExactly("noticed", "handled");
            for (int i = 0; i < 3; i++) {
                test.clock().advance(Duration.ofNanos(50_000));
                loop.stop();
                loop.runForever();
            }
            assertThat(order).containsExactly("noticed", "handled", "and what follows from it");
        }
    }

    @Test
    void anEventThatComesAfterTheStopWaitsForTheNextRun_15() throws IOException {
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            Pipe pipe = Pipe.open();
            pipes.add(pipe);
            pipe.source().configureBlocking(false);
            Promise<String> event = loop.promise();
            var reader = new Registration[1];
            reader[0] = loop.register(pipe.source(), Interest.READ, _ -> {
                reader[0].cancel();
                event.complete("read");
            });
            loop.callSoon(() -> {
                loop.stop();
                try {
                    pipe.sink().write(ByteBuffer.allocate(1));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            loop.runForever();
            assertThat(event.isDone()).isFalse();
            assertThat(loop.runUntilComplete(event)).isEqualTo("read");
        }
    }

    // --- 11

    @Test
    @Tag("unseeded") // lists callbacks of different causes in their plain order
    void callbacksDoneCallbacksAndTheHandlerRunInTheContextOfTheCallOrTheExplicitOne_11() {
        ContextVar<String> who = ContextVar.of("who", "nobody");
        Consumer<String> note = what -> order.add(what + " " + who.get());
        try (var test = new TestLoop()) {
            EventLoop loop = test.loop();
            loop.setExceptionHandler((_, context) -> note.accept("handler"));
            test.runMain(() -> {
                who.set("ada");
                Context bob = Context.current().with(who, "bob");
                Promise<String> promise = loop.promise();
                Handle handle = loop.callSoon(() -> note.accept("callSoon"));
                loop.callLater(SECOND, () -> note.accept("callLater"));
                promise.addDoneCallback(_ -> note.accept("done callback"));
                loop.callSoon(() -> {
                    throw new IllegalStateException("for the handler");
                });
                Handle explicit = bob.call(() -> loop.callSoon(() -> note.accept("explicit callSoon")));
                bob.run(() -> loop.callLater(SECOND, () -> note.accept("explicit callLater")));
                bob.run(() -> promise.addDoneCallback(_ -> note.accept("explicit done callback")));
                bob.run(() -> loop.callSoon(() -> {
                    throw new IllegalStateException("for the handler");
                }));
                assertThat(handle.context().get(who)).isEqualTo("ada");
                assertThat(explicit.context().get(who)).isEqualTo("bob");
                who.set("carol");
                promise.complete("x");
                sleep(SECOND).await();
            });
        }
        assertThat(order)
                .containsExactlyInAnyOrder(
                        "callSoon ada",
                        "handler ada",
                        "explicit callSoon bob",
                        "handler bob",
                        "done callback ada",
                        "explicit done callback bob",
                        "callLater ada",
                        "explicit callLater bob");
    }

    // --- 9, 10, 12, 13: what is told, and to whom

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(EventLoop.class);

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        logger.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
        logger.setAdditive(true);
    }

    private static void boom() {
        throw new IllegalArgumentException("boom");
    }

    /** What is ready now, and what the loop has to say about it. */
    private static void runOnce(EventLoop loop) {
        loop.stop();
        loop.runForever();
        loop.stop();
        loop.runForever();
    }

    @Test
    void anExceptionInACallbackReachesTheHandlerWithHandleAndMessageAndTheLoopGoesOn_9() {
        var told = new ArrayList<ExceptionContext>();
        var order = new ArrayList<String>();
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((l, context) -> {
                assertThat(l).isSameAs(loop);
                told.add(context);
            });
            Handle failing = loop.callSoon(LoopParityTest::boom);
            loop.callSoon(() -> order.add("next"));
            runOnce(loop);
            assertThat(told).singleElement().satisfies(context -> {
                assertThat(context.handle()).isSameAs(failing);
                assertThat(context.message()).isEqualTo("a callback failed");
                assertThat(context.exception()).hasMessage("boom");
            });
        }
        assertThat(order).containsExactly("next");
        assertThat(log.list).isEmpty();
    }

    @Test
    void aHandlerThatFailsIsLoggedTogetherWithWhatItWasTold_10() {
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, _) -> {
                throw new IllegalStateException("the handler");
            });
            loop.callSoon(LoopParityTest::boom);
            runOnce(loop);
        }
        assertThat(log.list)
                .extracting(line -> line.getThrowableProxy().getMessage())
                .containsExactly("the handler", "boom");
    }

    /** What asyncio does for KeyboardInterrupt and SystemExit, for the errors of the JVM after which nothing can be relied on. */
    @Test
    void aFatalErrorLeavesTheLoopPastEveryHandler_10() {
        var told = new ArrayList<ExceptionContext>();
        var order = new ArrayList<String>();
        try (EventLoop loop = EventLoop.create()) {
            loop.setExceptionHandler((_, context) -> told.add(context));
            for (Error fatal :
                    new Error[] {new OutOfMemoryError("for a test"), new NoClassDefFoundError("for a test")}) {
                loop.callSoon(() -> {
                    throw fatal;
                });
                loop.callSoon(() -> order.add("the rest of the batch"));
                assertThatThrownBy(loop::runForever).isSameAs(fatal);
            }
            loop.callSoon(() -> order.add("a later run"));
            runOnce(loop);
        }
        assertThat(told).isEmpty();
        assertThat(order).containsExactly("the rest of the batch", "the rest of the batch", "a later run");
    }

    private static Runnable named(String name, Runnable code) {
        return new Runnable() {
            @Override
            public void run() {
                code.run();
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    @Test
    void inDebugModeASlowCallbackIsLoggedWithItsNameAndTimeAndOtherwiseItIsNot_12() {
        var slow = Duration.ofMillis(2);
        for (boolean debug : new boolean[] {false, true}) {
            try (EventLoop loop =
                    EventLoop.builder().debug(debug).slowCallbackDuration(slow).build()) {
                loop.callSoon(named("compact-the-index", () -> spin(slow)));
                runOnce(loop);
            }
            List<String> slowLines = log.list.stream()
                    .filter(line -> line.getLevel() == Level.WARN)
                    .map(ILoggingEvent::getFormattedMessage)
                    .filter(line -> line.contains("compact-the-index"))
                    .toList();
            if (debug) {
                assertThat(slowLines).singleElement().asString().containsPattern("compact-the-index took \\d+ ms");
            } else {
                assertThat(slowLines).isEmpty();
            }
        }
    }

    private static void spin(Duration time) {
        long began = System.nanoTime();
        while (System.nanoTime() - began < time.toNanos()) {
            Thread.onSpinWait();
        }
    }

    /** asyncio looks in debug mode only. */
    @Test
    void aCallFromAnotherThreadIsRefusedAlwaysAndSaysWhatToCallInstead_13() throws InterruptedException {
        for (boolean debug : new boolean[] {false, true}) {
            try (EventLoop loop = EventLoop.builder().debug(debug).build()) {
                var running = new CompletableFuture<Void>();
                loop.callSoon(() -> running.complete(null));
                Thread thread = Thread.ofPlatform().start(loop::runForever);
                running.join();
                assertThatThrownBy(() -> loop.callSoon(() -> {}))
                        .isInstanceOf(WrongThreadException.class)
                        .hasMessageContaining("callSoon was called from")
                        .hasMessageContaining("use callSoonThreadsafe");
                loop.callSoonThreadsafe(loop::stop);
                thread.join();
            }
        }
    }
}

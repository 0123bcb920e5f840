package dev.loop;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.loop.internal.poll.SelectorPoller;
import dev.loop.spi.Poller;
import dev.loop.spi.ReadinessHandler;
import dev.loop.spi.Registration;
import dev.loop.testing.ManualClock;
import java.lang.ref.WeakReference;
import java.nio.channels.SelectableChannel;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A step that holds the loop for too long is told once, with its stack, by a thread that the loop cannot hold. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatchdogTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final CapturedLog log = new CapturedLog(Watchdog.class);
    private long time;

    @AfterEach
    void stopListening() {
        log.close();
    }

    /** A loop on a thread of its own, whose steps can be held: the watchdog itself does not look at it, so that the test can. */
    private static final class HeldLoop implements AutoCloseable {
        final EventLoop loop =
                EventLoop.builder().name("held").stallBound(Duration.ZERO).build();
        final StepSampler sampler = new StepSampler(loop, SECOND);
        private final Semaphore entered = new Semaphore(0);
        private final Semaphore released = new Semaphore(0);
        private final Thread thread = Thread.ofPlatform().start(loop::runForever);

        /** Keeps the platform thread, as a computation would: a wait would give it back. */
        void hold() {
            entered.release();
            while (!released.tryAcquire()) {
                Thread.onSpinWait();
            }
        }

        void awaitStep() {
            entered.acquireUninterruptibly();
        }

        void release() {
            released.release();
        }

        @Override
        public void close() throws InterruptedException {
            loop.callSoonThreadsafe(loop::stop);
            thread.join();
            loop.close();
        }
    }

    /** Looks as often as the watchdog would in this time. */
    private void look(StepSampler sampler, Duration duration) {
        long end = time + duration.toNanos();
        sampler.sample(time);
        while (time < end) {
            time += sampler.pause();
            sampler.sample(time);
        }
    }

    private static String stack(ILoggingEvent line) {
        return Arrays.toString(line.getThrowableProxy().getStackTraceElementProxyArray());
    }

    @Test
    void aTaskThatHoldsTheLoopIsToldOnceWithItsNameAndItsStack() throws Exception {
        try (var held = new HeldLoop()) {
            held.loop.callSoonThreadsafe(() -> spawn("greedy", held::hold));
            held.awaitStep();
            look(held.sampler, Duration.ofMillis(750));
            assertThat(log.lines).isEmpty();
            look(held.sampler, Duration.ofMillis(250));
            assertThat(log.lines).singleElement().satisfies(line -> {
                assertThat(line.getLevel()).isEqualTo(Level.WARN);
                assertThat(line.getFormattedMessage())
                        .contains("EventLoop[held]")
                        .contains("the task greedy")
                        .contains("1000 ms");
                assertThat(stack(line)).contains("HeldLoop.hold");
            });
            look(held.sampler, Duration.ofSeconds(5));
            assertThat(log.lines).hasSize(1);
            assertThat(held.sampler.stalls()).isEqualTo(1);
            assertThat(held.sampler.longestStall())
                    .isEqualTo(Duration.ofSeconds(6).toNanos());
            held.release();
        }
    }

    @Test
    void aCallbackIsCalledByItsCode() throws Exception {
        try (var held = new HeldLoop()) {
            held.loop.callSoonThreadsafe(held::hold);
            held.awaitStep();
            look(held.sampler, SECOND);
            held.release();
            held.loop.callSoonThreadsafe(() -> held.loop.done().addDoneCallback(_ -> held.hold()));
            held.awaitStep();
            look(held.sampler, SECOND);
            held.release();
        }
        assertThat(log.lines).hasSize(2).allSatisfy(line -> {
            assertThat(line.getFormattedMessage()).contains("the callback dev.loop.WatchdogTest");
            assertThat(stack(line)).contains("HeldLoop.hold");
        });
    }

    @Test
    void severalStepsThatAreShortOneByOneAreNoStall() throws Exception {
        try (var held = new HeldLoop()) {
            for (int i = 0; i < 3; i++) {
                held.loop.callSoonThreadsafe(held::hold);
                held.loop.callSoonThreadsafe(() -> spawn(held::hold));
            }
            for (int i = 0; i < 6; i++) {
                held.awaitStep();
                look(held.sampler, Duration.ofMillis(750));
                held.release();
            }
        }
        assertThat(log.lines).isEmpty();
    }

    @Test
    void aPauseOfTheWholeProcessIsNoStall() throws Exception {
        try (var held = new HeldLoop()) {
            held.loop.callSoonThreadsafe(held::hold);
            held.awaitStep();
            look(held.sampler, Duration.ZERO);
            time += Duration.ofMinutes(10).toNanos(); // nobody ran, the watchdog neither
            look(held.sampler, Duration.ofMillis(250));
            assertThat(log.lines).isEmpty();
            held.release();
        }
    }

    @Test
    void eachStallIsToldForItself() throws Exception {
        try (var held = new HeldLoop()) {
            held.loop.callSoonThreadsafe(held::hold);
            held.loop.callSoonThreadsafe(held::hold);
            for (int i = 1; i <= 2; i++) {
                held.awaitStep();
                look(held.sampler, Duration.ofSeconds(i));
                held.release();
            }
            assertThat(held.sampler.stalls()).isEqualTo(2);
            assertThat(held.sampler.longestStall())
                    .isEqualTo(Duration.ofSeconds(2).toNanos());
        }
        assertThat(log.lines).hasSize(2);
    }

    @Test
    void aLoopThatWaitsInItsPollIsNoStall() throws Exception {
        var polls = new Semaphore(0);
        try (EventLoop loop = EventLoop.builder()
                .stallBound(Duration.ZERO)
                .poller(new ToldPoller(polls))
                .build()) {
            Thread thread = Thread.ofPlatform().start(loop::runForever);
            polls.acquire();
            var sampler = new StepSampler(loop, SECOND);
            look(sampler, Duration.ofSeconds(10));
            assertThat(sampler.stalls()).isZero();
            loop.callSoonThreadsafe(loop::stop);
            thread.join();
        }
        assertThat(log.lines).isEmpty();
    }

    /** Tells when the loop waits without a limit. */
    private record ToldPoller(Semaphore polls, Poller real) implements Poller {
        ToldPoller(Semaphore polls) {
            this(polls, new SelectorPoller());
        }

        @Override
        public Registration register(SelectableChannel channel, int ops, ReadinessHandler handler) {
            return real.register(channel, ops, handler);
        }

        @Override
        public void poll(long timeoutNanos) {
            if (timeoutNanos < 0) {
                polls.release();
            }
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

    /** A wait while the platform thread cannot be given back: it holds the loop, and nothing would ever tell why. */
    @Test
    void aWaitInAStaticInitialiserIsAStallWithItsStack() throws Exception {
        var waiter = new AtomicReference<Thread>();
        var ended = new CountDownLatch(1);
        try (EventLoop loop =
                EventLoop.builder().stallBound(Duration.ofMillis(20)).build()) {
            Thread thread = Thread.ofPlatform().start(() -> {
                var task = loop.spawn("initialiser", () -> {
                    waiter.set(Thread.currentThread());
                    loop.callSoonThreadsafe(() -> {});
                    Waiting.touch();
                });
                assertThatThrownBy(loop::runForever).isInstanceOf(ExceptionInInitializerError.class);
                assertThat(task.exception()).isInstanceOf(ExceptionInInitializerError.class);
                ended.countDown();
            });
            if (loop.carrier.freesTheThread()) {
                log.first.await();
                assertThat(log.lines.getFirst().getFormattedMessage()).contains("initialiser");
                assertThat(stack(log.lines.getFirst())).contains("Waiting.<clinit>");
            } else {
                while (waiter.get() == null) { // the hand-off can give the thread back here as everywhere
                    Thread.onSpinWait();
                }
            }
            waiter.get().interrupt(); // a cancel, which ends the wait
            ended.await();
            thread.join();
        }
    }

    private static final class Waiting {
        static {
            sleep(Duration.ofHours(1)).await();
        }

        static void touch() {}
    }

    // --- the thread itself

    @Test
    void theWatchdogTellsWhileTheLoopIsStuckAlsoOnAClockThatStandsStill() {
        try (EventLoop loop = EventLoop.builder()
                .name("stuck")
                .clock(new ManualClock())
                .stallBound(Duration.ofMillis(10))
                .build()) {
            loop.callSoon(() -> {
                while (log.first.getCount() > 0) { // what it waits for comes only because it waits
                    Thread.onSpinWait();
                }
                loop.stop();
            });
            loop.runForever();
            assertThat(loop.sampler.stalls()).isEqualTo(1);
        }
        assertThat(log.lines).singleElement().satisfies(line -> {
            assertThat(line.getThreadName()).isEqualTo("loop-watchdog");
            assertThat(line.getFormattedMessage()).contains("EventLoop[stuck]");
            assertThat(stack(line)).contains("theWatchdogTellsWhileTheLoopIsStuck");
        });
    }

    @Test
    void zeroAndForEverSwitchItOff() {
        for (Duration off : new Duration[] {Duration.ZERO, ChronoUnit.FOREVER.getDuration()}) {
            try (EventLoop loop =
                    EventLoop.builder().debug(false).stallBound(off).build()) {
                assertThat(loop.sampler.pause()).isEqualTo(StepSampler.OFF);
            }
        }
        assertThatThrownBy(() -> EventLoop.builder().stallBound(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.001S");
    }

    @Test
    void aLoopThatDoesNotRunIsForgotten() {
        var reference = runAndForget();
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
        }
        assertThat(reference.get()).isNull();
    }

    private static WeakReference<EventLoop> runAndForget() {
        var ran = new AtomicBoolean();
        try (EventLoop loop =
                EventLoop.builder().stallBound(Duration.ofMillis(4)).build()) {
            loop.callSoon(() -> {
                ran.set(true);
                loop.stop();
            });
            loop.runForever();
            assertThat(ran).isTrue();
            return new WeakReference<>(loop);
        }
    }
}

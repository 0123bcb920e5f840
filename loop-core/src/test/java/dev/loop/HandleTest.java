package dev.loop;

import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Taking back what was scheduled. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandleTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void aCallbackThatIsTakenBackNeverRuns() {
        TestLoop.run(() -> {
            Handle handle = EventLoop.current().callSoon(() -> order.add("taken back"));
            assertThat(handle.isCancelled()).isFalse();
            handle.cancel();
            handle.cancel();
            assertThat(handle.isCancelled()).isTrue();
            yieldNow();
        });
        assertThat(order).isEmpty();
    }

    @Test
    void aCallbackOfTheSameBatchCanStillBeTakenBack() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var second = new Handle[1];
            loop.callSoon(() -> {
                order.add("first");
                second[0].cancel();
            });
            second[0] = loop.callSoon(() -> order.add("second"));
            loop.callSoon(() -> order.add("third"));
            yieldNow();
        });
        assertThat(order).containsExactly("first", "third");
    }

    @Test
    void timersThatAreDueInTheSameTurnCanStillBeTakenBack() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var second = new TimerHandle[1];
            loop.callLater(Duration.ofSeconds(1), () -> second[0].cancel());
            second[0] = loop.callLater(Duration.ofSeconds(1), () -> order.add("second"));
            Async.sleep(Duration.ofSeconds(2)).await();
            assertThat(second[0].isCancelled()).isTrue();
        });
        assertThat(order).isEmpty();
    }

    @Test
    void aCancelAfterItHasBegunDoesNothing() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var self = new Handle[1];
            self[0] = loop.callSoon(() -> {
                self[0].cancel();
                order.add("ran");
            });
            yieldNow();
            self[0].cancel();
            assertThat(self[0].isCancelled()).isFalse();
        });
        assertThat(order).containsExactly("ran");
    }

    @Test
    @Tag("unseeded") // waits for the garbage collector, and one task has no order
    void aHandleThatWasTakenBackLetsGoOfItsCallback() throws Exception {
        try (var test = new TestLoop()) {
            Handle soon = test.loop().callSoon(new Recorder(order)::run);
            TimerHandle later = test.loop().callLater(Duration.ofHours(1), new Recorder(order)::run);
            var references = List.of(new WeakReference<>(soon.callback), new WeakReference<>(later.callback));
            soon.cancel();
            later.cancel();
            for (WeakReference<?> reference : references) {
                assertCollected(reference);
            }
            assertThat(test.loop().timers.size()).isZero();
        }
    }

    @Test
    void aHandleTellsItsState() {
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            Handle ran = loop.callSoon(() -> {});
            Handle cancelled = loop.callSoon(() -> {});
            assertThat(ran).hasToString("Handle[waiting, " + ran.callback + "]");
            cancelled.cancel();
            yieldNow();
            assertThat(ran).hasToString("Handle[begun]");
            assertThat(cancelled).hasToString("Handle[cancelled]");
        });
    }

    // --- from other threads

    @Test
    void aThreadsafeHandleCanBeTakenBackByTheThreadThatMadeIt() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var takenBack = new boolean[1];
            Thread other = Thread.ofPlatform().start(() -> {
                Handle handle = loop.callSoonThreadsafe(() -> order.add("taken back"));
                handle.cancel();
                takenBack[0] = handle.isCancelled();
            });
            while (other.isAlive()) {
                Thread.onSpinWait(); // holds the loop, so that it cannot have begun
            }
            assertThat(takenBack[0]).isTrue();
            yieldNow();
            yieldNow();
        });
        assertThat(order).isEmpty();
    }

    @Test
    void aThreadsafeHandleIsEitherTakenBackOrRun() throws Exception {
        int rounds = 20_000;
        var ran = new AtomicInteger();
        var takenBack = new AtomicInteger();
        try (EventLoop loop = EventLoop.create()) {
            Promise<String> promise = loop.promise();
            Thread other = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < rounds; i++) {
                    Handle handle = loop.callSoonThreadsafe(ran::incrementAndGet);
                    handle.cancel();
                    if (handle.isCancelled()) {
                        takenBack.incrementAndGet();
                    }
                }
                promise.completeThreadsafe("done");
            });
            loop.runUntilComplete(promise);
            other.join();
        }
        assertThat(ran.get() + takenBack.get()).isEqualTo(rounds);
    }

    @Test
    void anyThreadMayTakeBackAThreadsafeHandle() throws Exception {
        try (EventLoop loop = EventLoop.create()) {
            var handle = new Handle[1];
            var made = new CountDownLatch(1);
            Thread maker = Thread.ofPlatform().start(() -> {
                handle[0] = loop.callSoonThreadsafe(() -> order.add("taken back"));
                made.countDown();
            });
            made.await();
            Thread canceller = Thread.ofPlatform().start(() -> handle[0].cancel());
            maker.join();
            canceller.join();
            loop.stop();
            loop.runForever();
        }
        assertThat(order).isEmpty();
    }

    private static void assertCollected(WeakReference<?> reference) throws InterruptedException {
        for (int i = 0; i < 50 && reference.get() != null; i++) {
            System.gc();
            Thread.sleep(1);
        }
        assertThat(reference.get()).isNull();
    }

    private record Recorder(List<String> order) {
        void run() {
            order.add("taken back");
        }
    }
}

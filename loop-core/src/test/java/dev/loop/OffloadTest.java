package dev.loop;

import static dev.loop.Async.gather;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.waitFor;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Blocking code on helper threads. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OffloadTest {

    private final List<String> order = new ArrayList<>();

    @Test
    void itRunsOnAPlatformThreadNamedAfterTheLoop() {
        try (var runner = Runner.create(() -> EventLoop.builder().name("mine").build())) {
            runner.run(() -> {
                Thread helper = toThread(Thread::currentThread).await();
                assertThat(helper.getName()).startsWith("mine-helper-");
                assertThat(helper.isVirtual()).isFalse();
                assertThat(helper.isDaemon()).isTrue();
                assertThat(toThread(EventLoop::currentOrNull).await()).isNull();
            });
        }
    }

    @Test
    void itDoesNotHoldTheLoop() {
        EventLoop.run(() -> {
            var gate = new CountDownLatch(1);
            Future<String> blocked = toThread(() -> {
                gate.await();
                return "value";
            });
            for (int i = 0; i < 3; i++) {
                order.add("turn");
                yieldNow();
            }
            assertThat(EventLoop.current().externalWork()).isEqualTo(1);
            gate.countDown();
            assertThat(blocked.await()).isEqualTo("value");
            assertThat(EventLoop.current().externalWork()).isZero();
        });
        assertThat(order).hasSize(3);
    }

    @Test
    void itsFailuresAndNullsArriveAsFromATask() {
        EventLoop.run(() -> {
            Callable<String> checked = () -> {
                throw new IOException("io");
            };
            Callable<String> unchecked = () -> {
                throw new IllegalArgumentException("boom");
            };
            assertThatThrownBy(toThread(checked)::await)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(toThread(unchecked)::await).isInstanceOf(IllegalArgumentException.class);
            assertThat(toThread(() -> null).await()).isNull();
        });
    }

    @Test
    void severalRunAtTheSameTime() {
        EventLoop.run(() -> {
            var barrier = new CyclicBarrier(3);
            var calls = new ArrayList<Future<Thread>>();
            for (int i = 0; i < 3; i++) {
                calls.add(toThread(() -> {
                    barrier.await();
                    return Thread.currentThread();
                }));
            }
            assertThat(new HashSet<>(gather(calls).await())).hasSize(3);
        });
    }

    @Test
    void moreCallsThanThreadsWaitTheirTurn() {
        EventLoop.run(() -> {
            var most = new AtomicInteger();
            var now = new AtomicInteger();
            var calls = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 300; i++) {
                int n = i;
                calls.add(toThread(() -> {
                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                    Thread.yield();
                    now.decrementAndGet();
                    return n;
                }));
            }
            assertThat(gather(calls).await()).hasSize(300).isSorted();
            assertThat(most.get()).isBetween(1, 32);
        });
    }

    @Test
    void aCancelKeepsWhatHasNotBegunFromStarting() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            var gate = new CountDownLatch(1);
            var calls = new ArrayList<Future<?>>();
            for (int i = 0; i < 32; i++) { // every thread there can be
                calls.add(toThread(() -> {
                    gate.await();
                    return null;
                }));
            }
            Future<?> waiting = toThread(() -> order.add("ran"));
            int before = loop.externalWork();
            assertThat(waiting.cancel()).isTrue();
            assertThat(loop.externalWork()).isEqualTo(before - 1);
            gate.countDown();
            gather(calls).await();
            assertThat(waiting.isCancelled()).isTrue();
        });
        assertThat(order).isEmpty();
    }

    @Test
    void aCallThatHasBegunIsAbandonedNotInterrupted() {
        EventLoop.run(() -> {
            var begun = new CountDownLatch(1);
            var gate = new CountDownLatch(1);
            var ended = new CountDownLatch(1);
            Promise<Throwable> end = EventLoop.current().promise();
            Task<?> task = spawn(() -> toThread(() -> {
                        begun.countDown();
                        end.completeThreadsafe(catchThrowable(gate::await));
                        ended.countDown();
                        return "value";
                    })
                    .await());
            yieldNow();
            begun.await();
            task.cancel();
            assertThatThrownBy(task::await).isInstanceOf(CancelledException.class);
            assertThat(EventLoop.current().externalWork()).isEqualTo(1);
            gate.countDown();
            assertThat(end.await()).isNull();
        });
    }

    @Test
    void aLimitEndsTheWaitForIt() {
        EventLoop.run(() -> {
            var gate = new CountDownLatch(1);
            Future<?> call = toThread(() -> {
                gate.await();
                return null;
            });
            assertThatThrownBy(waitFor(call, Duration.ofMillis(1))::await).isInstanceOf(TimeoutException.class);
            gate.countDown();
        });
    }
}

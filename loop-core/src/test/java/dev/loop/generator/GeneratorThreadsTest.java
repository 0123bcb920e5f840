package dev.loop.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.ContextVar;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a body shares with the thread that drives it, and what not: locks, interrupts, thread locals, blocking calls. */
@Tag("both-engines")
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GeneratorThreadsTest {

    private static final int MILLION = 1_000_000;

    @ParameterizedTest
    @EnumSource
    @Tag("scaled")
    void manyYieldsNeedNoMoreStackThanOne(Place place) throws Exception {
        int yields = Place.manyAreQuick() && place != Place.VIRTUAL ? MILLION : 20_000;
        place.run(() -> {
            var depth = new ArrayList<Integer>();
            try (var numbers = Generator.<Integer>yielding(out -> {
                for (int i = 0; ; i++) {
                    if (i == 1 || i == yields - 1) {
                        depth.add(Thread.currentThread().getStackTrace().length);
                    }
                    out.yield(i);
                }
            })) {
                long sum = 0;
                for (int i = 0; i < yields; i++) {
                    sum += numbers.next();
                }
                assertThat(sum).isEqualTo((long) yields * (yields - 1) / 2);
                assertThat(depth.get(1)).isEqualTo(depth.get(0));
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void locksOfTheBodyStayItsOwnAcrossAYield(Place place) throws Exception {
        place.run(() -> {
            var monitor = new Object();
            var lock = new ReentrantLock();
            try (var holds = Generator.<Boolean>yielding(out -> {
                synchronized (monitor) {
                    lock.lock();
                    try {
                        out.yield(lock.isHeldByCurrentThread() && Thread.holdsLock(monitor));
                        out.yield(lock.isHeldByCurrentThread() && Thread.holdsLock(monitor));
                    } finally {
                        lock.unlock();
                    }
                }
            })) {
                assertThat(holds.next()).isTrue();
                assertThat(Thread.holdsLock(monitor)).isFalse();
                assertThat(lock.isLocked()).isTrue();
                assertThat(lock.tryLock()).isFalse();
                assertThat(holds.next()).isTrue();
            }
            assertThat(lock.isLocked()).isFalse();
            synchronized (monitor) {
                assertThat(Thread.holdsLock(monitor)).isTrue();
            }
        });
    }

    @Test
    void aBodyThatBlocksBlocksItsConsumerUntilItIsReleased() throws Exception {
        for (Place place : new Place[] {Place.PLATFORM, Place.VIRTUAL}) {
            place.run(() -> {
                var reached = new CountDownLatch(1);
                var release = new CountDownLatch(1);
                var monitor = new Object();
                var held = new CountDownLatch(1);
                Thread other = Thread.ofPlatform().start(() -> {
                    synchronized (monitor) {
                        held.countDown();
                        uninterruptibly(reached);
                    }
                    release.countDown();
                });
                held.await();
                var blocks = Generator.<String>yielding(out -> {
                    reached.countDown();
                    synchronized (monitor) { // contended or not
                        out.yield("in the monitor");
                    }
                    release.await();
                    Thread.sleep(1);
                    Thread.yield();
                    out.yield("released");
                });
                assertThat(Place.all(blocks)).containsExactly("in the monitor", "released");
                other.join();
            });
        }
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void generatorsThatBlockInsideEachOtherComeBackToTheRightOne() throws Exception {
        for (Place place : Place.values()) {
            if (place == Place.CALLBACK || place == Place.TASK) {
                continue; // on the hand-off a blocking call holds the loop
            }
            place.run(() -> {
                var outer = Generator.<Integer>yielding(out -> {
                    for (int value : Generator.<Integer>yielding(inner -> {
                        for (int i = 0; i < 20; i++) {
                            Thread.sleep(0, 1000);
                            inner.yield(i);
                        }
                    })) {
                        Thread.sleep(0, 1000);
                        out.yield(value);
                    }
                });
                assertThat(Place.all(outer)).hasSize(20).isSorted();
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void aThreadLocalIsTheBodysOwnAndStaysSo(Place place) throws Exception {
        place.run(() -> {
            var local = new ThreadLocal<@Nullable String>();
            local.set("consumer");
            try (var body = Generator.<String>yielding(out -> {
                out.yield("" + local.get());
                local.set("body");
                out.yield("" + local.get());
                out.yield("" + local.get());
            })) {
                assertThat(body.next()).isEqualTo("null");
                assertThat(body.next()).isEqualTo("body");
                assertThat(local.get()).isEqualTo("consumer");
                assertThat(body.next()).isEqualTo("body");
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void theContextIsTheConsumersAtEachStep(Place place) throws Exception {
        var variable = ContextVar.of("variable", "default");
        place.run(() -> {
            try (var body = Generator.<String>yielding(out -> {
                out.yield(variable.get());
                out.yield(variable.get());
                variable.set("of the body");
                out.yield(variable.get());
                out.yield(variable.get());
            })) {
                assertThat(body.next()).isEqualTo("default");
                variable.set("of the consumer");
                assertThat(body.next()).isEqualTo("of the consumer");
                assertThat(body.next()).isEqualTo("of the body");
                assertThat(variable.get()).isEqualTo("of the body"); // as if the consumer had called it
                variable.set("again");
                assertThat(body.next()).isEqualTo("again");
            } finally {
                variable.set("default");
            }
        });
    }

    @Test
    void itIsDrivenByOneThreadAfterTheOther() throws Exception {
        var numbers = Generator.<Integer>yielding(out -> {
            for (int i = 0; ; i++) {
                out.yield(i);
            }
        });
        var next = new AtomicInteger();
        for (int round = 0; round < 20; round++) {
            for (Place place : Place.values()) {
                place.run(() -> assertThat(numbers.next()).isEqualTo(next.getAndIncrement()));
            }
        }
        numbers.close();
    }

    @Test
    void aSecondThreadIsRefusedWhileOneDrivesIt() throws Exception {
        var inside = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var slow = Generator.<Integer>yielding(out -> {
            inside.countDown();
            release.await();
            out.yield(1);
        });
        var got = new AtomicReference<@Nullable Integer>();
        Thread driver = Thread.ofPlatform().start(() -> got.set(slow.next()));
        inside.await();
        assertThatIllegalStateException().isThrownBy(slow::next).withMessageContaining("already executing");
        assertThatIllegalStateException().isThrownBy(slow::close).withMessageContaining("already executing");
        release.countDown();
        driver.join();
        assertThat(got.get()).isEqualTo(1);
        slow.close();
    }

    @Test
    void anInterruptOfTheConsumerIsTheBodys() throws Exception {
        for (Place place : new Place[] {Place.PLATFORM, Place.VIRTUAL}) {
            place.run(() -> {
                try (var body = Generator.<Boolean>yielding(out -> {
                    out.yield(Thread.interrupted());
                    Thread.currentThread().interrupt();
                    out.yield(true);
                    out.yield(Thread.currentThread().isInterrupted());
                    out.yield(Thread.currentThread().isInterrupted());
                })) {
                    Thread.currentThread().interrupt();
                    assertThat(body.next()).isTrue();
                    assertThat(Thread.currentThread().isInterrupted()).isFalse();
                    body.next();
                    assertThat(Thread.interrupted()).isTrue(); // the body's own is the consumer's now
                    assertThat(body.next()).isFalse();
                    Thread.currentThread().interrupt();
                    assertThat(body.next()).isTrue();
                    assertThat(Thread.interrupted()).isTrue();
                }
            });
        }
    }

    @Test
    void anInterruptReachesABodyThatBlocks() throws Exception {
        for (Place place : new Place[] {Place.PLATFORM, Place.VIRTUAL}) {
            var inside = new CountDownLatch(1);
            var driver = new AtomicReference<>(Thread.currentThread());
            Thread interrupter = Thread.ofPlatform().start(() -> {
                try {
                    inside.await();
                } catch (InterruptedException e) {
                    return;
                }
                Thread d = driver.get();
                while (LockSupport.getBlocker(d) == null) {
                    Thread.onSpinWait(); // until it waits for the body, which blocks
                }
                d.interrupt();
            });
            place.run(() -> {
                driver.set(Thread.currentThread());
                var waits = Generator.<String>yielding(out -> {
                    inside.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        out.yield("interrupted");
                    }
                    throw new InterruptedException("of the body");
                });
                assertThat(waits.next()).isEqualTo("interrupted");
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
                assertThatThrownBy(waits::next).isInstanceOf(InterruptedException.class);
            });
            interrupter.join();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHugeStackInTheBodyIsSetAsideAndComesBack(Place place) throws Exception {
        place.run(() -> {
            var deep = Generator.<Integer>yielding(out -> descend(out, 2_000));
            int count = 0;
            for (int depth : deep) {
                assertThat(depth).isEqualTo(count++);
            }
            assertThat(count).isEqualTo(2_001);
        });
    }

    private static void descend(Yielder<Integer, @Nullable Void> out, int levels) {
        if (levels > 0) {
            descend(out, levels - 1);
        }
        out.yield(levels);
    }
}

package dev.loop.testing.junit;

import static dev.loop.Async.currentTask;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.testing.ManualClock;
import dev.loop.testing.TestLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** Test classes for {@link LoopTestTest} to run; the build itself does not take them for tests. */
final class Fixtures {

    /** What the fixtures have done, in order. */
    static final List<String> TRAIL = new ArrayList<>();

    private Fixtures() {}

    static final class Lives {
        private final TestLoop test;

        Lives(TestLoop test) {
            this.test = test;
            TRAIL.add("constructor");
        }

        @BeforeEach
        void before(EventLoop loop) {
            assertThat(loop).isSameAs(test.loop());
            assertThat(EventLoop.currentOrNull()).isNull();
            loop.callSoon(() -> TRAIL.add("prepared by before"));
            TRAIL.add("before");
        }

        @LoopTest
        void body(TestLoop same, EventLoop loop, ManualClock clock) {
            assertThat(same).isSameAs(test).isSameAs(TestLoop.current());
            assertThat(loop).isSameAs(EventLoop.current());
            assertThat(clock).isSameAs(test.clock());
            assertThat(currentTask().name()).isEqualTo("main");
            sleep(Duration.ofHours(1)).await();
            TRAIL.add("body at " + clock.elapsed());
        }

        @AfterEach
        void after(ManualClock clock) {
            assertThat(EventLoop.currentOrNull()).isNull();
            assertThat(test.loop().isClosed()).isFalse();
            TRAIL.add("after at " + clock.elapsed());
        }
    }

    static final class Fails {
        @LoopTest
        void withAGraph() throws IOException {
            var never = EventLoop.current().promise();
            spawn("stuck", () -> never.await());
            yieldNow();
            throw new IOException("checked, and as it is");
        }

        @LoopTest
        void atTheClose() {
            spawn("lost", () -> {
                throw new IllegalStateException("nobody looked");
            });
            yieldNow();
        }

        @LoopTest
        void byADeadlock() {
            EventLoop.current().promise().await();
        }

        @LoopTest
        void notWhenAborted() {
            assumeTrue(false, "not here");
        }
    }

    static final class Seeded {
        /** Fails in about half of all orders, never in the usual one. */
        @LoopTest(seeds = 20)
        void findsTheBug() {
            List<String> order = new ArrayList<>();
            Promise<String> one = EventLoop.current().promise();
            Promise<String> two = EventLoop.current().promise();
            spawn(() -> order.add(one.await()));
            spawn(() -> order.add(two.await()));
            yieldNow();
            one.complete("one");
            two.complete("two");
            yieldNow();
            assertThat(order).containsExactly("one", "two");
        }
    }

    static final class TimesOut {
        @LoopTest(allowRealTime = true)
        @Timeout(value = 50, unit = TimeUnit.MILLISECONDS)
        void inABlockingCall() throws InterruptedException {
            try {
                Thread.sleep(Duration.ofHours(1));
            } finally {
                TRAIL.add("unwound in " + currentTask().name());
            }
        }

        @LoopTest
        @Timeout(value = 50, unit = TimeUnit.MILLISECONDS)
        void inAWaitForAThread() {
            Async.toThread(() -> {
                        Thread.sleep(2_000);
                        return "too late";
                    })
                    .await();
        }
    }

    static final class Wrong {
        @LoopTest(seeds = -1)
        void seeds() {}
    }

    static final class RealTime {
        @LoopTest(allowRealTime = true)
        void allowed() throws InterruptedException {
            Thread.sleep(2);
        }
    }
}

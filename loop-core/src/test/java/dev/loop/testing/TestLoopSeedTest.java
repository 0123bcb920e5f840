package dev.loop.testing;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.yieldNow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.VoidBody;
import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Seeds of a test loop: where they come from, where they are told, and what an exploration finds. */
@Tag("both-engines")
@Tag("unseeded") // sets its own seeds
@ResourceLock("dev.loop.seed")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TestLoopSeedTest {

    /**
     * A lost update: one task opens an account, another one pays in, and each is woken by a cause of its own. First come, first served,
     * the account is always open in time.
     */
    private static void plantedBug() {
        EventLoop loop = EventLoop.current();
        Promise<String> tick = loop.promise();
        Promise<String> tock = loop.promise();
        var balance = new int[1];
        var first = spawn(() -> {
            tick.await();
            balance[0] = 1;
        });
        var second = spawn(() -> {
            tock.await();
            balance[0] += 10;
        });
        yieldNow();
        tick.complete("");
        tock.complete("");
        gather(first, second).await();
        assertThat(balance[0]).isEqualTo(11);
    }

    @Test
    void anExplorationFindsWhatTheUsualOrderHides() {
        for (int i = 0; i < 100; i++) {
            TestLoop.builder().unseeded().run(TestLoopSeedTest::plantedBug);
        }
        Throwable found = catchThrowable(() -> TestLoop.explore(20, TestLoopSeedTest::plantedBug));
        assertThat(found).isInstanceOf(AssertionError.class).hasMessageContaining("11");
        long seed = seedOf(found);
        assertThat(seed).isBetween(0L, 19L);
        // and it comes again
        for (int i = 0; i < 3; i++) {
            assertThat(catchThrowable(() -> TestLoop.builder().seed(seed).run(TestLoopSeedTest::plantedBug)))
                    .isInstanceOf(AssertionError.class);
        }
        withProperty(
                seed,
                () -> assertThat(catchThrowable(() -> TestLoop.explore(1, TestLoopSeedTest::plantedBug)))
                        .isInstanceOf(AssertionError.class)
                        .satisfies(e -> assertThat(seedOf(e)).isEqualTo(seed)));
    }

    private static long seedOf(Throwable failure) {
        for (Throwable note : failure.getSuppressed()) {
            if (note instanceof ReplayNote) {
                String text = note.getMessage();
                assertThat(text).contains("-Ddev.loop.seed=").contains("TestLoop.builder().seed(");
                return Long.parseLong(text.substring("seed ".length(), text.indexOf(';')));
            }
        }
        throw new AssertionError("no seed in " + failure, failure);
    }

    @Test
    void anExplorationRunsUnderEverySeed() {
        Set<List<Integer>> orders = new HashSet<>();
        var runs = new int[1];
        TestLoop.explore(60, () -> {
            runs[0]++;
            orders.add(wakeThree());
        });
        assertThat(runs[0]).isEqualTo(60);
        assertThat(orders).hasSize(6);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TestLoop.explore(0, () -> {}))
                .withMessageContaining("0");
    }

    private static List<Integer> wakeThree() {
        List<Integer> order = new ArrayList<>();
        var promises = new ArrayList<Promise<Integer>>();
        for (int i = 0; i < 3; i++) {
            Promise<Integer> promise = EventLoop.current().promise();
            promises.add(promise);
            spawn(() -> order.add(promise.await()));
        }
        yieldNow();
        for (int i = 0; i < 3; i++) {
            promises.get(i).complete(i);
        }
        yieldNow();
        return order;
    }

    @Test
    void aFailureUnderASeedKeepsItsTypeAndTellsTheSeedOnce() {
        VoidBody<IOException> nested = () -> {
            throw new IllegalStateException("own");
        };
        Throwable failure = catchThrowable(() -> TestLoop.builder().seed(5).run(nested));
        assertThat(failure).isInstanceOf(IllegalStateException.class).hasMessage("own");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(seedOf(failure)).isEqualTo(5);
        assertThat(failure.getSuppressed()[0].getStackTrace()).isEmpty();
    }

    @Test
    void aDeadlockAndWhatTheCloseThrowsTellTheSeedInTheirMessage() {
        assertThat(catchThrowable(() -> TestLoop.builder()
                        .seed(-7)
                        .run(() -> EventLoop.current().promise().await())))
                .isInstanceOf(DeadlockError.class)
                .hasMessageContaining("-Ddev.loop.seed=-7");
        assertThat(catchThrowable(() -> TestLoop.builder().seed(8).run(() -> {
                    EventLoop.current().callSoon(() -> {
                        throw new IllegalStateException("reported");
                    });
                    yieldNow();
                })))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("reported")
                .hasMessageContaining("seed 8;");
    }

    @Test
    void withoutASeedNothingIsSaidOfOne() {
        assertThat(catchThrowable(() -> TestLoop.builder().unseeded().run(() -> {
                    throw new IllegalStateException("own");
                })))
                .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
    }

    @Test
    void thePropertySeedsEveryTestLoopThatHasNoSeedOfItsOwn() {
        withProperty(11, () -> {
            assertThat(catchThrowable(() -> TestLoop.run(() -> {
                        throw new IllegalStateException("own");
                    })))
                    .satisfies(e -> assertThat(seedOf(e)).isEqualTo(11));
            assertThat(catchThrowable(() -> TestLoop.builder().seed(12).run(() -> {
                        throw new IllegalStateException("own");
                    })))
                    .satisfies(e -> assertThat(seedOf(e)).isEqualTo(12));
        });
        withProperty(
                "many",
                () -> assertThatIllegalArgumentException()
                        .isThrownBy(TestLoop::new)
                        .withMessageContaining("-Ddev.loop.seed=many"));
    }

    private static void withProperty(Object value, Runnable test) {
        String before = System.getProperty("dev.loop.seed");
        System.setProperty("dev.loop.seed", String.valueOf(value));
        try {
            test.run();
        } finally {
            if (before == null) {
                System.clearProperty("dev.loop.seed");
            } else {
                System.setProperty("dev.loop.seed", before);
            }
        }
    }

    @Test
    void oneSeedIsOneRun() {
        List<List<Integer>> runs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            TestLoop.builder().seed(99).run(() -> runs.add(wakeThree()));
        }
        assertThat(runs).hasSize(3).containsOnly(runs.getFirst());
    }

    @Test
    void aBusyLoopHearsOfAnEventInAnotherTurnUnderAnotherSeedButItDoes() throws Exception {
        Set<Integer> turns = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            Pipe pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            try (var _ = pipe.source();
                    var _ = pipe.sink()) {
                TestLoop.builder().seed(seed).run(() -> {
                    Promise<Integer> ready = EventLoop.current().promise();
                    Registration registration =
                            EventLoop.current().register(pipe.source(), Interest.READ, ready::tryComplete);
                    pipe.sink().write(ByteBuffer.allocate(1));
                    int turn = 0;
                    while (!ready.isDone()) {
                        turn++;
                        yieldNow();
                    }
                    registration.cancel();
                    turns.add(turn);
                });
            }
        }
        assertThat(turns)
                .hasSizeGreaterThan(1)
                .allSatisfy(turn -> assertThat(turn).isLessThan(5 * 61));
    }

    @Test
    void timeIsTheSameUnderEverySeed() {
        TestLoop.explore(20, () -> {
            for (int i = 0; i < 10; i++) {
                spawn(() -> sleep(Duration.ofSeconds(1)).await());
            }
            sleep(Duration.ofMinutes(1)).await();
            assertThat(TestLoop.current().elapsed()).isEqualTo(Duration.ofMinutes(1));
        });
    }

    @Test
    void aNameIsTheLoops() {
        try (var test = TestLoop.builder().name("mine").build()) {
            assertThat(test.loop().name()).isEqualTo("mine");
        }
        assertThatCode(() -> TestLoop.builder().name("mine").run(() -> {})).doesNotThrowAnyException();
    }
}

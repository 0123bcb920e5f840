package dev.loop.testing;

import static dev.loop.Async.gather;
import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static dev.loop.Async.toThread;
import static dev.loop.Async.yieldNow;
import static dev.loop.testing.TestKit.assertCheckpoints;
import static dev.loop.testing.TestKit.assertNoCheckpoints;
import static dev.loop.testing.TestKit.waitAllTasksBlocked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.loop.Async;
import dev.loop.CancelledException;
import dev.loop.EventLoop;
import dev.loop.Promise;
import dev.loop.spi.Interest;
import dev.loop.spi.Registration;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for all others, and assertions about checkpoints. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TestKitTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final List<String> order = new ArrayList<>();

    // --- all tasks blocked

    @Test
    @Tag("both-engines")
    void itWaitsUntilEveryOtherTaskIsBlockedAndTimeDoesNotMove() {
        TestLoop.run(() -> {
            var busy = spawn(() -> {
                for (int i = 0; i < 100; i++) {
                    yieldNow();
                }
                order.add("worked");
                sleep(SECOND).await();
                order.add("slept");
            });
            waitAllTasksBlocked().await();
            assertThat(order).containsExactly("worked");
            assertThat(TestLoop.current().elapsed()).isZero();
            busy.await();
        });
    }

    @Test
    @Tag("both-engines")
    void severalWaitersGoOnTogether() {
        TestLoop.run(() -> {
            var one = spawn(() -> {
                waitAllTasksBlocked().await();
                order.add("one");
            });
            var two = spawn(() -> {
                waitAllTasksBlocked().await();
                order.add("two");
            });
            gather(one, two).await();
            assertThat(order).containsExactlyInAnyOrder("one", "two");
            assertThat(TestLoop.current().elapsed()).isZero();
        });
    }

    @Test
    @Tag("both-engines")
    void withACushionNothingMayHappenForSoLong() {
        TestLoop.run(() -> {
            spawn(() -> {
                for (int i = 0; i < 5; i++) {
                    sleep(SECOND).await();
                }
                order.add("quiet from now on");
            });
            waitAllTasksBlocked(Duration.ofMillis(1500)).await();
            assertThat(order).containsExactly("quiet from now on");
            assertThat(TestLoop.current().elapsed()).isEqualTo(Duration.ofMillis(6500));
        });
    }

    @Test
    @Tag("both-engines")
    void theShortestCushionGoesFirstAndTheOthersBeginAnew() {
        TestLoop.run(() -> {
            var test = TestLoop.current();
            var longer = spawn(() -> {
                waitAllTasksBlocked(SECOND.multipliedBy(3)).await();
                order.add("longer at " + test.elapsed());
            });
            var shorter = spawn(() -> {
                waitAllTasksBlocked(SECOND).await();
                order.add("shorter at " + test.elapsed());
            });
            gather(longer, shorter).await();
            assertThat(order).containsExactly("shorter at PT1S", "longer at PT4S");
        });
    }

    @Test
    @Tag("both-engines")
    void whatIsDueAtTheEndOfTheCushionGoesFirst() {
        TestLoop.run(() -> {
            spawn(() -> {
                sleep(SECOND).await();
                order.add("due");
            });
            waitAllTasksBlocked(SECOND).await();
            assertThat(order).containsExactly("due");
            assertThat(TestLoop.current().elapsed()).isEqualTo(SECOND.multipliedBy(2));
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelledWaitIsForgotten() {
        TestLoop.run(() -> {
            var wait = spawn(() -> waitAllTasksBlocked(SECOND).await());
            yieldNow();
            wait.cancel();
            sleep(Duration.ofHours(1)).await();
            assertThat(wait.isCancelled()).isTrue();
        });
    }

    @Test
    @Tag("both-engines")
    void aTaskThatWaitsForAThreadIsBlockedToo() {
        TestLoop.run(() -> {
            var release = new CountDownLatch(1);
            var call = toThread(() -> {
                release.await();
                return "value";
            });
            waitAllTasksBlocked().await();
            assertThat(call.isDone()).isFalse();
            release.countDown();
            assertThat(call.await()).isEqualTo("value");
        });
    }

    @Test
    @Tag("both-engines")
    void aReadyChannelIsHeardFirst() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        try (var _ = pipe.source();
                var _ = pipe.sink()) {
            TestLoop.run(() -> {
                Promise<Integer> ready = EventLoop.current().promise();
                Registration registration =
                        EventLoop.current().register(pipe.source(), Interest.READ, ready::tryComplete);
                var reader = spawn(() -> {
                    ready.await();
                    registration.cancel();
                    order.add("read");
                });
                pipe.sink().write(ByteBuffer.allocate(1));
                waitAllTasksBlocked().await();
                assertThat(order).containsExactly("read");
                reader.await();
            });
        }
    }

    @Test
    @Tag("both-engines")
    void itNeedsATestLoop() {
        assertThatIllegalStateException()
                .isThrownBy(TestKit::waitAllTasksBlocked)
                .withMessageContaining("no event loop");
        EventLoop.run(() -> assertThatIllegalStateException()
                .isThrownBy(TestKit::waitAllTasksBlocked)
                .withMessageContaining("TestLoop.run"));
        TestLoop.run(() -> assertThatIllegalArgumentException()
                .isThrownBy(() -> waitAllTasksBlocked(SECOND.negated()))
                .withMessageContaining("-1S"));
    }

    // --- checkpoints

    @Test
    @Tag("both-engines")
    void aWaitIsACheckpoint() {
        TestLoop.run(() -> {
            assertCheckpoints(Async::yieldNow);
            assertCheckpoints(() -> sleep(SECOND).await());
            assertThatThrownBy(() -> assertNoCheckpoints(Async::yieldNow))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("main passed a checkpoint");
        });
    }

    @Test
    @Tag("both-engines")
    void anAwaitOfWhatIsDoneIsNone() {
        TestLoop.run(() -> {
            var done = EventLoop.current().completed("value");
            assertNoCheckpoints(() -> {
                spawn(() -> order.add("ran"));
                assertThat(done.await()).isEqualTo("value");
                assertThat(order).isEmpty();
            });
            assertThatThrownBy(() -> assertCheckpoints(done::await))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("yieldNow");
        });
    }

    @Test
    @Tag("both-engines")
    void aCancelThatIsMetIsACheckpointAlsoIfTheTaskDoesNotPark() {
        TestLoop.run(() -> {
            var task = spawn(() -> {
                Async.currentTask().cancel("to meet it");
                assertThatThrownBy(() -> assertNoCheckpoints(() -> {
                            try {
                                sleep(SECOND).await();
                            } catch (CancelledException e) {
                                order.add("met");
                            }
                        }))
                        .isInstanceOf(AssertionError.class);
            });
            task.await();
            assertThat(order).containsExactly("met");
        });
    }

    @Test
    @Tag("both-engines")
    void aBodyThatThrowsIsJudgedOnlyForPassingACheckpoint() {
        TestLoop.run(() -> {
            assertThatIllegalStateException().isThrownBy(() -> assertCheckpoints(TestKitTest::fail));
            assertThatIllegalStateException().isThrownBy(() -> assertNoCheckpoints(TestKitTest::fail));
            assertThatThrownBy(() -> assertNoCheckpoints(() -> {
                        yieldNow();
                        fail();
                    }))
                    .isInstanceOf(AssertionError.class)
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        });
    }

    @Test
    void aBlockingCallOfTheJdkIsACheckpointForItFreesTheLoop() {
        TestLoop.builder().allowRealTime().run(() -> assertCheckpoints(() -> Thread.sleep(1)));
    }

    private static void fail() {
        throw new IllegalStateException("body");
    }
}

package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.Task;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Where Reactor's {@code block()} is refused and where it is legal, and what goes on while something blocks. */
class BlockTest {

    @Test
    @Tag("both-engines")
    void blockIsRefusedInACallback() {
        var refused = new AtomicReference<Throwable>();
        TestLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            LoopScheduler.of(loop).schedule(() -> {
                assertThat(Schedulers.isInNonBlockingThread()).isTrue();
                try {
                    Mono.never().block(Duration.ofSeconds(10));
                } catch (Throwable e) {
                    refused.set(e);
                }
            });
            Async.sleep(Duration.ofMillis(1)).await();
        });
        assertThat(refused.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("blocking");
    }

    @Test
    void blockInATaskParksThatTaskOnly() {
        var trail = new ArrayList<String>();
        EventLoop.run(() -> {
            var answer = Sinks.<String>one();
            Task<String> blocked = Async.spawn(() -> {
                trail.add("blocks");
                return answer.asMono().block(Duration.ofSeconds(20));
            });
            Task<Void> other = Async.spawn(() -> {
                trail.add("goes on");
                answer.tryEmitValue("answer");
            });
            other.await();
            trail.add(blocked.await());
        });
        assertThat(trail).containsExactly("blocks", "goes on", "answer");
    }

    @Test
    void blockInATaskOnAWaitOfTheSameLoop() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            assertThat(Monos.task(loop, () -> {
                                Async.yieldNow();
                                return 7;
                            })
                            .block(Duration.ofSeconds(20)))
                    .isEqualTo(7);
        });
    }

    @Test
    @Tag("both-engines")
    void otherThreadsMayBlock() {
        EventLoop.run(() -> {
            EventLoop loop = EventLoop.current();
            String value = Async.toThread(() ->
                            Monos.from(loop, () -> loop.completed("value")).block(Duration.ofSeconds(20)))
                    .await();
            assertThat(value).isEqualTo("value");
        });
        assertThat(Schedulers.isInNonBlockingThread()).isFalse();
    }

    @Test
    void awaitGoesOnWhileACallbackBlocks() {
        TestLoop.run(() -> {
            var latch = new CountDownLatch(1);
            var sink = Sinks.<String>one();
            EventLoop.current().callSoon(() -> {
                try {
                    latch.await(); // not Reactor's: it parks the callbacks
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            Task<String> waiting = Async.spawn(() -> Monos.await(sink.asMono()));
            Async.yieldNow();
            Async.yieldNow();
            sink.tryEmitValue("own");
            assertThat(waiting.await()).isEqualTo("own");
            assertThat(Monos.await(Mono.just("foreign").subscribeOn(Schedulers.boundedElastic())))
                    .isEqualTo("foreign");
            latch.countDown();
        });
    }
}

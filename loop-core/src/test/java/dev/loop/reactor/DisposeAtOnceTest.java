package dev.loop.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.Async;
import dev.loop.EventLoop;
import dev.loop.queue.Queue;
import dev.loop.testing.TestLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;

/** Reactor's own subscribers, which are disposed before the loop has had a turn. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DisposeAtOnceTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final TestLoop test = new TestLoop();
    private final EventLoop loop = test.loop();
    private final List<String> seen = new ArrayList<>();

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void inATaskNothingOfAMonoIsBegun() {
        test.runMain(() -> {
            Disposable d = Monos.task(loop, () -> seen.add("task")).subscribe(_ -> seen.add("value"));
            d.dispose();
            assertThat(d.isDisposed()).isTrue();
        });
        test.advance(SECOND);
        assertThat(seen).isEmpty();
    }

    @Test
    void inATaskASharedFutureIsLeft() {
        test.runMain(() -> {
            var promise = loop.<String>promise();
            Monos.from(promise).subscribe(seen::add).dispose();
            Monos.from(promise).subscribe(s -> seen.add("other " + s));
            promise.complete("x");
        });
        test.advance(SECOND);
        assertThat(seen).containsExactly("other x");
    }

    @Test
    void inATaskAQueueKeepsItsItem() {
        test.runMain(() -> {
            var queue = new Queue<String>();
            assertThat(queue.tryPut("a")).isTrue();
            Fluxes.from(queue).subscribe(seen::add).dispose();
            Async.sleep(SECOND).await();
            assertThat(queue.tryGet()).isEqualTo("a");
        });
        assertThat(seen).isEmpty();
    }

    @Test
    void onAForeignThreadToo() {
        Disposable d = Monos.task(loop, () -> seen.add("task")).subscribe(_ -> seen.add("value"));
        d.dispose();
        Fluxes.task(loop, out -> seen.add("flux")).subscribe().dispose();
        test.advance(SECOND);
        assertThat(seen).isEmpty();
    }
}

package dev.loop.testing.junit;

import static dev.loop.Async.sleep;
import static dev.loop.Async.spawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.queue.Queue;
import dev.loop.testing.ManualClock;
import java.time.Duration;

/** What the Javadoc shows; {@link LoopTestTest} runs it. */
class LoopTestSnippets {

    // @start region="looptest"
    @LoopTest
    void anHourTakesNoTime(ManualClock clock) {
        sleep(Duration.ofHours(1)).await();
        assertThat(clock.elapsed()).isEqualTo(Duration.ofHours(1));
    }

    @LoopTest(seeds = 20) // twenty runs, in which whatever has no promised order comes in another one
    void nothingIsLostBetweenTwoTasks(EventLoop loop) {
        var queue = new Queue<String>(loop, 1);
        spawn(() -> queue.put("one").await());
        spawn(() -> queue.put("two").await());
        assertThat(queue.get().await() + queue.get().await()).isEqualTo("onetwo");
    }
    // @end
}

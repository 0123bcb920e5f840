package dev.loop.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.EventLoop;
import dev.loop.Future;
import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Last in, first out, also for what comes back. */
@Tag("both-engines")
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifoQueueTest {

    @Test
    void theItemThatWasPutLastComesFirst() {
        TestLoop.run(() -> {
            var queue = new LifoQueue<Integer>(2);
            assertThat(queue.tryPut(1)).isTrue();
            assertThat(queue.tryPut(2)).isTrue();
            Future<?> put = queue.put(3);
            assertThat(queue.tryGet()).isEqualTo(2);
            assertThat(put.isDone()).isTrue();
            assertThat(queue.tryGet()).isEqualTo(3);
            assertThat(queue.tryGet()).isEqualTo(1);
            assertThat(queue).hasToString("LifoQueue[0 of 2 items, 0 getting, 0 putting]");
        });
    }

    @Test
    void whoWaitsIsServedInTheOrderOfTheCalls() {
        TestLoop.run(() -> {
            var queue = new LifoQueue<Integer>();
            Future<Integer> one = queue.get();
            Future<Integer> two = queue.get();
            assertThat(queue.tryPut(1)).isTrue();
            assertThat(queue.tryPut(2)).isTrue();
            assertThat(one.await()).isEqualTo(1);
            assertThat(two.await()).isEqualTo(2);
        });
    }

    @Test
    void whatComesBackStandsBelowWhatWasPutAfterIt() {
        TestLoop.run(() -> {
            var queue = new LifoQueue<Integer>(EventLoop.current(), 100);
            assertThat(queue.tryPut(1)).isTrue();
            assertThat(queue.tryPut(2)).isTrue();
            Future<Integer> two = queue.get();
            Future<Integer> one = queue.get();
            assertThat(queue.tryPut(3)).isTrue();
            assertThat(two.cancel()).isTrue();
            assertThat(one.cancel()).isTrue();
            assertThat(queue.shutdownNow()).containsExactly(3, 2, 1);
        });
    }

    @Test
    void aThousandItemsComeAndGo() {
        TestLoop.run(() -> {
            var queue = new LifoQueue<Integer>();
            var gets = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 1000; i++) {
                assertThat(queue.tryPut(i)).isTrue();
            }
            for (int i = 0; i < 500; i++) {
                gets.add(queue.get());
            }
            Collections.shuffle(gets, new java.util.Random(1));
            gets.forEach(Future::cancel);
            List<Integer> all = queue.shutdownNow();
            assertThat(all).hasSize(1000).isSortedAccordingTo(Collections.reverseOrder());
            assertThat(queue.statistics().peak()).isEqualTo(1000);
        });
    }
}

package dev.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loop.testing.TestLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a queue tells whoever looks after it. */
@Tag("both-engines")
class WaitQueueKeeperTest {

    private final List<String> told = new ArrayList<>();

    private final WaitQueue.Keeper<String, Integer> keeper = new WaitQueue.Keeper<>() {
        @Override
        public void withdrawn(Integer attachment) {
            told.add(attachment + " has left");
        }

        @Override
        public void giveBack(String value, Integer attachment) {
            told.add(attachment + " did not want " + value);
        }
    };

    @Test
    void aWaiterThatLeavesIsToldWithWhatItBroughtAndIsOutOfTheQueue() {
        TestLoop.run(() -> {
            var queue = WaitQueue.keptBy(EventLoop.current(), keeper);
            var first = queue.park(7);
            var second = queue.park(8);
            assertThat(first.cancel()).isTrue();
            assertThat(told).containsExactly("7 has left");
            assertThat(queue.firstAttachment()).isEqualTo(8);
            assertThat(first.cancel()).isFalse();
            second.cancel();
            assertThat(queue.isEmpty()).isTrue();
            assertThat(told).containsExactly("7 has left", "8 has left");
        });
    }

    @Test
    void aGrantThatNobodyReadsComesBackWithWhatTheWaiterBrought() {
        TestLoop.run(() -> {
            var queue = WaitQueue.keptBy(EventLoop.current(), keeper);
            var unread = queue.park(7);
            var read = queue.park(8);
            queue.grant("one");
            queue.grant("two");
            assertThat(read.await()).isEqualTo("two");
            assertThat(read.cancel()).isFalse();
            assertThat(unread.cancel()).isTrue();
            assertThat(told).containsExactly("7 did not want one");
        });
    }
}
